"""Changes between bundles: their text and classification, in both directions."""

from __future__ import annotations

import json
from collections.abc import Callable
from textwrap import dedent
from typing import Annotated, Any, get_origin

import pytest

from generator.changes.bundles import Change, changes, listed_changes
from generator.type_mapper import WIRE_TYPES
from tests.conftest import ROOT, bundle
from tests.generator.sample_spec import SAMPLE_SPEC, written
from tmdbkit.runtime import types

Bundle = dict[str, Any]
Edit = Callable[[Bundle], object]

ITEM = {
    "type": "object",
    "description": "An item to add.",
    "required": ["media_id"],
    "properties": {"media_id": {"type": "integer", "minimum": 0}, "comment": {"type": "string"}},
}
ITEMS = {
    "type": "object",
    "description": "What to add.",
    "required": ["items", "kind"],
    "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "note": {"type": "string"},
    },
}
KIND = {"type": "string", "description": "What is meant.", "enum": ["movie", "tv"]}
FILTERS = [
    {"name": "start_date", "in": "query", "schema": {"type": "string", "format": "date"}},
    {"name": "end_date", "in": "query", "schema": {"type": "string", "format": "date"}, "x-window": {"from": "start_date", "days": 14}},
    {"name": "with_genres", "in": "query", "x-any-of": True, "schema": {"type": "array", "items": {"type": "integer"}}},
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The sample spec with additions: an object and a vocabulary in a request, a date range, and a filter."""
    small: Bundle = written(tmp_path_factory.mktemp("small"), SAMPLE_SPEC).bundle
    schemas(small).update(Item=ITEM, ItemsRequest=ITEMS, Kind=KIND)
    content = {"application/json": {"schema": ref("ItemsRequest")}}
    small["paths"]["/3/items"] = {"post": {**operation(small, "movies_add_rating"), "operationId": "movies_add_items", "requestBody": {"content": content}}}
    parameters(small, "search_multi").extend(FILTERS)
    return copied(small)


def json_replaced(bundle: Bundle, old: str, new: str) -> None:
    becomes(bundle, **json.loads(json.dumps(bundle).replace(old, new)))


def copied(value: Any) -> Any:
    return json.loads(json.dumps(value))


def schemas(bundle: Bundle) -> dict[str, Any]:
    return bundle["components"]["schemas"]


def properties(bundle: Bundle, name: str) -> dict[str, Any]:
    return schemas(bundle)[name]["properties"]


def required(bundle: Bundle, name: str) -> list[str]:
    return schemas(bundle)[name]["required"]


def operation(bundle: Bundle, name: str) -> dict[str, Any]:
    return next(operation for item in bundle["paths"].values() for operation in item.values() if operation["operationId"] == name)


def parameters(bundle: Bundle, name: str) -> list[dict[str, Any]]:
    return operation(bundle, name)["parameters"]


def parameter(bundle: Bundle, operation_id: str, name: str) -> dict[str, Any]:
    return next(parameter for parameter in parameters(bundle, operation_id) if parameter.get("name") == name)


def components(bundle: Bundle, name: str) -> dict[str, Any]:
    return bundle["components"]["parameters"][name]


def response(bundle: Bundle, name: str) -> dict[str, Any]:
    responses = operation(bundle, name)["responses"]
    return next(response for status, response in responses.items() if status[0] == "2")["content"]["application/json"]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def becomes(place: dict[str, Any], **keys: Any) -> None:
    """Replace a schema or parameter in place."""
    place.clear()
    place.update(keys)


def renamed_keys(place: dict[str, Any], names: dict[str, str]) -> None:
    becomes(place, **{names.get(key, key): value for key, value in place.items()})


TEXT = {"type": "string"}
CASES: dict[str, tuple[Edit, str]] = {
    "an operation": (
        lambda b: b["paths"].pop("/3/movie/{movie_id}/videos"),
        """
        > breaking    operation `movies.videos` removed
        < compatible  operation `movies.videos` added
        """,
    ),
    "a resource": (
        lambda b: b["paths"].pop("/3/search/multi"),
        """
        > breaking    resource `search` removed
        > breaking    operation `search.multi` removed
        > breaking    model `MovieRow` removed
        > breaking    model `PersonRow` removed
        > breaking    model `SearchRow` removed
        < compatible  resource `search` added
        < compatible  operation `search.multi` added
        < compatible  model `MovieRow` added
        < compatible  model `PersonRow` added
        < compatible  model `SearchRow` added
        """,
    ),
    "the name of an operation": (
        lambda b: operation(b, "movies_videos").update(operationId="movies_clips"),
        """
        > breaking    operation `movies.videos` removed: it is now called `movies.clips`
        > compatible  operation `movies.clips` added
        < breaking    operation `movies.clips` removed: it is now called `movies.videos`
        < compatible  operation `movies.videos` added
        """,
    ),
    "a path": (
        lambda b: renamed_keys(b["paths"], {"/3/search/multi": "/3/search/all"}),
        """
        > compatible  operation `search.multi` now sends `GET /3/search/all`, sent `GET /3/search/multi`
        < compatible  operation `search.multi` now sends `GET /3/search/multi`, sent `GET /3/search/all`
        """,
    ),
    "another response": (
        lambda b: response(b, "movies_delete_rating").update(schema=ref("Videos")),
        """
        > breaking    operation `movies.delete_rating` now returns `Videos`, returned `StatusResponse`
        < breaking    operation `movies.delete_rating` now returns `StatusResponse`, returned `Videos`
        """,
    ),
    "a response of fewer kinds": (
        lambda b: response(b, "search_multi")["schema"].update(items={"anyOf": [ref("MovieRow"), ref("PersonRow")]}),
        """
        > breaking    model `SearchRow` removed
        > compatible  operation `search.multi` now returns `list[MovieRow | PersonRow]`, returned `list[SearchRow]`
        < breaking    operation `search.multi` now returns `list[SearchRow]`, returned `list[MovieRow | PersonRow]`
        < compatible  model `SearchRow` added
        """,
    ),
    "an operation that changes something": (
        lambda b: operation(b, "search_multi").update({"x-changes-state": True}),
        """
        > compatible  operation `search.multi` now changes state: it is not retried
        < compatible  operation `search.multi` no longer changes state: it is retried
        """,
    ),
    "fewer credentials": (
        lambda b: operation(b, "movies_add_rating").update(security=[{"access_token": []}]),
        """
        > breaking    operation `movies.add_rating` now needs `access_token`; needed `access_token` and `session_id`, or `api_key` and `session_id`
        > breaking    parameter `session_id` of `movies.add_rating` removed
        < breaking    operation `movies.add_rating` now needs `access_token` and `session_id`, or `api_key` and `session_id`; needed `access_token`
        < compatible  optional parameter `session_id` of `movies.add_rating` added: `str`
        """,
    ),
    "another credential in place of one": (
        lambda b: operation(b, "movies_delete_rating").update(security=[{"access_token": []}]),
        """
        > breaking    operation `movies.delete_rating` now needs `access_token`; needed `access_token`, or `api_key`
        < compatible  operation `movies.delete_rating` now needs `access_token`, or `api_key`; needed `access_token`
        """,
    ),
    "a longer range of days": (
        lambda b: parameter(b, "search_multi", "end_date")["x-window"].update(days=20),
        """
        > compatible  `start_date` to `end_date` of `search.multi`: the maximum number of days is now `20`, was `14`
        < breaking    `start_date` to `end_date` of `search.multi`: the maximum number of days is now `14`, was `20`
        """,
    ),
    "any range of days": (
        lambda b: parameter(b, "search_multi", "end_date").pop("x-window"),
        """
        > compatible  `start_date` to `end_date` of `search.multi`: the maximum number of days is now none, was `14`
        < breaking    `start_date` to `end_date` of `search.multi`: the maximum number of days is now `14`, was none
        """,
    ),
    "an optional parameter": (
        lambda b: parameters(b, "movies_videos").append({"name": "language", "in": "query", "schema": TEXT}),
        """
        > compatible  optional parameter `language` of `movies.videos` added: `str`
        < breaking    parameter `language` of `movies.videos` removed
        """,
    ),
    "a required parameter": (
        lambda b: parameters(b, "movies_videos").append({"name": "language", "in": "query", "required": True, "schema": TEXT}),
        """
        > breaking    required parameter `language` of `movies.videos` added: `str`
        < breaking    parameter `language` of `movies.videos` removed
        """,
    ),
    "a parameter of the body": (
        lambda b: properties(b, "RatingRequest").update(note=TEXT),
        """
        > compatible  optional parameter `note` of `movies.add_rating` added: `str`
        < breaking    parameter `note` of `movies.add_rating` removed
        """,
    ),
    "a parameter that has to be given": (
        lambda b: parameter(b, "search_multi", "start_date").update(required=True),
        """
        > breaking    parameter `start_date` of `search.multi` is now required
        < breaking    parameter `start_date` of `search.multi` is now optional, and can be given by name only
        """,
    ),
    "a parameter of the body that has to be given": (
        lambda b: required(b, "ItemsRequest").append("note"),
        """
        > breaking    parameter `note` of `movies.add_items` is now required
        < breaking    parameter `note` of `movies.add_items` is now optional, and can be given by name only
        """,
    ),
    "the name of a parameter": (
        lambda b: components(b, "page").update(name="page_number"),
        """
        > breaking    parameter `page` of `search.multi` removed
        > compatible  optional parameter `page_number` of `search.multi` added: `int`
        < breaking    parameter `page_number` of `search.multi` removed
        < compatible  optional parameter `page` of `search.multi` added: `int`
        """,
    ),
    "the order of parameters": (
        lambda b: becomes(properties(b, "ItemsRequest"), **dict(reversed(properties(b, "ItemsRequest").items()))),
        """
        > breaking    the positional parameters of `movies.add_items` are now `(movie_id, kind, items)`, were `(movie_id, items, kind)`
        < breaking    the positional parameters of `movies.add_items` are now `(movie_id, items, kind)`, were `(movie_id, kind, items)`
        """,
    ),
    "a parameter of more types": (
        lambda b: components(b, "page").update(schema={"anyOf": [components(b, "page")["schema"], {"type": "string", "minLength": 1}]}),
        """
        > compatible  parameter `page` of `search.multi` now takes `int | str`, took `int`
        < breaking    parameter `page` of `search.multi` now takes `int`, took `int | str`
        """,
    ),
    "a parameter of another type": (
        lambda b: parameter(b, "search_multi", "start_date").update(schema=TEXT),
        """
        > breaking    parameter `start_date` of `search.multi` now takes `str`, took `date | str`
        > compatible  parameter `start_date` of `search.multi`: the format is now none, was `date`
        < breaking    parameter `start_date` of `search.multi`: the format is now `date`, was none
        < compatible  parameter `start_date` of `search.multi` now takes `date | str`, took `str`
        """,
    ),
    "a filter that matches any value": (
        lambda b: parameter(b, "search_multi", "with_genres").pop("x-any-of"),
        """
        > breaking    parameter `with_genres` of `search.multi` now takes `Iterable[int] | int`, took `Iterable[int] | AnyOf[int] | int`
        < compatible  parameter `with_genres` of `search.multi` now takes `Iterable[int] | AnyOf[int] | int`, took `Iterable[int] | int`
        """,
    ),
    "a filter that takes null": (
        lambda b: parameter(b, "search_multi", "with_genres")["schema"]["items"].update(type=["integer", "null"]),
        """
        > compatible  parameter `with_genres` of `search.multi` now takes `Iterable[int | None] | AnyOf[int | None] | int`, \
took `Iterable[int] | AnyOf[int] | int`
        < breaking    parameter `with_genres` of `search.multi` now takes `Iterable[int] | AnyOf[int] | int`, \
took `Iterable[int | None] | AnyOf[int | None] | int`
        """,
    ),
    "a higher maximum": (
        lambda b: components(b, "page")["schema"].update(maximum=1000),
        """
        > compatible  parameter `page` of `search.multi`: the maximum is now `1000`, was `500`
        < breaking    parameter `page` of `search.multi`: the maximum is now `500`, was `1000`
        """,
    ),
    "a lower minimum": (
        lambda b: components(b, "page")["schema"].update(minimum=0),
        """
        > compatible  parameter `page` of `search.multi`: the minimum is now `0`, was `1`
        < breaking    parameter `page` of `search.multi`: the minimum is now `1`, was `0`
        """,
    ),
    "no maximum": (
        lambda b: components(b, "page")["schema"].pop("maximum"),
        """
        > compatible  parameter `page` of `search.multi`: the maximum is now none, was `500`
        < breaking    parameter `page` of `search.multi`: the maximum is now `500`, was none
        """,
    ),
    "half the step": (
        lambda b: properties(b, "RatingRequest")["value"].update(multipleOf=0.25),
        """
        > compatible  parameter `value` of `movies.add_rating`: the step is now `0.25`, was `0.5`
        < breaking    parameter `value` of `movies.add_rating`: the step is now `0.5`, was `0.25`
        """,
    ),
    "a pattern": (
        lambda b: parameter(b, "search_multi", "start_date")["schema"].update(pattern="^2"),
        """
        > breaking    parameter `start_date` of `search.multi`: the pattern is now `^2`, was none
        < compatible  parameter `start_date` of `search.multi`: the pattern is now none, was `^2`
        """,
    ),
    "more items": (
        lambda b: parameter(b, "movies_details", "append_to_response")["schema"].update(maxItems=30),
        """
        > compatible  parameter `append_to_response` of `movies.details`: the maximum number of items is now `30`, was `20`
        < breaking    parameter `append_to_response` of `movies.details`: the maximum number of items is now `20`, was `30`
        """,
    ),
    "items that are repeated": (
        lambda b: parameter(b, "movies_details", "append_to_response")["schema"].pop("uniqueItems"),
        """
        > compatible  parameter `append_to_response` of `movies.details`: the ban on repeated items is now none, was `True`
        < breaking    parameter `append_to_response` of `movies.details`: the ban on repeated items is now `True`, was none
        """,
    ),
    "a minimum of items": (
        lambda b: parameter(b, "search_multi", "with_genres")["schema"]["items"].update(minimum=1),
        """
        > breaking    an item of parameter `with_genres` of `search.multi`: the minimum is now `1`, was none
        < compatible  an item of parameter `with_genres` of `search.multi`: the minimum is now none, was `1`
        """,
    ),
    "a field that may be null": (
        lambda b: properties(b, "Videos").update(id={"type": ["integer", "null"]}),
        """
        > breaking    field `Videos.id` may now be null
        < compatible  field `Videos.id` is never null now
        """,
    ),
    "a field that may be absent": (
        lambda b: required(b, "MovieDetails").remove("id"),
        """
        > breaking    field `MovieDetails.id` may now be absent
        < compatible  field `MovieDetails.id` is now always present
        """,
    ),
    "a field of another type": (
        lambda b: properties(b, "StatusResponse").update(status_message={"type": "array", "items": TEXT}),
        """
        > breaking    field `StatusResponse.status_message` is now `list[str]`, was `str`
        < breaking    field `StatusResponse.status_message` is now `str`, was `list[str]`
        """,
    ),
    "a field of a wider type": (
        lambda b: properties(b, "StatusResponse").update(status_code={"type": "number"}),
        """
        > breaking    field `StatusResponse.status_code` is now `float`, was `int`
        < compatible  field `StatusResponse.status_code` is now `int`, was `float`
        """,
    ),
    "a field that is a day": (
        lambda b: properties(b, "StatusResponse").update(status_message={"type": "string", "format": "date"}),
        """
        > breaking    field `StatusResponse.status_message` is now `date`, was `str`
        < breaking    field `StatusResponse.status_message` is now `str`, was `date`
        """,
    ),
    "a day that is always known": (
        lambda b: properties(b, "MovieDetails").update(release_date={"type": "string", "format": "date"}),
        """
        > compatible  field `MovieDetails.release_date` is now `date`, was `Day`
        < breaking    field `MovieDetails.release_date` is now `Day`, was `date`
        """,
    ),
    "a field that accepts less": (
        lambda b: properties(b, "MovieDetails").update(homepage=TEXT),
        """
        > compatible  field `MovieDetails.homepage` is now `str`, was `Any`
        < breaking    field `MovieDetails.homepage` is now `Any`, was `str`
        """,
    ),
    "a field that is both null and absent": (
        lambda b: properties(b, "MovieDetails").update(id={"type": ["integer", "null"]}) or required(b, "MovieDetails").remove("id"),
        """
        > breaking    field `MovieDetails.id` may now be null
        > breaking    field `MovieDetails.id` may now be absent
        < compatible  field `MovieDetails.id` is never null now
        < compatible  field `MovieDetails.id` is now always present
        """,
    ),
    "a field of other values": (
        lambda b: properties(b, "MovieDetails")["names"].update(ref("Videos")),
        """
        > breaking    field `MovieDetails.names` is now `Videos`, was `dict[str, str]`
        < breaking    field `MovieDetails.names` is now `dict[str, str]`, was `Videos`
        """,
    ),
    "a field of words that are known": (
        lambda b: properties(b, "StatusResponse").update(status_message=ref("MovieStatus")),
        """
        > compatible  field `StatusResponse.status_message` is now `MovieStatus`, was `str`
        < compatible  field `StatusResponse.status_message` is now `str`, was `MovieStatus`
        """,
    ),
    "a constant": (
        lambda b: properties(b, "MovieRow")["rated"].pop("const"),
        """
        > breaking    field `MovieRow.rated` is now `bool`, was `Literal[False]`
        < compatible  field `MovieRow.rated` is now `Literal[False]`, was `bool`
        """,
    ),
    "a field": (
        lambda b: properties(b, "Videos").update(total={"type": "integer"}) or required(b, "Videos").append("total"),
        """
        > compatible  field `Videos.total` added: `int`
        < breaking    field `Videos.total` removed
        """,
    ),
    "a model": (
        lambda b: properties(b, "MovieDetails").update(statuses={"type": "array", "items": ref("ErrorMessages")}),
        """
        > compatible  model `ErrorMessages` added
        > compatible  field `MovieDetails.statuses` added: `list[ErrorMessages]`
        < breaking    model `ErrorMessages` removed
        < breaking    field `MovieDetails.statuses` removed
        """,
    ),
    "the name of a model": (
        lambda b: renamed_keys(schemas(b), {"Videos": "Clips"}) or json_replaced(b, "schemas/Videos", "schemas/Clips"),
        """
        > breaking    operation `movies.videos` now returns `Clips`, returned `Videos`
        > breaking    model `Videos` removed
        > breaking    field `MovieDetails.videos` is now `Clips`, was `Videos`
        > compatible  model `Clips` added
        < breaking    operation `movies.videos` now returns `Videos`, returned `Clips`
        < breaking    model `Clips` removed
        < breaking    field `MovieDetails.videos` is now `Videos`, was `Clips`
        < compatible  model `Videos` added
        """,
    ),
    "a part": (
        lambda b: schemas(b)["MoviePart"]["enum"].append("names"),
        """
        > breaking    field `MovieDetails.names` is now present only if appended
        > compatible  'names' added to the vocabulary `MoviePart`
        < breaking    field `MovieDetails.names` is now sent without being appended, and may be absent
        < breaking    'names' removed from the vocabulary `MoviePart`
        """,
    ),
    "a part that is always there": (
        lambda b: schemas(b)["MoviePart"]["enum"].append("title"),
        """
        > breaking    field `MovieDetails.title` is now present only if appended
        > compatible  'title' added to the vocabulary `MoviePart`
        < breaking    'title' removed from the vocabulary `MoviePart`
        < compatible  field `MovieDetails.title` is now always present
        """,
    ),
    "a union of more models": (
        lambda b: schemas(b)["SearchRow"]["anyOf"].append(ref("Videos")),
        """
        > breaking    `SearchRow` may now be `Videos`
        < compatible  `SearchRow` is never `Videos` now
        """,
    ),
    "a kind": (
        lambda b: schemas(b)["SearchRow"]["discriminator"]["mapping"].update(film="#/components/schemas/MovieRow"),
        """
        > compatible  `SearchRow` with the tag 'film' is now `MovieRow`, was `UnknownRow`
        < breaking    `SearchRow` with the tag 'film' is now `UnknownRow`, was `MovieRow`
        """,
    ),
    "a union that was a model": (
        lambda b: becomes(schemas(b)["Videos"], description="", anyOf=[ref("MovieRow"), ref("PersonRow")]),
        """
        > breaking    model `Videos` is now a union
        < breaking    model `Videos` is no longer a union
        """,
    ),
    "a key of an object to give": (
        lambda b: properties(b, "Item").update(note=TEXT),
        """
        > compatible  field `Item.note` added: `str`
        < breaking    field `Item.note` removed
        """,
    ),
    "a required key of an object to give": (
        lambda b: properties(b, "Item").update(note=TEXT) or required(b, "Item").append("note"),
        """
        > breaking    required field `Item.note` added: `str`
        < breaking    field `Item.note` removed
        """,
    ),
    "a key of an object that has to be given": (
        lambda b: required(b, "Item").append("comment"),
        """
        > breaking    field `Item.comment` is now required
        < compatible  field `Item.comment` is now optional
        """,
    ),
    "a key of an object of more types": (
        lambda b: properties(b, "Item")["comment"].update(type=["string", "null"]),
        """
        > compatible  field `Item.comment` may now be null
        < breaking    field `Item.comment` is never null now
        """,
    ),
    "a key of an object within a range": (
        lambda b: properties(b, "Item")["media_id"].update(maximum=9),
        """
        > breaking    field `Item.media_id`: the maximum is now `9`, was none
        < compatible  field `Item.media_id`: the maximum is now none, was `9`
        """,
    ),
    "a known word": (
        lambda b: schemas(b)["MovieStatus"]["anyOf"][0]["enum"].append("Shelved"),
        """
        > compatible  'Shelved' added to the vocabulary `MovieStatus`
        < compatible  'Shelved' removed from the vocabulary `MovieStatus`
        """,
    ),
    "a word to give": (
        lambda b: schemas(b)["Kind"]["enum"].append("person"),
        """
        > compatible  'person' added to the vocabulary `Kind`
        < breaking    'person' removed from the vocabulary `Kind`
        """,
    ),
    "any words to give": (
        lambda b: becomes(schemas(b)["Kind"], description="", anyOf=[{"type": "string", "enum": ["movie"]}, TEXT]),
        """
        > compatible  'tv' removed from the vocabulary `Kind`
        > compatible  the vocabulary `Kind` is now open: it may have other values
        < breaking    the vocabulary `Kind` is now closed: it has no other values
        < compatible  'tv' added to the vocabulary `Kind`
        """,
    ),
    "the error of a status code": (
        lambda b: b["x-status-codes"]["34"].update(error="ValidationError"),
        """
        > breaking    TMDB's status code 34 now raises `ValidationError`, raised `NotFoundError`
        < breaking    TMDB's status code 34 now raises `NotFoundError`, raised `ValidationError`
        """,
    ),
    "a narrower error": (
        lambda b: b["x-status-codes"].update({"7": {"http_status": 401, "meaning": "", "error": "AuthenticationError"}}),
        """
        > compatible  TMDB's status code 7 now raises `AuthenticationError`, raised `StatusError`
        < breaking    TMDB's status code 7 now raises `StatusError`, raised `AuthenticationError`
        """,
    ),
    "a failure that passes": (
        lambda b: b["x-status-codes"]["9"].pop("retry"),
        """
        > compatible  TMDB's status code 9 is no longer transient: it is not retried
        < compatible  TMDB's status code 9 is transient: it is retried
        """,
    ),
}
"""An edit of the small spec, and the expected changes: `>` for the edit, `<` for its reversal."""
NOTHING: dict[str, Edit] = {
    "texts": lambda b: [schema.update(description="Other words.") for schema in [*schemas(b).values(), *properties(b, "MovieDetails").values()]],
    "texts of operations": lambda b: [each.update(summary="Other words.", description="More.") for item in b["paths"].values() for each in item.values()],
    "the order of paths": lambda b: becomes(b["paths"], **dict(reversed(b["paths"].items()))),
    "the order of schemas": lambda b: becomes(schemas(b), **dict(reversed(schemas(b).items()))),
    "the order of properties": lambda b: becomes(properties(b, "MovieDetails"), **dict(reversed(properties(b, "MovieDetails").items()))),
    "the order of what is required": lambda b: required(b, "MovieDetails").reverse(),
    "the order of types": lambda b: properties(b, "MovieDetails")["title"]["type"].reverse(),
    "the order of kinds": lambda b: schemas(b)["SearchRow"]["anyOf"].reverse(),
    "the order of words": lambda b: schemas(b)["MovieStatus"]["anyOf"][0]["enum"].reverse(),
    "the order of query parameters": lambda b: parameters(b, "search_multi").reverse(),
    "the order of credentials": lambda b: operation(b, "movies_add_rating")["security"].reverse(),
    "what a recording keeps": lambda b: properties(b, "MovieDetails")["title"].pop("x-redact"),
    "the size of an integer": lambda b: properties(b, "MovieDetails")["id"].pop("format"),
    "the size of an integer to give": lambda b: properties(b, "Item")["media_id"].update(format="int64"),
    "a limit that limits nothing": lambda b: parameter(b, "search_multi", "with_genres")["schema"].update(
        uniqueItems=False, minItems=0, items={"type": "integer", "format": "int64"}
    ),
    "a schema put in place": lambda b: becomes(properties(b, "MovieDetails")["names"], **schemas(b)["Names"]),
    "a parameter put in place": lambda b: becomes(parameters(b, "movies_details")[0], **components(b, "movie_id")),
    "examples": lambda b: response(b, "movies_details").pop("examples"),
    "the meaning of a status code": lambda b: b["x-status-codes"]["34"].update(meaning="Other words."),
}


@pytest.mark.parametrize("title", CASES)
def test_a_change_and_its_reversal_are_reported(small: Bundle, title: str) -> None:
    edit, expected = CASES[title]
    edit(other := copied(small))
    forwards, backwards = changes(small, other), changes(other, small)
    assert [*(f"> {line}" for line in listed_changes(forwards)), *(f"< {line}" for line in listed_changes(backwards))] == dedent(expected).strip().splitlines()
    assert changes(other, other) == []


@pytest.mark.parametrize("title", NOTHING)
def test_invisible_changes_are_not_reported(small: Bundle, title: str) -> None:
    NOTHING[title](other := copied(small))
    assert other != small or json.dumps(other) != json.dumps(small)
    assert changes(small, other) == changes(other, small) == []


def test_a_type_both_read_and_passed_is_invariant(small: Bundle) -> None:
    both = copied(small)
    response(both, "movies_delete_rating").update(schema=ref("Item"))
    properties(both, "Item")["comment"] = {"type": ["string", "null"]}
    other = copied(both)
    properties(other, "Item")["comment"] = TEXT
    assert listed_changes(changes(both, other)) == ["breaking    field `Item.comment` is never null now"]
    assert listed_changes(changes(other, both)) == ["breaking    field `Item.comment` may now be null"]
    required(other := copied(both), "Item").append("comment")
    assert listed_changes(changes(both, other)) == [
        "breaking    field `Item.comment` is now required",
        "compatible  field `Item.comment` is now always present",
    ]


def test_a_new_value_breaks_only_closed_vocabularies_of_responses(small: Bundle) -> None:
    read = copied(small)
    properties(read, "Videos")["kind"] = ref("Kind")
    schemas(other := copied(read))["Kind"]["enum"].append("person")
    assert listed_changes(changes(read, other)) == ["breaking    'person' added to the vocabulary `Kind`"]
    schemas(opened := copied(read))["Kind"] = {"description": "", "anyOf": [{"type": "string", "enum": ["movie", "tv"]}, TEXT]}
    assert listed_changes(changes(read, opened)) == ["breaking    the vocabulary `Kind` is now open: it may have other values"]
    assert listed_changes(changes(opened, read)) == ["breaking    the vocabulary `Kind` is now closed: it has no other values"]


def test_the_same_change_of_many_methods_is_one_line(small: Bundle) -> None:
    components(other := copied(small), "movie_id")["schema"]["anyOf"][1]["pattern"] = "^(tt|nm)[0-9]+$"
    found = changes(small, other)
    assert len(found) == 5
    methods = "`movies.details`, `movies.add_items`, `movies.add_rating` and 2 other methods"
    assert listed_changes(found) == [f"breaking    parameter `movie_id` of {methods}: the pattern is now `^(tt|nm)[0-9]+$`, was `^tt[0-9]+$`"]


def test_breaking_changes_come_first() -> None:
    found = [Change("one", False), Change("two", True), Change("three", False), Change("four", True)]
    assert listed_changes(found) == ["breaking    two", "breaking    four", "compatible  one", "compatible  three"]


def test_the_bundle_has_no_changes_to_itself() -> None:
    assert changes(bundle(), bundle()) == []
    assert changes(bundle(), json.loads((ROOT / "generated/openapi.json").read_text(encoding="utf-8"))) == []


def test_wire_types_match_the_runtime() -> None:
    assert {*WIRE_TYPES} == {name for name in types.__all__ if get_origin(getattr(types, name)) is Annotated}
