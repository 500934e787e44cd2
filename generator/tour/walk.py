"""The walk: sends the requests of the steps, keeps what comes, and undoes what is left."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from generator.recordings.exchanges import Exchange, parsed
from generator.recordings.live import API
from generator.recordings.operations import Operations
from tmdbkit import TMDB, clock
from tmdbkit.errors import APIConnectionError, InvalidArgumentError, MissingCredentialError, StatusError, TMDBError

from .steps import ANY, APPLICATION, CREDENTIALS, LOGIN, LOGOUT, SESSION, STEPS, TOKEN, Approve, Choose, Step, Undo
from .undo import Ledger
from .values import MissingValueError, fill, matches

__all__ = ["Recorder", "StoppedError", "Walk"]

PAUSES = (1, 2, 3, 4)
"""The seconds before a read is repeated that does not show a write yet: TMDB takes some."""

PAGES = 5
"""How many pages of candidates to look through."""

NOT_THERE = {6, 21, 34, 35, 37}
"""TMDB's codes for what is not, or no longer, there."""

FAILURES_IN_A_ROW = 3
SECONDS_TO_APPROVE = 600.0


class StoppedError(Exception):
    """The tour cannot go on; the message says why."""


class Recorder:
    """Keeps the exchanges of an httpx client, as its response hook.

    Attributes:
        exchanges: The exchanges, in order, without transient failures: the client repeats those requests.
        paused: Whether to keep nothing for now.
    """

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.paused = False
        self.base_path = ""
        self.origin = self.source = ""

    def __call__(self, response: httpx.Response) -> None:
        """Keep an exchange."""
        content = response.read()
        if self.paused or response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            return
        request = response.request
        target = request.extensions.get("target", request.url.raw_path).decode("ascii")
        self.exchanges.append(
            Exchange(
                location=f"exchange {len(self.exchanges) + 1}",
                method=request.method,
                path=httpx.URL(f"http://host{urlsplit(target).path}").path.removeprefix(self.base_path),
                status=response.status_code,
                body=parsed(content),
                query=dict(parse_qsl(urlsplit(target).query, keep_blank_values=True)),
                request_body=parsed(request.content) if request.content else None,
                headers=dict(response.headers),
                origin=self.origin,
                date=datetime.now(UTC).isoformat(),
                source=self.source,
                content=content,
            )
        )


@dataclass(frozen=True)
class _Outcome:
    """The response to a call."""

    status: int
    body: Any

    @property
    def code(self) -> int | None:
        """TMDB's code; None without one."""
        return self.body.get("status_code") if isinstance(self.body, dict) else None

    @property
    def is_success(self) -> bool:
        """Whether TMDB did what it was asked to."""
        failed = isinstance(self.body, dict) and self.body.get("success") is False
        return self.status < httpx.codes.BAD_REQUEST and not failed and self.code not in NOT_THERE

    def __str__(self) -> str:
        return f"HTTP {self.status}" + (f", code {self.code}" if self.code is not None else "")


