"""Make a list of a user's at TMDB from a file, or add to it: python v4_list.py "Rainy days" films.txt

A line of the file is the address of a page at TMDB, and a comment after it if you like. The first time the user approves in the browser; the user's access
token is then kept in user.json, which nobody else can read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from tmdbkit import TMDB, ApprovalTimeoutError, AuthenticationError, RequestTokenError, TMDBLink, parse_url
from tmdbkit.models import MovieRow, TVRow
from tmdbkit.types import ListItemComment, ListItemReference

USER = Path("user.json")


def approved(tmdb: TMDB) -> tuple[TMDB, str]:
    """A client of the user who approved last time, or who approves now; and the id of the account."""
    if USER.exists():
        stored = json.loads(USER.read_text(encoding="utf-8"))
        user, account = tmdb.with_options(user_access_token=stored["token"]), stored["account"]
        try:
            user.v4_account.lists(account)
        except AuthenticationError:
            USER.unlink()  # the user has withdrawn the approval
        else:
            return user, account
    approval = tmdb.users.request_v4_approval()
    print("Please approve at", approval.url, flush=True)
    user = approval.wait(deadline=300)
    USER.touch(mode=0o600)
    USER.write_text(json.dumps({"token": user.users.user_access_token, "account": user.users.account_object_id}), encoding="utf-8")
    return user, user.users.account_object_id


def list_named(user: TMDB, account: str, name: str) -> int:
    for found in user.paginate(user.v4_account.lists, account):
        if found.name == name:
            return found.id
    return user.v4_lists.create(name, "en", public=0).id


def fill(user: TMDB, list_id: int, lines: Iterable[str]) -> None:
    """Add the titles of the lines, and then the comments: TMDB takes none with a new title."""
    titles: list[ListItemReference] = []
    comments: list[ListItemComment] = []
    for line in lines:
        address, _, comment = line.strip().partition(" ")
        match parse_url(address):
            case TMDBLink(kind="movie" | "tv" as kind, id=media_id):
                titles.append({"media_type": kind, "media_id": media_id})
                if comment:
                    comments.append({"media_type": kind, "media_id": media_id, "comment": comment})
            case _:
                print(f"{address}: no movie or series of TMDB", file=sys.stderr)
    for result in user.v4_lists.add_items(list_id, titles).results:
        if not result.success:
            print(f"{result.media_type} {result.media_id}: {', '.join(result.error or [])}", file=sys.stderr)
    if comments:
        user.v4_lists.update_items(list_id, comments)


def show(user: TMDB, list_id: int) -> None:
    for page in user.paginate(user.v4_lists.details, list_id, sort_by="title.asc").pages():
        if page.page == 1:
            print(f"{page.name}: {page.item_count} titles, {page.runtime} minutes")
        for row in page:
            match row:
                case MovieRow(title=title, release_date=day):
                    comment = page.comments.get(f"movie:{row.id}")
                case TVRow(name=title, first_air_date=day):
                    comment = page.comments.get(f"tv:{row.id}")
                case _:
                    continue
            print(f"  {title} ({day.year if day else '?'})" + (f": {comment}" if comment else ""))


def main() -> None:
    name, path = sys.argv[1:]
    with TMDB() as tmdb:
        user, account = approved(tmdb)
        list_id = list_named(user, account, name)
        fill(user, list_id, Path(path).read_text(encoding="utf-8").splitlines())
        show(user, list_id)


if __name__ == "__main__":
    try:
        main()
    except (ApprovalTimeoutError, RequestTokenError) as error:
        sys.exit(f"not approved: {error}")
