"""The rate limit that processes and machines share: a Redis decides, by the schedule of `RateLimit`."""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from copy import copy
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from tmdbkit import clock
from tmdbkit.runtime.errors import InvalidArgumentError, RateLimitUnavailableError

from .rate_limit import LONGEST_PAUSE, Permit, RateLimit

if TYPE_CHECKING:
    from redis import Redis, RedisCluster

__all__ = ["RedisRateLimit"]

logger = logging.getLogger("tmdbkit")

REDIS_TIMEOUT = 2.0
"""The maximum seconds of a connection to Redis, and of a reply."""
IDLE = 1.0
"""The seconds until the thread of an idle limit ends."""

# The same schedule as in `RateLimit`, in seconds on the clock of the Redis. Three things differ: that clock may be set back, a budget may have been lost with
# all its permits, and it is forgotten when it is as good as new.
SCHEDULE = """
-- KEYS: the budget; the released permits
-- ARGV: the action; the settings; the seconds between permits; the seconds for which unused permits are kept; a moment or seconds; in tests, the time
local action, settings, interval, kept, argument = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local known = redis.call('HMGET', KEYS[1], 'settings', 'skew', 'now', 'paused', 'resume', 'next')
if known[1] and known[1] ~= settings then
    return {known[1]}
end

local time = redis.call('TIME')
local now = tonumber(ARGV[6]) or time[1] + time[2] / 1000000
local skew = tonumber(known[2]) or 0
local last = tonumber(known[3]) or now
if now + skew < last then
    skew = last - now
end
now = now + skew

local paused = tonumber(known[4]) or 0
local resume = tonumber(known[5]) or now
local free = math.max(now, resume) - paused
local oldest = free - kept
local next = tonumber(known[6]) or oldest
local moment, wait = 0, 0

if action == 'release' then
    if argument < next then
        redis.call('ZADD', KEYS[2], ARGV[5], ARGV[5])
    end
elseif action == 'pause' then
    local start = math.max(now, resume)
    resume = math.max(start, now + argument)
    paused = paused + resume - start
else
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. string.format('%.17g', oldest))
    moment = tonumber(redis.call('ZPOPMIN', KEYS[2])[1])
    if not moment then
        moment = math.max(oldest, next)
        next = moment + interval
    end
    wait = math.max(moment, free) + paused - now
end

local function text(number)
    return string.format('%.17g', number)
end
redis.call('HSET', KEYS[1], 'settings', settings, 'skew', text(skew), 'now', text(now), 'paused', text(paused), 'resume', text(resume), 'next', text(next))
local rest = math.max(next + paused, resume) + kept - now
for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, string.format('%d', math.ceil(rest * 1000) + 1000))
end
return {text(moment), text(wait)}
"""


