"""Type annotations, and whether one includes another."""

from __future__ import annotations

import ast
import builtins
import collections.abc
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Type", "breaks", "read_type", "within"]


class Member(NamedTuple):
    """A member of a union type.

    Attributes:
        name: The name without the module, or a literal.
        arguments: The type arguments in brackets.
        literal: The type of the literal; empty for other members.
    """

    name: str
    arguments: tuple[frozenset[Member], ...] = ()
    literal: str = ""


Type = frozenset[Member]


def read_type(annotation: str, aliases: Mapping[str, str] | None = None) -> Type:
    """The type of an annotation: the set of its members.

    Args:
        annotation: The annotation, as Python source.
        aliases: The annotations of type aliases, by name.
    """
    return _read(ast.parse(annotation, mode="eval").body, aliases or {})


def _read(node: ast.expr, aliases: Mapping[str, str]) -> Type:
    match node:
        case ast.BinOp(left, ast.BitOr(), right):
            return _read(left, aliases) | _read(right, aliases)
        case ast.Constant(str(reference)):
            return read_type(reference, aliases)
        case ast.Name(name) | ast.Attribute(_, name):
            behind = {alias: meaning for alias, meaning in aliases.items() if alias != name}
            return read_type(aliases[name], behind) if name in aliases else frozenset([Member(name)])
        case ast.Subscript(ast.Name(origin) | ast.Attribute(_, origin), ast.Tuple(inner) | inner):
            arguments = inner if isinstance(inner, list) else [inner]
            if origin == "Literal":
                return frozenset(Member(ast.unparse(value), literal=type(ast.literal_eval(value)).__name__) for value in arguments)
            return frozenset([Member(origin, tuple(_read(argument, aliases) for argument in arguments))])
        case _:
            return frozenset([Member(ast.unparse(node))])


def within(one: Type, other: Type) -> bool:
    """Whether each value of one type is a value of the other. Lists and maps count as covariant, as if users only read them."""
    return all(any(_is_a(member, wider) for wider in other) for member in one)


def breaks(before: Type, after: Type, *, given: bool = False, read: bool = False) -> bool:
    """Whether users of a changed type have to change their programs.

    Args:
        before: The type as it was.
        after: The type as it is.
        given: Users pass such values: the new type must include the old one.
        read: Users receive such values: the old type must include the new one.
    """
    return (given and not within(before, after)) or (read and not within(after, before))


def _is_a(member: Member, wider: Member) -> bool:
    if member == wider or wider.name in ("Any", "object") or (member.name, wider.name) == ("int", "float"):
        return True
    if member.literal:
        return member.literal == wider.name
    if not member.arguments or len(member.arguments) != len(wider.arguments) or not _derives(member.name, wider.name):
        return False
    return all(within(*pair) for pair in zip(member.arguments, wider.arguments, strict=True))


def _derives(name: str, wider: str) -> bool:
    """Whether a generic class is the same as another or derives from it: a `list` is an `Iterable`."""
    one, other = (getattr(builtins, each, None) or getattr(collections.abc, each, None) for each in (name, wider))
    return name != "Callable" and (name == wider or (isinstance(one, type) and isinstance(other, type) and issubclass(one, other)))
