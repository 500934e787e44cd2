"""Infers schemas from observed values, and reuses the schemas of the spec.

An open question is a doubt, for a person to decide. Doubts never quote a value.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from generator.references import name_of, references
from generator.rules.names import TAKEN_SCHEMAS
from generator.security import CREDENTIAL, Security
from generator.text import snake_case
from generator.validation import Validation

from .distill import FACTS, MAX_WORDS, count_words
from .redaction import SecretPattern

__all__ = ["Part", "SchemaFile", "Schemas", "flow", "mark", "pascal_case", "singular", "words_of"]

QUIRKS = {
    "Day": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "Timestamp": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+"),
    "ImagePath": re.compile(r"/[\w-]+\.(?:jpe?g|png|svg|webp)"),
}
"""The forms of texts with a schema of their own."""
COUNTRY, LANGUAGE, NUMBER = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?"), re.compile(r"[a-z]{2}(-[A-Z]{2})?"), re.compile(r"[0-9]+")
MAP_OF_LANGUAGES = 5
"""The minimum number of keys that are taken for languages: `id` looks like one, too."""
PAGE = frozenset({"page", "results", "total_pages", "total_results"})
GENERIC = PAGE | {"id", "name"}
"""Keys that are too common to identify a schema."""
SPECIFIC_KEYS = 3
"""The minimum number of other keys that identify an existing schema."""
MAX_INT32 = 2**31 - 1
WIDTH = 160
CAPITALS = {"tv": "TV", "v4": "V4", "id": "ID", "ids": "IDs", "utc": "UTC"}
KEYS_OF_A_USER = 2
"""The minimum number of keys with personal data, wherever the spec has them, for all texts of an object to count as personal."""


@dataclass(frozen=True)
class Part:
    """A schema for the values of one place, as in the bundle, and the doubts about it; `known` if the spec claims as much elsewhere."""

    schema: dict[str, Any]
    doubts: tuple[str, ...] = ()
    known: bool = False


@dataclass(frozen=True)
class SchemaFile:
    """A new schema: its name, and the content of its file."""

    name: str
    text: str


@dataclass
class Schemas:
    """Infers schemas, and collects the new files.

    Args:
        bundle: The OpenAPI document.

    Attributes:
        files: The new schemas.
    """

    bundle: dict[str, Any]
    files: list[SchemaFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._schemas: dict[str, dict[str, Any]] = self.bundle["components"]["schemas"]
        self._validation = Validation(self.bundle)
        self._known_words = Validation(self.bundle, known_words=True)
        self._secrets = SecretPattern(Security(self.bundle).names)
        self._modules = {snake_case(name) for name in (*self._schemas, *TAKEN_SCHEMAS)}
        self._popularity = Counter(name for schema in self._schemas.values() for name in references(schema)) + Counter(self._responses())
        self._sent = _reachable(self._schemas, self._responses())
        self._definitions: dict[str, Counter[str]] = defaultdict(Counter)
        self._uses: dict[str, Counter[str]] = defaultdict(Counter)
        for name in self._sent:
            for key, schema in self._schemas[name].get("properties", {}).items():
                self._definitions[key][json.dumps({keyword: value for keyword, value in schema.items() if keyword != "description"})] += 1
                self._uses[key].update(references(schema))

        self._of_users = {key for key, found in self._definitions.items() if all(json.loads(text).get("x-redact") == "personal" for text in found)}

    def _responses(self) -> Iterator[str]:
        for item in self.bundle["paths"].values():
            for operation in item.values():
                yield from references({status: response for status, response in operation["responses"].items() if status.startswith("2")})

    def part(self, values: Sequence[Any], key: str, name: str, *, page: bool = False) -> Part:
        """The schema of the values of one place.

        Args:
            values: All values that were seen there.
            key: The property that holds them; empty at the top.
            name: The name of a new schema for objects there.
            page: Whether they are rows of a page, which are named so.
        """
        present = [value for value in values if value is not None]
        found = self._known(key, present) or self._of_kind(present, key, name, page=page)
        if not present:
            return Part(_nullable(found.schema) if found.schema.get("type") else found.schema, (f"only null seen, {_times(len(values))}",))
        if len(present) < len(values) and not self._accepts_null(found.schema):
            return Part(_nullable(found.schema), found.doubts)
        return found

    def _known(self, key: str, present: Sequence[Any]) -> Part | None:
        """The definition that most schemas have for a property of this name, if it fits: of a plain value, or of a list of them."""
        if any(isinstance(value, dict) for value in present) or (present and all(value == [] for value in present)) or self._has_secret(present):
            return None
        for text, _ in self._definitions[key].most_common():
            schema = json.loads(text)
            if self._is_plain(schema) and _accepts(self._known_words, schema, present):
                return Part(schema, known=True)
        return None

    def _is_plain(self, schema: dict[str, Any]) -> bool:
        """Whether a schema is of plain values, of one of the quirks of the wire, of a vocabulary, or of lists of them."""
        if "$ref" in schema:
            target = self._schemas[name_of(schema)]
            return all(member.get("type") in ("string", "null", ["string", "null"]) for member in target.get("anyOf", [target]))
        within = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
        return bool(within or schema.get("type")) and not schema.keys() & {"const", "enum"} and all(map(self._is_plain, within))

    def _accepts_null(self, schema: dict[str, Any]) -> bool:
        """Whether null conforms; it never does to a new object."""
        return all(name in self._schemas for name in references(schema)) and _accepts(self._validation, schema, [None])

    def _has_secret(self, values: Sequence[Any]) -> bool:
        """Whether a text among values, or in lists of them, looks like a credential."""
        return any(self._secrets.is_in(value) if isinstance(value, str) else isinstance(value, list) and self._has_secret(value) for value in values)

    def _of_kind(self, present: Sequence[Any], key: str, name: str, *, page: bool) -> Part:
        types = {_kind(value) for value in present}
        if types == {"integer", "number"}:
            types = {"number"}
        if not types:
            return Part({"description": "Null wherever it was seen."})
        if len(types) > 1:
            return Part({"description": f"One of several types: {', '.join(sorted(types))}."}, ("a union of them, with a name?",))
        (type_,) = types
        if type_ == "object":
            return self._object(present, key, name, page=page)
        if type_ == "array":
            return self._array(present, key, name, page=page)
        if type_ == "string":
            return self._text(present, key)
        large = type_ == "integer" and any(abs(value) > MAX_INT32 for value in present)
        return Part({"type": type_, **({"format": "int64"} if large else {})})

    def _text(self, texts: Sequence[str], key: str) -> Part:
        if self._has_secret(texts):
            return Part({"type": "string", "x-redact": CREDENTIAL}, ("it looks like a credential or an e-mail address: what is it? x-redact?",))
        filled = [text for text in texts if text]
        for name, pattern in QUIRKS.items():
            schema = {"$ref": f"#/components/schemas/{name}"}
            if filled and name in self._schemas and all(map(pattern.fullmatch, filled)) and _accepts(self._validation, schema, texts):
                return Part(schema)
        if key not in FACTS and any(count_words(text) > MAX_WORDS for text in texts):
            return Part({"type": "string", "x-redact": "prose"}, ("prose, or facts?",))
        return Part({"type": "string"}, () if filled else (f"only empty texts seen, {_times(len(texts))}",))

    def _array(self, arrays: Sequence[list[Any]], key: str, name: str, *, page: bool) -> Part:
        elements = [element for array in arrays for element in array]
        if not elements:
            return Part({"type": "array", "items": {"description": "Not seen yet."}}, (f"no element seen, {_times(len(arrays))}",))
        item = self.part(elements, key, name, page=page)
        return Part({"type": "array", "items": item.schema}, tuple(f"elements: {doubt}" for doubt in item.doubts))

    def _object(self, objects: Sequence[dict[str, Any]], key: str, name: str, *, page: bool) -> Part:
        if found := self._existing(objects, key):
            others = ", ".join(f"{other}.yaml" for other in found[1:4])
            return Part({"$ref": f"#/components/schemas/{found[0]}"}, (f"{others} would fit, too",) if others else ())
        keys = {key for one in objects for key in one}
        if not keys:
            return Part({"description": "An object of keys not seen yet."}, ("what can it hold?",))
        if (by := _map_of(keys)) is not None:
            return self._map(objects, key, name, by)
        rows = {str(one.get("media_type")) for one in objects}
        doubts = ("rows of several types by media_type: a union, with a name for each?",) if len(rows) > 1 else ()
        return Part(self._new_object(objects, f"{name}Row" if page else name), doubts)

    def _existing(self, objects: Sequence[dict[str, Any]], key: str) -> list[str]:
        """The schemas of responses that objects conform to, best first. One whose keys say little counts only where the spec has it under the same key."""
        seen = {key for one in objects for key in one}
        specific = sum(not COUNTRY.fullmatch(key) for key in _keys_within(objects) - GENERIC) >= SPECIFIC_KEYS
        at_key = self._uses[key] if key not in GENERIC else Counter[str]()
        fitting = [name for name in sorted(self._sent) if (specific or at_key[name]) and seen and self._fits(name, objects, seen)]

        def rank(name: str) -> tuple[bool, int, int, int, str]:
            absent = len(self._schemas[name].get("properties", {}).keys() - seen)
            return not at_key[name], absent, len(_reachable(self._schemas, [name])), -self._popularity[name], name

        return sorted(fitting, key=rank)

    def _fits(self, name: str, objects: Sequence[dict[str, Any]], seen: set[str]) -> bool:
        schema = self._schemas[name]
        if "properties" in schema:
            has_rows = all(
                any(one.get(key) for one in objects) for key, held in schema["properties"].items() if key in seen and "$ref" in held.get("items", {})
            )
            if not (has_rows and set(schema.get("required", ())) <= seen <= schema["properties"].keys()):
                return False
        elif "discriminator" not in schema and not ("additionalProperties" in schema and _map_of(seen) is not None):
            return False
        return _accepts(self._validation, {"$ref": f"#/components/schemas/{name}"}, objects)

    def _map(self, objects: Sequence[dict[str, Any]], key: str, name: str, by: str) -> Part:
        values = [value for one in objects for value in one.values()]
        file = self._unique(f"{name}By{by}" if by else f"{name}Map")
        held = self.part(values, key, f"{by}{name}" if by and isinstance(values[0], dict) else pascal_case(singular(snake_case(name))))
        about = {"Country": "by the country's ISO 3166-1 code", "Language": "by the language's code"}.get(by, "by keys")
        lines = [
            mark("is it a map? the name and the description are guesses"),
            "type: object",
            f"description: {flow(f'{_sentence(name)}, {about}.')}",
            mark(*held.doubts, line=f"additionalProperties: {flow(held.schema)}"),
        ]
        self.files.append(SchemaFile(file, "\n".join(lines) + "\n"))
        return Part({"$ref": f"#/components/schemas/{file}"})

    def _new_object(self, objects: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
        name = self._unique(name)
        seen = {key: [one[key] for one in objects if key in one] for key in sorted({key for one in objects for key in one})}
        of_user = len(seen.keys() & self._of_users) >= KEYS_OF_A_USER
        properties = []
        for key, values in seen.items():
            part = self.part(values, key, self._child(name, key, values), page=seen.keys() >= PAGE and key == "results")
            if of_user and part.schema.get("type") in ("string", ["string", "null"]):
                part = replace(part, schema={"x-redact": "personal", **part.schema})
            doubts = [f"seen in {len(values)} of {len(objects)}"] if len(values) < len(objects) else []
            if not part.known and None not in values and not self._accepts_null(part.schema):
                doubts.append(f"null never seen, {_times(len(values))}")
            properties.append(mark(*doubts, *part.doubts, line=f"  {flow(key)}: {flow(part.schema)}"))
        required = [key for key, values in seen.items() if len(values) == len(objects)]
        lines = [
            mark("the name and the description are guesses; mark prose and personal data with x-redact"),
            "type: object",
            f"description: {flow(f'{_sentence(name)}.')}",
            *(_required(required, len(objects)) if required else []),
            "properties:",
            *properties,
        ]
        self.files.append(SchemaFile(name, "\n".join(lines) + "\n"))
        return {"$ref": f"#/components/schemas/{name}"}

    @staticmethod
    def _child(parent: str, key: str, values: Sequence[Any]) -> str:
        """The name of the model in a property: `MovieAward` for the elements of `awards` in `MovieAwards`."""
        is_list = any(isinstance(value, list) for value in values)
        owner = re.sub(r"(Page|Row|Details)$", "", parent)
        word = pascal_case(singular(key) if is_list else key)
        if key == "results" or owner.endswith(pascal_case(key)):
            return pascal_case(singular(snake_case(owner))) if is_list else owner
        return f"{pascal_case(singular(snake_case(owner)))}{word}"

    def _unique(self, name: str) -> str:
        number, unique = 1, name
        while snake_case(unique) in self._modules:
            number += 1
            unique = f"{name}{number}"
        self._modules.add(snake_case(unique))
        return unique


def _accepts(validation: Validation, schema: dict[str, Any], values: Iterable[Any]) -> bool:
    return not any(any(validation.violations(schema, value)) for value in values)


def _kind(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def _keys_within(value: Any) -> set[str]:
    """All keys in a JSON value."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return {*(value if isinstance(value, dict) else ())}.union(*map(_keys_within, items))


