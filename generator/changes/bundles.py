"""Compares two bundles: reports the changes for users of the package, and whether they break programs.

Values that users receive (fields of models, return values) may become narrower: code that handles an `int | None` handles an `int`. Values that users pass
(parameters of methods, keys of request objects) may become wider. Any other change is breaking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from generator.references import references, resolve
from generator.surface import UNKNOWN_ROW, APISurface, Argument, Method, response_of
from generator.text import attribute_name
from tmdbkit.runtime import errors

from .annotations import Type, breaks, read_type

__all__ = ["Change", "changes", "listed_changes"]

NONE = read_type("None")
UNNAMED = "StatusError"
"""The exception for a status code without an error of its own."""
ALWAYS, SOMETIMES, APPENDED = "always", "sometimes", "appended"
READ_PRESENCE = {
    (ALWAYS, SOMETIMES): ("may now be absent", True),
    (SOMETIMES, ALWAYS): ("is now always present", False),
    (ALWAYS, APPENDED): ("is now present only if appended", True),
    (SOMETIMES, APPENDED): ("is now present only if appended", True),
    (APPENDED, ALWAYS): ("is now always present", False),
    (APPENDED, SOMETIMES): ("is now sent without being appended, and may be absent", True),
}
"""Changes in the presence of a field that users receive, and whether they are breaking."""
GIVEN_PRESENCE = {(ALWAYS, SOMETIMES): ("is now optional", False), (SOMETIMES, ALWAYS): ("is now required", True)}
"""The same for a field that users pass."""
MOST_NAMES = 4
LIMITS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "multipleOf": "step",
    "minLength": "minimum length",
    "pattern": "pattern",
    "format": "format",
    "minItems": "minimum number of items",
    "maxItems": "maximum number of items",
    "uniqueItems": "ban on repeated items",
}
"""The keywords of JSON Schema by which methods validate their arguments."""


@dataclass(frozen=True)
class Change:
    """A change that users see.

    Attributes:
        text: The change in words.
        breaking: Whether a working program may fail because of it, or no longer pass a type checker.
        subject: What changed: `movies.popular` for a method, `Genre` or `Genre.id` for a model or a field, `tmdbkit.TMDB` for handwritten code.
    """

    text: str
    breaking: bool
    subject: str = ""


def listed_changes(found: Collection[Change]) -> list[str]:
    """Changes as lines, marked as breaking or compatible, breaking ones first. The same change of many methods is one line."""
    methods: dict[tuple[bool, str], list[str]] = defaultdict(list)
    for change in sorted(found, key=lambda change: not change.breaking):
        methods[change.breaking, change.text.replace(f" of `{change.subject}`", " of {}")].append(f"`{change.subject}`")
    lines = []
    for (breaking, text), names in methods.items():
        whose = names if len(names) <= MOST_NAMES else [f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} other methods"]
        lines += [f"{'breaking  ' if breaking else 'compatible'}  {text.replace(' of {}', f' of {name}')}" for name in whose]
    return lines


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """The changes from one bundle to another, in a stable order."""
    comparison = _Comparison(_Side(before), _Side(after))
    return [*comparison.resources(), *comparison.operations(), *comparison.models(), *comparison.vocabularies(), *comparison.status_codes()]


class _Side(APISurface):
    """One side of a comparison."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        super().__init__(bundle)
        operations = list(self.operations.values())
        parameters = [parameter["schema"] for operation in operations for parameter in self.parameters(operation)]
        bodies = [operation["requestBody"] for operation in operations if "requestBody" in operation]
        self.given = self.types.components_of(references([parameters, bodies]))
        self.read = self.types.components_of(references([response_of(operation)[1] for operation in operations]))
        self.aliases = self.types.aliases()
        self.named = {f"{tag}.{method.name}": method for tag in sorted(self.methods) for method in self.methods[tag]}

    def type_of(self, annotation: str) -> Type:
        """The type of an annotation, with vocabularies and unions expanded."""
        return read_type(annotation, self.aliases)

    def presence(self, model: str, name: str) -> str:
        """Whether a property of a model is always present, sometimes, or only if appended."""
        if name in self.parts.get(model, ()):
            return APPENDED
        return ALWAYS if name in self.types.schemas[model].get("required", ()) else SOMETIMES

    def annotation(self, model: str, name: str) -> str:
        """The annotation of a property of a model or of a request object."""
        schema = self.types.schemas[model]["properties"][name]
        return self.types.annotation(schema) if model in self.models else self.types.argument_annotation(schema)

    def alternatives(self, schema: dict[str, Any], *, held: bool = False) -> Iterator[tuple[tuple[str, bool], dict[str, Any]]]:
        """The alternative schemas of an argument, each with its type and whether it describes the items of a list. `date` is the only checked format."""
        schema = resolve(self.bundle, schema)
        for member in schema.get("anyOf", ()):
            yield from self.alternatives(member, held=held)
        types = schema.get("type", [])
        for type_ in types if isinstance(types, list) else [types]:
            yield ("number" if type_ == "integer" else type_, held), {key: value for key, value in schema.items() if key != "format" or value == "date"}
        if "items" in schema:
            yield from self.alternatives(schema["items"], held=True)