class RedisRateLimit(RateLimit):
    """A limit on requests per second, shared by all processes and machines that use the same budget on the same Redis.

        tmdb = TMDB(rate_limit=RedisRateLimit("redis://redis.example:6379/0"))

    The guarantee of `RateLimit` holds for all of them together: no second has more than `per_second + burst` requests. Each process requests one at a time,
    in the order of its waiters. So permits are distributed evenly among processes, however many calls each has waiting, and a process that dies loses a permit
    only. A single process sends at most one request per reply of Redis.

    Redis is asked from a thread of the limit's own, for clients to call and to await alike; it needs version 5 or newer, or Valkey. The schedule is kept on the
    clock of the Redis, in two keys that expire when the budget is not used. A Redis that loses them begins a new one; permits that were promised before come on
    top. All limits of a budget need the same `per_second` and `burst`: others are rejected while it is in use.

    It is not pickled, as its URL may hold a password: make one in each worker, from the environment.

    Args:
        redis: The URL of the Redis, such as `redis://:password@host:6379/0` (`rediss://` for TLS, `unix://` for a socket), or a client of redis-py, for a
            cluster or Sentinel. Connecting and each reply may take 2 seconds, unless the URL (`?socket_timeout=5`) or your client says otherwise.
        per_second: How many requests a second are sent in the long run, by all together.
        burst: How many may be sent at once after a pause, by all together.
        name: The name of the budget.

    Raises:
        InvalidArgumentError: An argument is not positive, the URL is none, the client has no timeout or is one to await, or the name is empty or has braces.
        ImportError: The extra `tmdbkit[redis]` is not installed.
    """

    def __init__(self, redis: str | Redis | RedisCluster, *, per_second: float = 40.0, burst: int = 10, name: str = "tmdbkit") -> None:
        super().__init__(per_second, burst=burst)
        if not name or not {"{", "}"}.isdisjoint(name):
            raise InvalidArgumentError(f"name must be a text without braces, and not empty; not {name!r}")
        self.name = name
        client = _client(redis)
        self._address = _address(client)
        self._script = client.register_script(SCHEDULE)
        self._keys = [f"tmdbkit:rate-limit:{{{name}}}", f"tmdbkit:rate-limit:{{{name}}}:returned"]  # the braces keep them on one node of a cluster
        self._settings = f"per_second={float(per_second)!r}, burst={burst!r}"

    def __repr__(self) -> str:
        return f"<RedisRateLimit {self.name!r} at {self._address}: {self._settings}>"

    def _begin(self) -> None:
        self._changed = Condition()
        self._queue: OrderedDict[Future[Permit], None] = OrderedDict()
        self._commands: list[tuple[str, float]] = []
        self._thread: Thread | None = None

    def acquire(self, within: float = math.inf) -> Permit:
        """Wait for the next permit of this process. It is due, and has to be used or released.

        Args:
            within: The maximum seconds to wait.

        Raises:
            TimeoutError: There is no permit within that time.
            RateLimitUnavailableError: Redis is unreachable, does not respond in time, or rejects the command.
            InvalidArgumentError: The budget is in use with other settings.
        """
        with self._queued() as waiter:
            return waiter.result(None if within == math.inf else within)

    async def acquire_async(self, within: float = math.inf) -> Permit:
        """Wait for the next permit of this process, as `acquire` does, while other tasks run."""
        import asyncio  # a client to call has no use for it

        with self._queued() as waiter:
            async with asyncio.timeout(None if within == math.inf else within):
                return await asyncio.wrap_future(waiter)

    def release(self, permit: Permit) -> None:
        """Release an unused permit. Returns immediately; Redis is notified in the background."""
        self._send(("release", permit.moment))

    def pause(self, seconds: float) -> None:
        """Pause all callers that share the budget, as `RateLimit.pause` does. Returns immediately; Redis is notified in the background.

        Another process that already waits for its permit may still use it.

        Args:
            seconds: The duration from now; at most 60.
        """
        if seconds > 0:
            self._send(("pause", min(seconds, LONGEST_PAUSE)))

    @contextmanager
    def _queued(self) -> Iterator[Future[Permit]]:
        """Join the queue of this process; a caller that leaves early gives up its place, or the permit."""
        waiter: Future[Permit] = Future()
        waiter.set_running_or_notify_cancel()  # from now on only the thread resolves it
        with self._changed:
            self._start()
            self._queue[waiter] = None
            self._changed.notify()
        try:
            yield waiter
        except BaseException:
            with self._changed:
                if waiter in self._queue:
                    del self._queue[waiter]
                    self._changed.notify()
                elif waiter.done() and not waiter.exception():
                    self.release(waiter.result())
            raise

    def _send(self, command: tuple[str, float]) -> None:
        with self._changed:
            self._start()
            self._commands.append(command)
            self._changed.notify()

    def _start(self) -> None:
        if self._thread is None:
            thread = Thread(target=self._serve, name="tmdbkit-rate-limit", daemon=True)
            thread.start()
            self._thread = thread

    def _serve(self) -> None:
        """Process the queue and the commands, until both have been empty for a while."""
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._queue or self._commands, IDLE):
                    self._thread = None
                    return
                commands, self._commands = self._commands, []
            try:
                for action, argument in commands:
                    self._ask(action, argument)
                if self._queue:
                    self._hand_over(*self._ask("acquire"))
            except Exception as error:  # noqa: BLE001 (whatever it is, callers wait for it)
                self._refuse(error)

    def _hand_over(self, moment: float, wait: float) -> None:
        """Wake the next waiter at its time. If none is left, or a command may change the time, return the permit to Redis."""
        due = clock.monotonic() + wait
        with self._changed:
            while (left := due - clock.monotonic()) > 0 and self._queue and not self._commands:
                self._changed.wait(left)
            if left <= 0 and self._queue:
                waiter, _ = self._queue.popitem(last=False)
                waiter.set_result(Permit(self, moment, -math.inf))
            else:
                self._commands.append(("release", moment))

    def _refuse(self, error: Exception) -> None:
        """Fail all waiters: a request for each would make the last one wait for as many timeouts."""
        with self._changed:
            queue, self._queue = self._queue, OrderedDict()
            for waiter in queue:
                refusal = copy(error)  # each raises one of its own
                refusal.__cause__ = error.__cause__
                waiter.set_exception(refusal)
        if not queue:
            logger.warning("a pause, or a released permit, was lost: %s", error)

    def _ask(self, action: str, argument: float = 0.0) -> tuple[float, float]:
        """Run the script on Redis. Returns a time and the seconds until then."""
        from redis import RedisError

        try:
            reply: list[Any] = self._script(keys=self._keys, args=[action, self._settings, repr(self._interval), repr(self._kept), repr(argument)])
        except (RedisError, OSError) as error:
            raise RateLimitUnavailableError(f"the rate limit at Redis {self._address} cannot be asked: {type(error).__name__}: {error}") from error
        if len(reply) == 1:
            found = reply[0] if isinstance(reply[0], str) else reply[0].decode()
            raise InvalidArgumentError(
                f"the budget {self.name!r} at Redis {self._address} is in use with {found}, and this limit has {self._settings}: "
                "all who share a budget need the same, and another budget needs another name"
            )
        moment, wait = map(float, reply)
        return moment, wait


