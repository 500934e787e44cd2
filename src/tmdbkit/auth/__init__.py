"""Credentials: what a client has, how users log in, and how messages and logs are kept free of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tmdbkit.runtime.lazy import lazy_exports

if TYPE_CHECKING:
    from .flows import Approval, AsyncApproval, AsyncUsers, Users

__all__ = ["Approval", "AsyncApproval", "AsyncUsers", "Users"]

__getattr__, __dir__ = lazy_exports(__name__, dict.fromkeys(__all__, ".flows"))
