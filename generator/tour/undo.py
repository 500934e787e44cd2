"""What is left to undo, in a file that a later run reads. It holds no credential: to undo after a crash, the user approves again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac
from pathlib import Path
from secrets import token_hex
from typing import Any

from .steps import GUEST, SECRETS, UNDOS, Undo
from .values import fill

__all__ = ["Ledger", "LedgerError"]

ROUNDS = 200_000


class LedgerError(Exception):
    """The file of what is left to undo cannot be read; the message says what to do."""


@dataclass
class Ledger:
    """The changes that are not undone yet. Every change is written down before it is made.

    Attributes:
        path: The file, which only its owner may read.
        base_url: The server on which the changes are.
        left: The changes by name, oldest first. Only secret values are still to be filled in.
        accounts: Salted hashes of the user's accounts, by the names of their ids.
    """

    path: Path
    base_url: str
    left: dict[str, Undo] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, base_url: str) -> Ledger:
        """The file of an earlier run; empty if there is none.

        Raises:
            LedgerError: It is malformed, or of another server.
        """
        if not path.exists():
            return cls(path, base_url)
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            left = {name: Undo(**undo) for name, undo in saved["left"].items()}
            ledger = cls(path, str(saved["base_url"]), left, dict(saved["accounts"]))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise LedgerError(f"{path} says what an earlier tour left behind, but cannot be read: undo it at TMDB's site, and delete the file") from None
        if ledger.base_url != base_url:
            raise LedgerError(f"{path} says what an earlier tour left behind on {ledger.base_url}: run the tour there first, or delete the file")
        return ledger

    def note(self, name: str, values: Mapping[str, Any]) -> None:
        """Write down a change that is about to be made."""
        self.left[name] = _filled(UNDOS[name], values)
        self._write(self.left)

    def learn(self, values: Mapping[str, Any]) -> None:
        """Fill in what is known by now, such as the id of a new list."""
        left = {name: _filled(undo, values) for name, undo in self.left.items()}
        if left != self.left:
            self.left = left
            self._write(self.left)

    def settle(self, name: str) -> None:
        """Cross out a change that is undone."""
        left = {other: undo for other, undo in self.left.items() if other != name}
        self._write(left)  # first: an interrupt in between undoes it once more
        self.left = left

    def forget_logins(self) -> list[str]:
        """Cross out what only an earlier run could undo, because its credentials are gone.

        Returns:
            These changes, for people.
        """
        gone = [name for name, undo in self.left.items() if undo.by == GUEST or undo.is_login]
        texts = [self.left.pop(name).what for name in gone]
        self._write(self.left)
        return texts

    def is_of(self, name: str, account: Any) -> bool:
        """Whether an account is the one of the changes; the first one is."""
        salt, _, known = self.accounts.get(name, "").partition(":")
        if known:
            return _digest(salt, account) == known
        salt = token_hex(8)
        self.accounts[name] = f"{salt}:{_digest(salt, account)}"
        self._write(self.left)
        return True

    def _write(self, left: Mapping[str, Undo]) -> None:
        """Write the file, or remove it if nothing is left."""
        if not left:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "about": "What `make tour` has still to undo. The next run of it does.",
            "base_url": self.base_url,
            "accounts": self.accounts,
            "left": {name: undo._asdict() for name, undo in left.items()},
        }
        unfinished = self.path.with_name(f".{self.path.name}.unfinished")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)


def _filled(undo: Undo, values: Mapping[str, Any]) -> Undo:
    known = {name: value for name, value in values.items() if name not in SECRETS}
    return Undo(*fill(tuple(undo), known, partly=True))


def _digest(salt: str, account: Any) -> str:
    """A hash of an account's id. The ids are few, so it takes a while."""
    return pbkdf2_hmac("sha256", str(account).encode(), bytes.fromhex(salt), ROUNDS).hex()
