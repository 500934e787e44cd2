"""A call of an operation of the fake, and the table of the functions that respond."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from tmdbkit.runtime.models import NotAppended, fields_of
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE, Operation

if TYPE_CHECKING:
    from tmdbkit.testing.users import FakeUser, FakeUsers
    from tmdbkit.testing.world import World

__all__ = ["RESPONDERS", "Call", "Refused", "Reply", "keys_of", "natural", "page_of", "project", "responds"]

PAGE_SIZE = 20
ENGLISH = "en-US"


class Refused(Exception):  # noqa: N818 - it is TMDB's word for the caller, not a fault of the fake
    """TMDB refuses the call.

    Attributes:
        code: TMDB's status code.
        errors: Texts that say what is wrong, in place of or beside the code.
    """

    def __init__(self, code: int, *, errors: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code, self.errors = code, errors


class Reply(NamedTuple):
    """A response that is not just a body with the status 200.

    Attributes:
        status: The HTTP status.
        body: The body.
        headers: Headers to add.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = {}


class Call(NamedTuple):
    """A call of an operation.

    Attributes:
        operation: The operation.
        path: The parameters of the path, unescaped.
        query: The query, without credentials.
        body: The JSON body.
        world: The world.
        users: The users.
        account: The account of the session or the user's token; a guest has one, too. None without one.
        now: The time.
    """

    operation: Operation[Any]
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    world: World
    users: FakeUsers
    account: FakeUser | None
    now: datetime

    @property
    def language(self) -> str:
        """The language of the texts."""
        return self.query.get("language") or ENGLISH

    @property
    def region(self) -> str | None:
        """The country whose releases count, in capitals."""
        return self.query.get("region", "").upper() or None

    @property
    def user(self) -> FakeUser:
        """The account of the user.

        Raises:
            Refused: The call has none (3).
        """
        if self.account is None:
            raise Refused(3)
        return self.account

    @property
    def parts(self) -> list[str]:
        """The parts to append, each once."""
        return list(dict.fromkeys(filter(None, self.query.get(APPEND_TO_RESPONSE, "").split(","))))

    def number(self, name: str) -> int:
        """A number in the path.

        Raises:
            Refused: It is none (34).
        """
        text = self.path[name]
        # TMDB reads an id up to its first character that is no digit: `550-fight-club`.
        found = re.match(r"[0-9]{1,18}(?=-|$)", text, re.ASCII)
        if found is None:
            raise Refused(34)
        return int(found[0])

    def day(self, name: str) -> date | None:
        """A day in the query; None without it.

        Raises:
            Refused: It is none (23).
        """
        text = self.query.get(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            raise Refused(23) from None


def natural(text: str) -> int | None:
    """The number that a text has in decimal digits; None if it has another form, or too many."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


Responder = Callable[[Call], Any]
RESPONDERS: dict[str, Responder] = {}
"""The function that responds to each operation, by operation id."""


def responds(*operation_ids: str) -> Callable[[Responder], Responder]:
    """Decorate the function that responds to operations: it returns the body, or a `Reply`."""

    def register(responder: Responder) -> Responder:
        RESPONDERS.update(dict.fromkeys(operation_ids, responder))
        return responder

    return register


@cache
def keys_of(model: Any) -> tuple[str, ...]:
    """The keys of a model on the wire, without appended parts."""
    return tuple(field.wire_name for field in fields_of(model) if not isinstance(field.default, NotAppended) and not field.by_pattern)


def project(entry: Mapping[str, Any], model: Any, **more: Any) -> dict[str, Any]:
    """What a model has of an entry, and more that the entry does not have."""
    known = {**entry, **more}
    return {key: known[key] for key in keys_of(model) if key in known}


def page_of(call: Call, rows: Sequence[Any], make: Callable[[Any], Any], *, size: int = PAGE_SIZE, **more: Any) -> dict[str, Any]:
    """The page of a list that the call asks for.

    Args:
        call: The call.
        rows: All rows.
        make: Makes the row of the response, for those on the page.
        size: The number of rows of a page.
        more: Other keys of the page.
    """
    # Details ignore a page that is none, but pass it on to the parts.
    page = max(1, natural(call.query.get("page", "")) or 1)
    return {
        **more,
        "page": page,
        "results": [make(row) for row in rows[(page - 1) * size : page * size]],
        "total_pages": max(1, ceil(len(rows) / size)),
        "total_results": len(rows),
    }
