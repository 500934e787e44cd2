"""Credentials of a client, login flows of users, and redaction of messages and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tmdbkit.runtime.lazy import lazy_exports

if TYPE_CHECKING:
    from .flows import Approval, AsyncApproval, AsyncUsers, Users

__all__ = ["Approval", "AsyncApproval", "AsyncUsers", "Users"]

__getattr__, __dir__ = lazy_exports(__name__, dict.fromkeys(__all__, ".flows"))
