"""Warns of methods and arguments that are deprecated.

Type checkers know `typing_extensions.deprecated` on every Python. It is no dependency of ours: at run time a decorator stands in for it.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .types import UNSET

__all__ = ["deprecated", "deprecated_arguments", "warn_outermost"]

F = TypeVar("F", bound=Callable[..., Any])

WARNINGS = "_warnings_of"


if TYPE_CHECKING:
    from typing_extensions import deprecated
else:

    def deprecated(message: str) -> Callable[[F], F]:
        """Mark a method as deprecated: a call of it warns at the line of the caller.

        Args:
            message: What to use in its place.
        """

        def mark(method: F) -> F:
            marked = _warning(method, lambda _: [f"{method.__qualname__} is deprecated. {message}"])
            marked.__deprecated__ = message
            return marked

        return mark


def deprecated_arguments(**messages: str) -> Callable[[F], F]:
    """Mark arguments of a method, which are given by name, as deprecated: a call that gives one warns at the line of the caller.

    Args:
        messages: What to use in place of each argument, by its name.
    """

    def mark(method: F) -> F:
        def given(arguments: Mapping[str, Any]) -> list[str]:
            named = [name for name in messages if arguments.get(name) not in (None, UNSET)]
            return [f"the argument {name} of {method.__qualname__} is deprecated. {messages[name]}" for name in named]

        return cast("F", _warning(method, given))

    return mark


def warn_outermost(method: Any, wrap: Callable[[Any], Any]) -> Any:
    """Wrap a method. If it warns, the wrapper warns in its place, where the caller is next."""
    warnings_of = getattr(method, WARNINGS, None)
    if warnings_of is None:
        return wrap(method)
    wrapper = _warning(wrap(method.__wrapped__), warnings_of)
    if message := getattr(method, "__deprecated__", None):
        wrapper.__deprecated__ = message
    return wrapper


def _warning(method: Any, warnings_of: Callable[[Mapping[str, Any]], Iterable[str]]) -> Any:
    """The method, which warns before it is called. An asynchronous one warns when it is called, not when it is awaited: only then the caller is known."""

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            for message in warnings_of(kwargs):
                warnings.warn(message, DeprecationWarning, stacklevel=2)
            return method(*args, **kwargs)
        finally:
            del args, kwargs  # they may hold a credential

    setattr(call, WARNINGS, warnings_of)
    mark_coroutine: Callable[[Any], Any] | None = getattr(inspect, "markcoroutinefunction", None)  # from Python 3.12 on
    return mark_coroutine(call) if mark_coroutine and inspect.iscoroutinefunction(method) else call