class Walk:
    """One run of the tour.

    Args:
        api: The API.
        bundle: The OpenAPI document.
        recorder: The hook of the API's httpx client.
        ledger: What is left to undo.
        say: Prints a line.

    Attributes:
        values: What is known by now, by the names of slots.
        failures: What did not go as expected.
        skipped: Why operations were not called, by their ids.
    """

    def __init__(self, api: API, bundle: dict[str, Any], recorder: Recorder, ledger: Ledger, say: Callable[[str], None]) -> None:
        self.values: dict[str, Any] = {"tag": token_hex(3), "made_up": token_hex(20)}
        self.failures: list[str] = []
        self.skipped: dict[str, str] = {}
        self._api, self._recorder, self._ledger, self._say = api, recorder, ledger, say
        self._operations = Operations(bundle)
        self._in_a_row = 0
        recorder.base_path, recorder.origin, recorder.source = urlsplit(api.base_url).path, api.evidence, api.source

    def run(self) -> None:
        """Take all steps. What they leave is for `undo`.

        Raises:
            StoppedError: The server does not respond, the user does not approve, or every title has been touched.
        """
        self._take(STEPS)
        self.undo(logins=False)
        if all(undo.is_login for undo in self._ledger.left.values()):
            self._take(LOGOUT)

    def recover(self) -> None:
        """Undo what an earlier run left. The user approves again for it.

        Raises:
            StoppedError: The server does not respond, the user does not approve, or is another one.
        """
        for what in self._ledger.forget_logins():
            self._say(f"cannot be undone from here: {what}. A guest session ends within a day; your settings at TMDB's site end the others")
        for by in (SESSION, TOKEN):
            if any(undo.by == by for undo in self._ledger.left.values()):
                self._take(LOGIN[by])
        self.undo()

    # Steps

    def _take(self, steps: Iterable[Step | Approve | Choose]) -> None:
        for step in steps:
            try:
                if isinstance(step, Approve):
                    self._approve(step)
                elif isinstance(step, Choose):
                    self._choose(step)
                else:
                    self._call(step)
            except (InvalidArgumentError, MissingCredentialError, MissingValueError) as error:
                for operation in step.operations if isinstance(step, Approve) else [step.operation] if isinstance(step, Step) else []:
                    self.skipped.setdefault(operation, str(error))

    def _call(self, step: Step) -> None:
        arguments, shows = fill(step.arguments, self.values), fill(step.shows, self.values)
        client = self._client(step.by)
        is_new = bool(step.leaves) and step.leaves not in self._ledger.left
        if is_new:
            self._ledger.note(step.leaves, self.values)
        outcome = self._outcome(step, client, arguments, shows)
        if outcome is None:
            return
        if is_new and httpx.codes.BAD_REQUEST <= outcome.status < httpx.codes.INTERNAL_SERVER_ERROR:
            self._ledger.settle(step.leaves)
        if outcome.is_success:
            for name, key in step.keeps.items():
                if isinstance(outcome.body, dict) and key in outcome.body:
                    self._keep(name, outcome.body[key])
            if step.settles:
                self._ledger.settle(step.settles)

    def _outcome(self, step: Step, client: TMDB, arguments: Mapping[str, Any], shows: Any) -> _Outcome | None:
        """The response to a step; None if no response came. A read is repeated until it shows what was written."""
        outcome, problem = None, ""
        repeats = self._operations.is_read_only(self._operations.named(step.operation))
        for pause in (0, *(PAUSES if repeats else ())):
            if pause:
                clock.sleep(pause)
            outcome = self._send(client, step.operation, arguments)
            if outcome is None or not (problem := _problem(step, shows, outcome)):
                return outcome
        self.failures.append(f"{step.operation}: {problem}")
        return outcome

    def _keep(self, name: str, value: Any) -> None:
        if name.startswith("account_") and not self._ledger.is_of(name, value):
            raise StoppedError("this is not the account of the earlier tour: approve with that one")
        self.values[name] = value
        self._ledger.learn(self.values)

    def _send(self, client: TMDB, operation_id: str, arguments: Mapping[str, Any]) -> _Outcome | None:
        """Send a request; None if no response came."""
        operation = self._operations.sendable(self._operations.named(operation_id))
        by_name = {argument.name: arguments.get(argument.wire_name) for argument in operation.arguments}
        try:
            response = client.request(operation, by_name)
            outcome = _Outcome(response.status_code, parsed(response.content))
        except StatusError as error:
            outcome = _Outcome(error.http_status, parsed(error.content))
        except APIConnectionError as error:
            self._in_a_row += 1
            self.failures.append(f"{operation_id}: no response ({type(error).__name__})")
            if self._in_a_row == FAILURES_IN_A_ROW:
                raise StoppedError(f"no response from {self._api.base_url} to {FAILURES_IN_A_ROW} requests in a row") from None
            return None
        self._in_a_row = 0
        return outcome

    def _client(self, by: str) -> TMDB:
        credentials: dict[str, Any] = fill(CREDENTIALS[by], self.values)
        return self._api.client.with_options(**credentials) if credentials else self._api.client

    def _approve(self, step: Approve) -> None:
        users = self._api.client.users
        try:
            approval = users.request_approval() if step.version == 3 else users.request_v4_approval()
            self._say(f"approve in the browser, as version {step.version} of the API asks for it: {approval.url}")
            if self._api.is_live:
                webbrowser.open(approval.url)
            self._ledger.note(step.leaves, self.values)
            user = approval.wait(deadline=SECONDS_TO_APPROVE).users
        except (InvalidArgumentError, MissingCredentialError):
            raise
        except TMDBError as error:
            raise StoppedError(f"there is no approval: {type(error).__name__}") from None
        if step.version == 3:
            self._keep("session", user.session_id)
        else:
            self._keep("token", user.user_access_token)
            self._keep("account_object_id", user.account_object_id)

    def _choose(self, step: Choose) -> None:
        # The states of other titles say what the user likes.
        self._recorder.paused = True
        try:
            for candidate in self._candidates(step.popular):
                if all(self._is_untouched(operation, fill(arguments, {"candidate": candidate})) for operation, arguments in step.states):
                    self._keep(step.keeps, candidate)
                    return
        finally:
            self._recorder.paused = False
        raise StoppedError(f"{step.popular} has no title that you have neither rated nor marked")

    def _candidates(self, popular: str) -> Iterator[int]:
        for page in range(1, PAGES + 1):
            outcome = self._send(self._client(APPLICATION), popular, {"page": str(page)})
            if outcome is None or not outcome.is_success:
                return
            yield from (row["id"] for row in outcome.body["results"])

    def _is_untouched(self, operation: str, arguments: Mapping[str, Any]) -> bool:
        outcome = self._send(self._client(SESSION), operation, arguments)
        return outcome is not None and outcome.is_success and not any(outcome.body.get(name) for name in ("rated", "favorite", "watchlist"))

    # Undoing

    def undo(self, *, logins: bool = True) -> None:
        """Undo what is left, the latest change first, and logins last.

        Args:
            logins: Whether to log out, too.
        """
        latest_first = list(reversed(self._ledger.left.items()))
        for name, undo in sorted(latest_first, key=lambda one: one[1].is_login):
            if undo.is_login and not logins:
                return
            if self._undone(undo):
                self._ledger.settle(name)
                self._say(f"undone: {undo.what}")
            else:
                self._say(f"NOT undone: {undo.what}; {self._ledger.path} keeps it for the next run")

    def _undone(self, undo: Undo) -> bool:
        """Undo a change. It may not have been made, or not be visible yet, as TMDB takes some seconds."""
        try:
            client = self._client(undo.by)
            for pause in (0, *PAUSES):
                if pause:
                    clock.sleep(pause)
                outcomes = [self._send(client, undo.operation, arguments) for arguments in self._arguments(undo)]
                if any(outcome is None or not (outcome.is_success or outcome.code in NOT_THERE) for outcome in outcomes):
                    return False
                if undo.is_login or any(outcome and outcome.is_success for outcome in outcomes):
                    return True
        except (InvalidArgumentError, MissingCredentialError):
            return False
        except MissingValueError:
            if undo.is_login:
                self._say(f"not known here: {undo.what}. If you have approved it, your settings at TMDB's site end it")
            return undo.is_login
        return True

    def _arguments(self, undo: Undo) -> list[dict[str, Any]]:
        """The arguments of the calls that undo a change: those of each list of that name, if the id is not known."""
        try:
            return [fill(undo.arguments, self.values)]
        except MissingValueError:
            if not undo.name:
                raise
        operation, owner = ("v4_account_lists", "account_object_id") if undo.by == TOKEN else ("account_lists", "account_id")
        found: list[dict[str, Any]] = []
        page = total = 1
        while page <= total:
            outcome = self._send(self._client(undo.by), operation, {**fill({owner: f"{{{owner}}}"}, self.values), "page": str(page)})
            if outcome is None or not outcome.is_success:
                raise MissingValueError
            found += [{"list_id": one["id"]} for one in outcome.body["results"] if one["name"] == undo.name]
            page, total = page + 1, outcome.body["total_pages"]
        return found


def _problem(step: Step, shows: Any, outcome: _Outcome) -> str:
    """How a response differs from what a step expects; empty if it does not."""
    if not step.refused:
        if not outcome.is_success:
            return f"refused with {outcome}"
        return "" if matches(shows, outcome.body) else "the body does not show what the tour wrote"
    is_refused = not outcome.is_success or outcome.code in step.refused
    if is_refused and (step.refused == ANY or outcome.code in step.refused):
        return ""
    return f"expected a refusal with code {' or '.join(map(str, step.refused))}, got {outcome}"