class _Comparison:
    """Compares two bundles.

    Args:
        old: The earlier bundle.
        new: The later bundle.
    """

    def __init__(self, old: _Side, new: _Side) -> None:
        self.old, self.new = old, new

    def breaks(self, before: str, after: str, *, given: bool = False, read: bool = False) -> bool:
        """Whether a changed annotation breaks users' programs.

        Args:
            before: The earlier annotation.
            after: The later annotation.
            given: Whether users pass such values.
            read: Whether users receive such values.
        """
        old, new = self.old.type_of(before), self.new.type_of(after)
        return breaks(old, new, given=given, read=read)

    # Methods

    def resources(self) -> Iterator[Change]:
        yield from _gone_and_new("resource `{}`", self.old.methods, self.new.methods)

    def operations(self) -> Iterator[Change]:
        requests = {(method.http_method, method.path): name for name, method in self.new.named.items() if name not in self.old.named}
        called = {name: name if name in self.new.named else requests.get((method.http_method, method.path)) for name, method in self.old.named.items()}
        for before, name in called.items():
            if name != before:
                yield Change(f"operation `{before}` removed" + (f": it is now called `{name}`" if name else ""), True, before)
            if name:
                yield from self.operation(name, self.old.named[before], self.new.named[name])
        yield from (Change(f"operation `{name}` added", False, name) for name in self.new.named if name not in self.old.named)

    def operation(self, name: str, old: Method, new: Method) -> Iterator[Change]:
        if (old.http_method, old.path) != (new.http_method, new.path):
            yield Change(f"operation `{name}` now sends `{new.http_method} {new.path}`, sent `{old.http_method} {old.path}`", False, name)
        if old.returns != new.returns and read_type(old.returns) != read_type(new.returns):
            text = f"operation `{name}` now returns {_shown(new.returns)}, returned {_shown(old.returns)}"
            yield Change(text, self.breaks(old.returns, new.returns, read=True), name)
        if _repeats(old) != _repeats(new):
            now = "no longer changes state: it is retried" if _repeats(new) else "now changes state: it is not retried"
            yield Change(f"operation `{name}` {now}", False, name)
        yield from _deprecation(f"operation `{name}`", name, old.deprecated, new.deprecated)
        yield from self.security(name, old, new)
        yield from self.windows(name, old, new)
        yield from self.parameters(name, old, new)

    def security(self, name: str, old: Method, new: Method) -> Iterator[Change]:
        before, after = ({frozenset(alternative) for alternative in method.security} for method in (old, new))
        if before != after:
            stricter = any(all(not needed <= held for needed in after) for held in before)
            yield Change(f"operation `{name}` now needs {_credentials(new)}; needed {_credentials(old)}", stricter, name)

    def windows(self, name: str, old: Method, new: Method) -> Iterator[Change]:
        before, after = ({f"`{first}` to `{last}` of `{name}`": [days] for first, last, days in method.windows} for method in (old, new))
        for what in dict.fromkeys([*before, *after]):
            yield from _limit(name, what, "maximum number of days", "maximum", before.get(what, []), after.get(what, []))

    def parameters(self, name: str, old: Method, new: Method) -> Iterator[Change]:
        before, after = ({argument.name: argument for argument in [*method.positional, *method.optional]} for method in (old, new))
        yield from (Change(f"parameter `{gone}` of `{name}` removed", True, name) for gone in before if gone not in after)
        for argument in after.values():
            what = f"parameter `{argument.name}` of `{name}`"
            if argument.name in before:
                yield from self.parameter(name, what, before[argument.name], argument)
            elif argument.required:
                yield Change(f"required {what} added: `{argument.annotation}`", True, name)
            else:
                yield Change(f"optional {what} added: `{argument.annotation}`", False, name)
        was, now = ([argument.name for argument in method.positional] for method in (old, new))
        if [each for each in was if each in now] != [each for each in now if each in was]:
            yield Change(f"the positional parameters of `{name}` are now `({', '.join(now)})`, were `({', '.join(was)})`", True, name)

    def parameter(self, name: str, what: str, old: Argument, new: Argument) -> Iterator[Change]:
        if new.required and not old.required:
            yield Change(f"{what} is now required", True, name)
        if old.required and not new.required:
            yield Change(f"{what} is now optional, and can be given by name only", True, name)
        if read_type(old.annotation) != read_type(new.annotation):
            text = f"{what} now takes `{new.annotation}`, took `{old.annotation}`"
            yield Change(text, self.breaks(old.annotation, new.annotation, given=True), name)
        yield from _deprecation(what, name, old.deprecated, new.deprecated)
        yield from self.limits(name, what, old.schema, new.schema)

    def limits(self, subject: str, what: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
        """Changed limits of an argument within its type. A type that only one side has is skipped: the change of type is reported already."""
        old, new = list(self.old.alternatives(before)), list(self.new.alternatives(after))
        for type_ in dict.fromkeys(type_ for type_, _ in old if type_ in dict(new)):
            was_limits, now_limits = ([{key: schema[key] for key in LIMITS if key in schema} for each, schema in side if each == type_] for side in (old, new))
            if len(now_limits) > len(was_limits) and all(limits in now_limits for limits in was_limits):
                continue  # another alternative, which the change of type reports
            whose = f"an item of {what}" if type_[1] else what
            for keyword, title in LIMITS.items():
                was, now = ([schema[keyword] for each, schema in side if each == type_ and _limits(schema, keyword)] for side in (old, new))
                yield from _limit(subject, whose, title, keyword, was, now)

    # Models

    def models(self) -> Iterator[Change]:
        old, new = ({name: side.types.is_union(name) for name in sorted({*side.models, *side.objects})} for side in (self.old, self.new))
        yield from _gone_and_new("model `{}`", old, new)
        for name in (name for name in new if name in old):
            if old[name] and new[name]:
                yield from self.union(name)
            elif old[name] or new[name]:
                yield Change(f"model `{name}` {'is now' if new[name] else 'is no longer'} a union", True, name)
            else:
                yield from self.model(name)

    def union(self, name: str) -> Iterator[Change]:
        was, now = ({member.name for member in side.type_of(name)} for side in (self.old, self.new))
        yield from (Change(f"`{name}` may now be `{member}`", True, name) for member in sorted(now - was))
        yield from (Change(f"`{name}` is never `{member}` now", False, name) for member in sorted(was - now))
        before, after = (side.types.tags(name) for side in (self.old, self.new))
        for tag in dict.fromkeys([*before, *after]):
            row, other = before.get(tag, UNKNOWN_ROW), after.get(tag, UNKNOWN_ROW)
            if row != other and {row, other} <= was & now:
                yield Change(f"`{name}` with the tag {tag!r} is now `{other}`, was `{row}`", row != UNKNOWN_ROW, name)

    def model(self, name: str) -> Iterator[Change]:
        given = name in {*self.old.objects, *self.new.objects}
        before, after = ({attribute_name(key, side.types.schemas): key for key in side.types.schemas[name]["properties"]} for side in (self.old, self.new))
        yield from (Change(f"field `{name}.{field}` removed", True, f"{name}.{field}") for field in before if field not in after)
        for field, key in after.items():
            if field in before:
                yield from self.field(name, field, before[field], key, given=given)
                continue
            required = given and self.new.presence(name, key) == ALWAYS
            text = f"{'required ' if required else ''}field `{name}.{field}` added: `{self.new.annotation(name, key)}`"
            yield Change(text, required, f"{name}.{field}")

    def field(self, model: str, field: str, before: str, after: str, *, given: bool) -> Iterator[Change]:
        subject, read = f"{model}.{field}", model in self.new.models
        old, new = self.old.annotation(model, before), self.new.annotation(model, after)
        was, now = read_type(old), read_type(new)
        if was - NONE != now - NONE:
            yield Change(f"field `{subject}` is now `{new}`, was `{old}`", self.breaks(old, new, given=given, read=read), subject)
        elif was != now:
            text = "may now be null" if now > was else "is never null now"
            yield Change(f"field `{subject}` {text}", self.breaks(old, new, given=given, read=read), subject)
        presence = self.old.presence(model, before), self.new.presence(model, after)
        for concerned, presences in ((read, READ_PRESENCE), (given, GIVEN_PRESENCE)):
            if concerned and presence in presences:
                text, breaking = presences[presence]
                yield Change(f"field `{subject}` {text}", breaking, subject)
        old_schema, new_schema = (side.types.schemas[model]["properties"][key] for side, key in ((self.old, before), (self.new, after)))
        yield from _deprecation(f"field `{subject}`", subject, old_schema.get("deprecated", False), new_schema.get("deprecated", False))
        if given:
            yield from self.limits(subject, f"field `{subject}`", old_schema, new_schema)

    # Vocabularies and errors

    def vocabularies(self) -> Iterator[Change]:
        old, new = ({name: side.types.vocabulary(name) for name in side.types.vocabularies()} for side in (self.old, self.new))
        yield from _gone_and_new("vocabulary `{}`", old, new)
        for name in (name for name in new if name in old):
            given = name in self.old.given | self.new.given
            read = name in self.old.read | self.new.read
            was_closed, is_closed = self.old.types.is_closed(name), self.new.types.is_closed(name)
            for value in (value for value in new[name] if value not in old[name]):
                yield Change(f"{value!r} added to the vocabulary `{name}`", read and was_closed, name)
            for value in (value for value in old[name] if value not in new[name]):
                yield Change(f"{value!r} removed from the vocabulary `{name}`", given and is_closed, name)
            if is_closed and not was_closed:
                yield Change(f"the vocabulary `{name}` is now closed: it has no other values", given, name)
            if was_closed and not is_closed:
                yield Change(f"the vocabulary `{name}` is now open: it may have other values", read, name)

    def status_codes(self) -> Iterator[Change]:
        old, new = (side.bundle["x-status-codes"] for side in (self.old, self.new))
        for code in dict.fromkeys([*old, *new]):
            before, after = old.get(code, {}), new.get(code, {})
            was, now = before.get("error", UNNAMED), after.get("error", UNNAMED)
            if was != now:
                caught = issubclass(getattr(errors, now, object), getattr(errors, was, ()))
                yield Change(f"TMDB's status code {code} now raises `{now}`, raised `{was}`", not caught, f"status code {code}")
            if before.get("retry") != after.get("retry"):
                text = "is transient: it is retried" if after.get("retry") else "is no longer transient: it is not retried"
                yield Change(f"TMDB's status code {code} {text}", False, f"status code {code}")


def _deprecation(what: str, subject: str, was: object, now: object) -> Iterator[Change]:
    if bool(was) != bool(now):
        yield Change(f"{what} is {'now' if now else 'no longer'} deprecated", False, subject)


def _gone_and_new(what: str, old: Collection[str], new: Collection[str]) -> Iterator[Change]:
    yield from (Change(f"{what.format(name)} removed", True, name) for name in old if name not in new)
    yield from (Change(f"{what.format(name)} added", False, name) for name in new if name not in old)


def _limit(subject: str, what: str, title: str, keyword: str, was: list[Any], now: list[Any]) -> Iterator[Change]:
    """A changed limit of an argument; each side holds the limits of all alternatives of the same type."""
    if was != now:
        limits = [", ".join(f"`{value}`" for value in values) or "none" for values in (now, was)]
        yield Change(f"{what}: the {title} is now {limits[0]}, was {limits[1]}", _is_tighter(keyword, was, now), subject)


def _limits(schema: dict[str, Any], keyword: str) -> bool:
    """Whether a keyword has an effect: a minimum length of 0 has none."""
    return keyword in schema and (bool(schema[keyword]) or keyword in ("minimum", "maximum"))


def _is_tighter(keyword: str, was: list[Any], now: list[Any]) -> bool:
    if not was or not now:
        return not was
    if len(was) > 1 or len(now) > 1 or keyword in ("pattern", "format", "uniqueItems"):
        return not set(was) <= set(now)
    if keyword == "multipleOf":
        return bool(was[0] % now[0])
    return bool(now[0] > was[0] if keyword.startswith("min") else now[0] < was[0])


def _repeats(method: Method) -> bool:
    """Whether the client retries the calls of a method."""
    return method.http_method == "GET" and not method.changes_state


def _shown(returned: str) -> str:
    return f"`{returned.replace('models.', '')}`"


def _credentials(method: Method) -> str:
    """The credentials that a method needs, in words."""
    alternatives = [" and ".join(f"`{name}`" for name in alternative) for alternative in method.security]
    return ", or ".join(alternatives) or "none"
