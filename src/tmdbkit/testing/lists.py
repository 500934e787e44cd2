"""The lists of the users of the fake: one store for v3 and v4, as TMDB has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .users import FakeUser

__all__ = ["UserList", "UserLists"]

FIRST_LIST_ID = 8_300_001

Key = tuple[str, int]
"""An item: `movie` or `tv`, and its id."""


@dataclass(eq=False)
class UserList:
    """A list of a user.

    Attributes:
        id: Its id.
        owner: The user.
        name: Its name.
        description: Its description.
        iso_639_1: Its language.
        iso_3166_1: Its country.
        public: Whether others may see it.
        sort_by: The order of its items in v4.
        created_at: When it was created.
        updated_at: When it was changed last.
        items: The comment on each item, in the order in which they were added; None without one.
    """

    id: int
    owner: FakeUser
    name: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    iso_639_1: str = "en"
    iso_3166_1: str = "US"
    public: bool = True
    sort_by: str = "original_order.asc"
    items: dict[Key, str | None] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The list in the form of TMDB's summaries of v3."""
        return {
            "description": self.description,
            "favorite_count": 0,
            "id": self.id,
            "item_count": len(self.items),
            "iso_639_1": self.iso_639_1,
            "iso_3166_1": self.iso_3166_1,
            "list_type": "movie",
            "name": self.name,
            "poster_path": None,
        }


class UserLists:
    """The lists of all users, by id.

    Attributes:
        version: Counts the changes.
    """

    def __init__(self) -> None:
        self._lists: dict[int, UserList] = {}
        self._last_id = FIRST_LIST_ID - 1
        self.version = 0

    def create(self, owner: FakeUser, name: str, now: datetime, **fields: Any) -> UserList:
        """Create a list."""
        self._last_id += 1
        self.version += 1
        created = self._lists[self._last_id] = UserList(self._last_id, owner, name, now, now, **fields)
        return created

    def get(self, id_: int) -> UserList | None:
        """A list; None if there is none."""
        return self._lists.get(id_)

    def delete(self, id_: int) -> None:
        """Delete a list."""
        self.version += 1
        self._lists.pop(id_, None)

    def of(self, owner: FakeUser) -> list[UserList]:
        """The lists of a user, the latest first."""
        return [one for one in reversed(self._lists.values()) if one.owner is owner]

    def with_item(self, kind: str, id_: int) -> list[UserList]:
        """The public lists that have an item."""
        return [one for one in self._lists.values() if one.public and (kind, id_) in one.items]

    def saved(self) -> list[dict[str, Any]]:
        """The lists as JSON."""
        return [
            {
                **{name: getattr(one, name) for name in ("id", "name", "description", "iso_639_1", "iso_3166_1", "public", "sort_by")},
                "owner": one.owner.username,
                "created_at": one.created_at.isoformat(),
                "updated_at": one.updated_at.isoformat(),
                "items": [[kind, id_, comment] for (kind, id_), comment in one.items.items()],
            }
            for one in self._lists.values()
        ]

    def restore(self, saved: Iterable[Mapping[str, Any]], users: Mapping[str, FakeUser]) -> None:
        """Take what `saved` returned."""
        self._lists.clear()
        for one in saved:
            times = {name: datetime.fromisoformat(one[name]) for name in ("created_at", "updated_at")}
            items = {(kind, id_): comment for kind, id_, comment in one["items"]}
            self._lists[one["id"]] = UserList(**{**one, **times, "owner": users[one["owner"]], "items": items})
        self._last_id = max([self._last_id, *self._lists])