def _client(redis: str | Redis | RedisCluster) -> Redis | RedisCluster:
    try:
        from redis import ConnectionError as ConnectionLostError
        from redis import Redis, RedisCluster
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise ImportError("RedisRateLimit needs redis: install tmdbkit[redis]") from error
    if isinstance(redis, str):
        try:
            # One retry is for a connection that Redis has closed since its last use.
            retry = Retry(NoBackoff(), 1, (ConnectionLostError,))
            client = Redis.from_url(redis, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT, retry=retry)
            client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)  # does not connect; parses the options of a URL
        except (ValueError, TypeError):
            pass  # the messages of these errors may contain the password
        else:
            return client
        raise InvalidArgumentError(
            "the URL of the Redis must be like 'redis://host:6379/0', with rediss or unix for TLS or a socket, and with options of redis-py"
        )
    if isinstance(redis, Redis):
        if redis.connection_pool.connection_kwargs.get("socket_timeout", REDIS_TIMEOUT) is None:
            raise InvalidArgumentError("the Redis client needs a socket_timeout: without one a call may wait for Redis forever")
        return redis
    if isinstance(redis, RedisCluster):
        return redis
    raise InvalidArgumentError(f"redis must be a URL, a redis.Redis or a redis.RedisCluster; not a {type(redis).__module__}.{type(redis).__qualname__}")


def _address(client: Redis | RedisCluster) -> str:
    """The address of a Redis, without the credentials of its URL."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        return "cluster"
    options = pool.connection_kwargs
    server = options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
    return f"{server}/{options.get('db') or 0}"