def _map_of(keys: set[str]) -> str | None:
    """What the keys of a map are, if they look like one; empty if they have no name."""
    if all(map(COUNTRY.fullmatch, keys)):
        return "Country"
    if len(keys) >= MAP_OF_LANGUAGES and all(map(LANGUAGE.fullmatch, keys)):
        return "Language"
    return "" if all(map(NUMBER.fullmatch, keys)) or all(":" in key for key in keys) else None


def _reachable(schemas: Mapping[str, Any], names: Iterable[str]) -> set[str]:
    """The names of schemas, and of those that they refer to."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) not in found and name in schemas:
            found.add(name)
            waiting += references(schemas[name])
    return found


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]} if "$ref" in schema else schema


def _required(keys: Sequence[str], objects: int) -> list[str]:
    doubt = mark(f"required? each was seen in {objects} of {objects}")
    line = f"required: {flow(list(keys))}"
    return [f"{line}  {doubt}"] if len(line) <= WIDTH else [f"required:  {doubt}", *(f"  - {flow(key)}" for key in keys)]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def mark(*doubts: str, line: str = "") -> str:
    """A line of YAML, with a mark that lists the doubts, if there are any."""
    comment = f"# TODO(draft): {'; '.join(doubts)}" if doubts else ""
    return "  ".join(filter(None, (line, comment)))


def flow(value: Any, folder: str = "") -> str:
    """A value as YAML in one line. A reference to a component becomes one to its file, in a folder."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {_reference(item, folder) if key == '$ref' else flow(item, folder)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item, folder) for item in value) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    if re.fullmatch(r"[A-Za-z_$](?:[\w ./()-]*[\w./()])?", value, re.ASCII) and value.lower() not in ("null", "true", "false"):
        return value
    return "'" + value.replace("'", "''") + "'" if value.isprintable() else json.dumps(value)


def _reference(reference: str, folder: str) -> str:
    return f"{folder}{reference.rpartition('/')[2]}.yaml" if reference.startswith("#") else reference


# Words


def singular(name: str) -> str:
    """`movies` as `movie`, `tv_series` as itself, `people` as `person`."""
    if re.search(r"(series|ss|us|is)$", name):
        return name
    for ending, replacement in (("people", "person"), ("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", "")):
        if name.endswith(ending):
            return name.removesuffix(ending) + replacement
    return name


def pascal_case(name: str) -> str:
    """`tv_award` as `TVAward`."""
    return "".join(CAPITALS.get(word, word[:1].upper() + word[1:]) for word in re.split(r"[^A-Za-z0-9]+", name))


def words_of(name: str) -> str:
    """`TVSeriesAward` as `TV series award`."""
    return " ".join(CAPITALS.get(word, word) for word in snake_case(name).split("_"))


def _sentence(name: str) -> str:
    return f"The {words_of(name)}"
