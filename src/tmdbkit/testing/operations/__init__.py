"""The operations of the fake, one function for each or for its kind.

Modules:
    call: a call of an operation, and what they all use.
    details: details and their parts.
    lists, search, discover, changes: lists of entries.
    authentication, account, user_lists: users.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tmdbkit.runtime.operations import Operation

from . import account, authentication, changes, discover, lists, search, user_lists
from .call import RESPONDERS, Call, Refused, Reply, Responder
from .details import respond_to

__all__ = ["Call", "Refused", "Reply", "responder_of"]

del account, authentication, changes, discover, lists, search, user_lists  # they register their functions


@cache
def responder_of(operation: Operation[Any]) -> Responder:
    """The function that responds to an operation.

    Args:
        operation: The operation.
    """
    return RESPONDERS.get(operation.operation_id) or respond_to(operation.path)
