"""A method with its arguments, as the helpers hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from .runtime.errors import InvalidArgumentError
from .runtime.resources import Resource

__all__ = ["BoundCall"]


class BoundCall:
    """A method with its arguments. They may contain a credential, so that its repr does not show them.

    Args:
        method: The method.
        args: Its arguments.
        kwargs: Its arguments by name. An iterator among them becomes a list, as it would be empty from the second call on.

    Attributes:
        name: The name of the method, such as `Movies.popular`, for both clients.
        function: The method, without a `functools.partial` around it.
        positional: The arguments, those of a partial among them.
        named: The arguments by name, those of a partial among them.
    """

    def __init__(self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.method, self.args = method, args
        self.kwargs: dict[str, Any] = {name: list(value) if isinstance(value, Iterator) else value for name, value in kwargs.items()}
        self.function, self.positional, self.named = method, args, self.kwargs
        while isinstance(self.function, partial):
            self.positional, self.named = (*self.function.args, *self.positional), {**self.function.keywords, **self.named}
            self.function = self.function.func
        name = getattr(self.function, "__qualname__", None)
        self.name: str = name.removeprefix("Async") if isinstance(name, str) else type(self.function).__name__

    def __repr__(self) -> str:
        return f"<call of {self.name}>"

    def check_kind(self, *, asynchronous: bool) -> None:
        """Check that the method is not one of the other client.

        Args:
            asynchronous: Whether its results are awaited.

        Raises:
            InvalidArgumentError: It is one.
        """
        if asynchronous and isinstance(getattr(self.function, "__self__", None), Resource):
            raise InvalidArgumentError(f"{self.name} is a synchronous method, of a TMDB: with an AsyncTMDB, pass its own")
        if not asynchronous and iscoroutinefunction(self.function):
            raise InvalidArgumentError(f"{self.name} is an asynchronous method, as those of an AsyncTMDB: with a TMDB, pass its own")
