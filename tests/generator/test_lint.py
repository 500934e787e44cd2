"""Each rule reports violations with their location, and accepts the sample spec."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.bundle import Spec
from generator.files import VERSION_FILE
from generator.lint import lint, main, report
from generator.load import Finding, Location
from generator.rules import RULES, name_of
from generator.rules.names import TAKEN_SCHEMAS
from generator.rules.spec_index import GRAMMAR
from generator.rules.texts import fault_of_text
from tmdbkit.runtime import types

from .sample_spec import (
    A_MOVIE,
    ADDED,
    DELETED,
    DETAILS,
    OPENAPI,
    RATING,
    SAMPLE_SPEC,
    SEARCH,
    STATUS_CODES,
    SUMMARIES,
    UNKNOWN,
    VIDEOS,
    Edit,
    Files,
    edited,
    fixture,
    renamed,
    schema,
    written,
)

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Violation:
    """An alteration of the sample spec that violates a rule.

    Attributes:
        edits: The edits.
        file: The file of the finding.
        line: A part of the line of the finding.
        says: A part of its message.
    """

    edits: list[Edit]
    file: str
    line: str
    says: str

    def __or__(self, edit: Edit) -> Violation:
        return Violation([*self.edits, edit], self.file, self.line, self.says)


def altered(file: str, old: str, new: str, says: str, *, line: str | None = None, where: str | None = None) -> Violation:
    """A violation by one edit; by default the finding is at the last line of the new text."""
    return Violation([(file, old, new)], where or file, "".join(new.strip().splitlines()[-1:]) if line is None else line, says)


VOCABULARY = """\
image_base_url: https://images.example/
image_sizes:
  poster: [w92, original]
release_types: {'1': Premiere}
tv_statuses: {'0': Ended}
tv_types: {'0': News}
movie_genres:
  '28': Action
  '12': Adventure
tv_genres: {'18': Drama}
countries:
  DE: Germany
  GB: United Kingdom
country_corrections:
  UK: GB
languages: {de: German}
"""


def with_vocabulary(text: str) -> list[Edit]:
    """The edits that give the sample spec a vocabulary."""
    return [(OPENAPI, "security:\n", "x-vocabulary: {$ref: vocabulary.yaml}\nsecurity:\n"), ("spec/vocabulary.yaml", "", text)]


EXPORTS = """base_url: https://files.example
path: /{name}_{month}_{day}_{year}.gz
ready_hour: 8
days_kept: 90
rows:
  MovieRow:
    description: A movie.
    columns:
      id: {type: integer, description: The id.}
files:
  movie_ids: {row: MovieRow, description: The movies.}
"""


def with_exports(text: str) -> list[Edit]:
    """The edits that give the sample spec exports."""
    return [(OPENAPI, "security:\n", "x-exports: {$ref: exports.yaml}\nsecurity:\n"), ("spec/exports.yaml", "", text)]


def exported(old: str, new: str, line: str, says: str) -> Violation:
    """A violation in the exports."""
    assert old in EXPORTS
    return Violation(with_exports(EXPORTS.replace(old, new)), "spec/exports.yaml", line, says)


def unknown(old: str, new: str, line: str, says: str) -> Violation:
    """A violation in the vocabulary."""
    assert old in VOCABULARY
    return Violation(with_vocabulary(VOCABULARY.replace(old, new)), "spec/vocabulary.yaml", line, says)


PAGE = "spec/parameters/page.yaml"
FROM = "spec/parameters/release_date_gte.yaml"
MOVIE_ID = "spec/parameters/movie_id.yaml"
DETAILS_SCHEMA, PART, ROW, MOVIE_ROW, PERSON_ROW = map(schema, ("MovieDetails", "MoviePart", "SearchRow", "MovieRow", "PersonRow"))
STATUS, NAMES, DAY, REQUEST = map(schema, ("MovieStatus", "Names", "Day", "RatingRequest"))

ID = "{type: integer, format: int64}"
TITLE = "{type: [string, 'null'], x-redact: prose}"
ANYTHING = "{description: Text or null; TMDB sends anything here.}"
A_PAGE = "{type: integer, minimum: 1, maximum: 500}"
OF_NAMES = "names: {$ref: Names.yaml}"
PEOPLE = "{name: people, x-displayName: People, description: People.}"
NOT_FOUND = "{$ref: ../../responses/NotFound.yaml}"
CREDENTIALS = "- {api_key: [], session_id: []}"

VIOLATIONS: dict[str, list[Violation]] = {
    # Before any rule
    "yaml": [
        altered(DETAILS_SCHEMA, "homepage: ", "id: ", "the key 'id' is repeated"),
        altered(DETAILS_SCHEMA, "  names:", "\tnames:", "indented with a tab"),
        altered(DETAILS_SCHEMA, "A movie.", "A movie: one.", "quote a text that contains `: `"),
        altered(DETAILS_SCHEMA, "required:", f"{'<' * 7} HEAD\nrequired: []\nrequired:", "an unresolved merge conflict", line="<" * 7),
    ],
    # The document
    "structure": [
        altered(DETAILS, "tags: [movies]", "tags: movies", "not of type 'array'"),
        altered(DETAILS_SCHEMA, ID, "{type: intger}", "'intger' is not"),
        altered(PAGE, "type: integer", "type: 7", "7 is not"),
        altered(OPENAPI, "openapi: 3.1.0", "openapi: 3.0.3", "does not match"),
        altered(MOVIE_ID, "required: true\n", "", "'required' is a required property", line="name"),
        altered(NAMES, SAMPLE_SPEC[NAMES], "- type: object\n", "is not of type"),
        altered(schema("ErrorMessages"), "required: [errors]", "required: ''", "'' is not of type 'array'"),
        altered(ROW, "  propertyName: media_type\n", "", "'propertyName' is a required property", line="description"),
    ],
    "consistency": [
        altered(OPENAPI, "\ntags:\n", "\ntags:\n  - {name: movies, x-displayName: Again, description: Again.}\n", "Duplicate tag", line="tags:"),
    ],
    "known-keyword": [
        altered(DETAILS, "  responses:", "  response:", "'response' is not a key of the operation; did you mean 'responses'?"),
        altered(DETAILS_SCHEMA, "The first release.", "First, last", "'last' cannot stand beside $ref"),
        altered(DETAILS_SCHEMA, "Text or null; TMDB", "Text, null, TMDB", "'null' is not a key of the schema"),
        altered(DETAILS_SCHEMA, "description: The first release.", "type: string", "'type' cannot stand beside $ref"),
        altered(DETAILS_SCHEMA, ID, "{type: integer, description}", "'description' has no value"),
        altered(DETAILS, "  summary:", "  x-notes: None.\n  summary:", "'x-notes' is not a key", line="x-notes"),
        altered(SEARCH, "get:\n", "parameters: []\nget:\n", "path item", line="parameters: []"),
    ],
    "text-key": [
        altered(VIDEOS, "'200':", "200:", "the key 200 is not a string in YAML; quote it: '200'"),
        altered(DETAILS_SCHEMA, "  names:", "  null: {type: string}\n  names:", "the key null is not a string", line="null"),
    ],
    "one-server": [
        altered(OPENAPI, "tags:\n", "servers:\n  - {url: https://a.example}\n  - {url: https://b.example}\ntags:\n", "a second server", line="b.example"),
    ],
    "boolean-schema": [
        altered(DETAILS_SCHEMA, ANYTHING, "true", "'properties' has a boolean", line="properties:"),
        altered(NAMES, "{type: string}", "false", "'additionalProperties' has a boolean"),
        altered(ROW, "  - {$ref: PersonRow.yaml}", "  - true", "'anyOf' has a boolean", line="anyOf"),
    ],
    # Files
    "parameter-place": [
        altered(PAGE, "in: query", "in: header", "no parameters in a header"),
    ],
    "path-form": [
        altered(OPENAPI, "/3/search/multi: ", "/search/multi: ", "not of the form /3/"),
    ],
    "unused-file": [altered(schema("Unused"), "", "type: string\n", "no file refers")],
    "draft": [
        altered(PAGE, "name: page", "name: page  # TODO(draft): the name", "the name"),
        altered(STATUS_CODES, "# Comments do no harm.", "# TODO(draft)", "to be decided"),
    ],
    "file-name": [
        altered(schema("NAMES"), "", SAMPLE_SPEC[NAMES], "differs only in case", line="", where=NAMES),
        Violation([(schema("Extra").replace(".yaml", ".yml"), "", "type: string\n")], schema("Extra").replace(".yaml", ".yml"), "type", "ends in .yaml"),
        Violation([("spec/schemas/notes.txt", "", "Notes")], "spec/schemas/notes.txt", "Notes", "ends in .yaml, not in '.txt'"),
        Violation(renamed(NAMES, schema("names"), DETAILS_SCHEMA), schema("names"), "type", "no schema is called 'names'"),
        Violation(renamed(PAGE, "spec/parameters/Page.yaml", SEARCH), "spec/parameters/Page.yaml", "name", "no parameter is called 'Page'"),
        Violation(renamed(NAMES, schema("maps/Names"), DETAILS_SCHEMA), schema("maps/Names"), "type", "files lie in"),
    ],
    "schema-name": [
        Violation(renamed(NAMES, schema("Iterable"), DETAILS_SCHEMA), schema("Iterable"), "type", "uses the name 'Iterable'"),
        Violation(renamed(NAMES, schema("Class"), DETAILS_SCHEMA), schema("Class"), "type", "Python keyword"),
        Violation(renamed(NAMES, schema("Timestamp"), DETAILS_SCHEMA), schema("Timestamp"), "type", "uses the name 'Timestamp'"),
    ],
    "reference": [
        altered(DETAILS_SCHEMA, "Names.yaml", "Name.yaml", "Name.yaml is not a file of the spec"),
        altered(DETAILS_SCHEMA, "Names.yaml", "../responses/NotFound.yaml", "leads to a response, not to a schema"),
        altered(NAMES, SAMPLE_SPEC[NAMES], "$ref: Videos.yaml\n", "mere reference"),
        altered(PAGE, SAMPLE_SPEC[PAGE], "$ref: page.yaml\n", "mere reference"),
        altered(ROW, "person: PersonRow.yaml", "person: PersonRows.yaml", "PersonRows.yaml is not a file of the spec"),
    ],
    "path-file": [
        Violation(
            [
                (SEARCH, "", ""),
                (
                    OPENAPI,
                    " {$ref: paths/search/multi.yaml}",
                    "\n" + textwrap.indent(SAMPLE_SPEC[SEARCH].replace("../../../", "../").replace("../../", ""), "    "),
                ),
            ],
            OPENAPI,
            "/3/search/multi",
            "is not a reference",
        ),
        altered(
            OPENAPI,
            "  /3/search",
            "  /3/all: {$ref: paths/search/multi.yaml}\n  /3/search",
            "is also the file of /3/search/multi",
            line="/3/all",
        ),
        Violation(
            [(SEARCH, "", ""), ("spec/paths/movies/multi.yaml", "", SAMPLE_SPEC[SEARCH]), (OPENAPI, "paths/search/", "paths/movies/")],
            "spec/paths/movies/multi.yaml",
            "tags",
            "lies in paths/search/",
        ),
        Violation(
            [(SEARCH, "", ""), ("spec/paths/search/all.yaml", "", SAMPLE_SPEC[SEARCH]), (OPENAPI, "search/multi.yaml", "search/all.yaml")],
            "spec/paths/search/all.yaml",
            "operationId",
            "is called multi.yaml",
        ),
    ],
    # Operations
    "operation-id": [
        altered(RATING, "movies_add_rating", "movie_add_rating", "not of the form movies_<action>"),
        altered(RATING, "movies_add_rating", "movies_addRating", "in snake_case"),
        altered(RATING, "movies_add_rating", "movies_import", "a method cannot be called 'import'"),
        altered(RATING, "movies_add_rating", "movies_raw", "a method cannot be called 'raw'"),
        altered(RATING, "movies_add_rating", "movies_delete_rating", "also the id of the operation at spec/paths/movies/rating.yaml:2"),
    ],
    "tag": [
        altered(DETAILS, "tags: [movies]", "tags: [movies, search]", "one tag"),
        Violation(
            [(OPENAPI, "  - {name: search, x-displayName: Search, description: Searches.}\n", ""), (OPENAPI, "[movies, search]", "[movies]")],
            SEARCH,
            "tags",
            "does not declare the tag 'search'",
        ),
        Violation(
            [(OPENAPI, "\ntags:\n", f"\ntags:\n  - {PEOPLE}\n"), (OPENAPI, "[movies, search]", "[movies, search, people]")],
            OPENAPI,
            PEOPLE,
            "no operation has the tag",
        ),
        Violation(
            [
                (OPENAPI, "\ntags:\n", "\ntags:\n  - {name: TV, x-displayName: TV, description: Series.}\n"),
                (OPENAPI, "[movies, search]", "[movies, search, TV]"),
            ],
            OPENAPI,
            "name: TV",
            "not in snake_case",
        ),
    ],
    "tag-group": [
        altered(OPENAPI, "x-displayName: Movies, ", "", "the tag 'movies' has no x-displayName", line="name: movies"),
        altered(OPENAPI, "tags: [movies, search]", "tags: [movies]", "the tag 'search' is in 0 groups of x-tagGroups", line="name: search"),
        altered(OPENAPI, "tags: [movies, search]", "tags: [movies, search, movies]", "the tag 'movies' is in 2 groups", line="name: movies"),
        altered(OPENAPI, "tags: [movies, search]", "tags: [movies, search, people]", "there is no tag 'people'", line="tags: [movies, search, people]"),
    ],
    "official-page": [
        altered(DETAILS, "  x-reference: movie-details\n", "", "movies_details needs either x-reference", line="operationId"),
        altered(SEARCH, "  x-undocumented: true", "  x-undocumented: true\n  x-reference: search-multi", "search_multi needs either x-reference"),
    ],
    "summary": [
        altered(DETAILS, "  summary: Get the details of a movie.\n", "", "no summary", line="operationId"),
        altered(DETAILS, "summary: Get the details of a movie.", "summary: Get the details of a movie", "does not end with a full stop"),
        altered(DETAILS, "summary: Get the details of a movie.", "summary: |-\n    Get them.\n    Of a movie.", "more than one line", line="summary"),
    ],
    "description": [
        altered(DETAILS_SCHEMA, "description: A movie.\n", "", "the schema has no description", line="type: object"),
        altered(DETAILS_SCHEMA, "description: A movie.", "description: A movie", "full stop"),
        altered(DETAILS_SCHEMA, "description: A movie.", "description: ' '", "blank"),
        altered(DETAILS_SCHEMA, "The first release.", "The first  release.", "spaces"),
        altered(PAGE, "description: The page.\n", "", "the parameter has no description", line="name"),
        altered(OPENAPI, "x-displayName: Movies, description: Movies.}", "x-displayName: Movies}", "the tag has no description"),
        altered(MOVIE_ID, "an IMDb id", "An IMDb id.", "is a phrase"),
    ],
    "deprecation": [
        altered(DETAILS, "  summary:", "  deprecated: false\n  summary:", "true, or absent", line="deprecated"),
        altered(DETAILS, "  summary:", "  deprecated: true\n  summary:", "the operation has no description", line="deprecated"),
        altered(DETAILS_SCHEMA, ID, "{type: integer, deprecated: true}", "the property has no description"),
        altered(NAMES, "type: object\n", "type: object\ndeprecated: true\n", "only operations, parameters and properties can be deprecated"),
        altered(MOVIE_ID, "in: path\n", "in: path\ndeprecated: true\n", "that is required cannot be deprecated"),
    ],
    "path-parameters": [
        altered(SEARCH, "parameters/page", "parameters/movie_id", "which its path does not have", line="parameters:"),
        altered(VIDEOS, "  parameters:\n    - {$ref: ../../parameters/movie_id.yaml}\n", "", "does not declare 'movie_id'", line="operationId"),
    ],
    "parameter-name": [
        altered(PAGE, "name: page", "name: ''", "the parameter has no name"),
        altered(MOVIE_ID, "name: movie_id", "name: movie.id", "choose one of letters, digits and _"),
    ],
    "list-parameter": [altered(DETAILS, "      explode: false\n", "", "style: form and explode: false", line="schema:")],
    "window": [
        altered(FROM, "in: query\n", "in: query\nx-window: 14\n", "has from, the name of a parameter, and days"),
        altered(FROM, "in: query\n", "in: query\nx-window: {from: page, days: two}\n", "and days, a number"),
        altered(FROM, "in: query\n", "in: query\nx-window: {from: first_day, days: 14}\n", "no days 'first_day' and", line="x-window"),
        altered(FROM, "in: query\n", "in: query\nx-window: {from: page, days: 14}\n", "no days 'page' and", line="x-window"),
    ],
    "date-range": [
        altered(SEARCH, "  summary:", "  x-date-range: 14\n  summary:", "has from, to, and perhaps undated", line="x-date-range"),
        altered(SEARCH, "  summary:", "  x-date-range: {from: page, to: page}\n  summary:", "no parameter 'page' that is a day", line="x-date-range"),
    ],
    "session-pattern": [
        altered(OPENAPI, "    session_id: {type: apiKey,", "    session_id: {type: apiKey, x-pattern: '[',", "x-pattern is a regular expression"),
        altered(OPENAPI, "    session_id: {type: apiKey,", "    session_id: {type: apiKey, x-pattern: 40,", "x-pattern is a regular expression"),
    ],
    "requires": [
        altered(FROM, "in: query\n", "in: query\nx-requires: region\n", "no other query parameter 'region'", line="x-requires"),
        altered(FROM, "in: query\n", "in: query\nx-requires: release_date.gte\n", "no other query parameter 'release_date.gte'", line="x-requires"),
    ],
    "argument-name": [
        altered(SEARCH, "page.yaml}\n", "page.yaml}\n    - {$ref: ../../parameters/page.yaml}\n", "'page' 2 times", line="parameters:"),
        altered(REQUEST, "  value:", "  movie_id: {type: integer}\n  value:", "the argument 'movie_id' 2 times", line="parameters:", where=RATING),
        altered(
            REQUEST,
            "  value:",
            "  session_id: {type: string, x-redact: credential}\n  value:",
            "the argument 'session_id' 2 times",
            line="parameters:",
            where=RATING,
        ),
        altered(FROM, "release_date.gte", "pa/ge", "the argument 'pa_ge' 2 times: for 'pa-ge', 'pa/ge'", line="parameters:", where=SEARCH)
        | (PAGE, "name: page", "name: pa-ge"),
    ],
    "security": [
        altered(OPENAPI, "security:\n  - {access_token: []}\n  - {api_key: []}\n", "", "the root states no credentials", line="openapi"),
        altered(RATING, CREDENTIALS, "- {session_id: []}", "one of access_token, api_key is required, not 0"),
        altered(RATING, CREDENTIALS, "- {access_token: [], api_key: []}", "not 2"),
        altered(RATING, CREDENTIALS, "- {}", "not 0"),
        altered(RATING, CREDENTIALS, "- {api_key: [], session: []}", "no security scheme 'session'"),
        altered(RATING, CREDENTIALS, "- {access_token: [], session_id: []}", "is repeated"),
        altered(SEARCH, "  parameters:", "  security:\n    - {access_token: []}\n    - {api_key: []}\n  parameters:", "repeats the root", line="security"),
        altered(SEARCH, "  parameters:", "  security: []\n  parameters:", "states no credentials", line="security"),
    ],
    "security-scheme": [
        altered(OPENAPI, "type: apiKey, in: query, name: session_id", "type: apiKey, in: header, name: session_id", "neither a bearer token nor 'session_id'"),
        altered(OPENAPI, "name: session_id", "name: session", "neither a bearer token nor 'session_id'"),
        altered(OPENAPI, "scheme: bearer", "scheme: basic", "access_token is neither a bearer token", line="access_token: {"),
    ],
    "credential-marked": [
        altered(DETAILS_SCHEMA, "  homepage:", "  api_key: {type: string}\n  homepage:", "'api_key' is a credential elsewhere", line="api_key"),
        altered(PAGE, "name: page", "name: session_id", "'session_id' is a credential elsewhere", line="name:"),
        Violation(
            [
                (REQUEST, "  value:", "  pin: {type: string, x-redact: credential}\n  value:"),
                (DETAILS_SCHEMA, "  homepage:", "  pin: {type: string}\n  homepage:"),
            ],
            DETAILS_SCHEMA,
            "pin:",
            "'pin' is a credential elsewhere",
        ),
    ],
    "errors-listed": [
        Violation(
            [("spec/responses/UnprocessableContent.yaml", "", ""), (schema("ErrorMessages"), "", "")],
            RATING,
            "responses",
            "movies_add_rating takes a body, and there is no responses/UnprocessableContent.yaml",
        ),
        altered(
            VIDEOS,
            "  responses:\n",
            f"  responses:\n    '404': {NOT_FOUND}\n",
            "the bundle adds 404 to an operation that has a path parameter",
        ),
    ],
    "error-response": [
        altered(VIDEOS, "'200':", "'500':", "the response 500 is not a reference to a file of responses/"),
        altered(VIDEOS, "  responses:\n", f"  responses:\n    default: {NOT_FOUND}\n", "exact"),
        altered(VIDEOS, "  responses:\n", f"  responses:\n    4XX: {NOT_FOUND}\n", "exact"),
        altered(DETAILS, "  responses:\n", "  responses:\n    '404': {description: Not found.}\n", "not a reference to a file"),
        altered(SEARCH, "  responses:\n", f"  responses:\n    '403': {NOT_FOUND}\n", "is the response 404 elsewhere"),
    ],
    "named-response": [
        altered(
            SEARCH,
            "items: {$ref: ../../schemas/SearchRow.yaml}",
            "items: {type: array, items: {type: string}}",
            "without a name",
            line="type: array",
        ),
        altered(
            VIDEOS,
            SAMPLE_SPEC[VIDEOS].partition("  responses:\n")[2],
            "    '400': {$ref: ../../responses/BadRequest.yaml}\n",
            "no success response",
            line="responses",
        ),
        altered(
            VIDEOS,
            "        application/json:\n          schema: {$ref: ../../schemas/Videos.yaml}\n",
            "        application/json: {}\n",
            "without a schema of application/json",
            line="responses",
        ),
        altered(
            VIDEOS,
            "schemas/Videos.yaml}\n",
            "schemas/Videos.yaml}\n    '201':\n      description: Others.\n      content: {application/json: {schema: {$ref: ../../schemas/Names.yaml}}}\n",
            "different success responses",
            line="responses",
        ),
    ],
    "named-body": [
        altered(RATING, "    required: true\n", "", "needs required: true", line="content"),
        altered(RATING, "    required: true\n", "    required: false\n", "needs required: true"),
        altered(RATING, "schemas/RatingRequest.yaml", "schemas/Names.yaml", "is an object with a file", line="required"),
    ],
    "media-type": [
        altered(VIDEOS, "application/json", "text/html", "text/html is not application/json"),
        altered("spec/responses/NotFound.yaml", "application/json", "application/json;charset=utf-8", "is not application/json"),
    ],
    "appended-parts": [
        altered(PART, "[videos]", "[videos, credits]", "MovieDetails has no property 'credits'"),
        altered(PART, "[videos]", "[names]", "'videos' is not among the parts"),
        altered(DETAILS_SCHEMA, "release_date, status]", "release_date, status, videos]", "requires 'videos'", line="enum", where=PART),
        altered(DETAILS_SCHEMA, "videos: {$ref: Videos.yaml}", "videos: {$ref: ErrorMessages.yaml}", "'videos' is not what movies_videos returns"),
        altered(DETAILS, "        maxItems: 20\n", "", "maxItems: 20", line="type: array"),
        altered(DETAILS, "items: {$ref: ../../schemas/MoviePart.yaml}", "items: {type: string}", "a list of a vocabulary", line="schema:"),
    ],
    # Schemas
    "inline-object": [
        altered(DETAILS_SCHEMA, OF_NAMES, "names: {type: object, additionalProperties: {type: string}}", "declared inline"),
        altered(DETAILS_SCHEMA, OF_NAMES, "names: {type: [object, 'null'], properties: {}}", "declared inline"),
        altered(DETAILS_SCHEMA, "type: object\n", "", "type: object", line="description: A movie."),
        altered(DETAILS_SCHEMA, "properties:\n", "additionalProperties: {type: string}\nproperties:\n", "either properties or", line="type: object"),
        altered(NAMES, "additionalProperties: {type: string}\n", "", "either properties or", line="type"),
    ],
    "no-all-of-or-one-of": [
        altered(ROW, "anyOf", "oneOf", "use anyOf"),
        altered(NAMES, "additionalProperties", "allOf: [{}]\nadditionalProperties", "write the properties out", line="allOf"),
    ],
    "acyclic": [
        altered(ROW, "  - {$ref: PersonRow.yaml}", "  - {$ref: SearchRow.yaml}", "the union SearchRow is a member of itself"),
    ],
    "named-union": [
        altered(DETAILS_SCHEMA, OF_NAMES, "names: {anyOf: [{$ref: Names.yaml}, {$ref: Videos.yaml}]}", "declared inline"),
        altered(DETAILS_SCHEMA, OF_NAMES, "names: {anyOf: [{$ref: Names.yaml}]}", "two members"),
    ],
    "tagged-union": [
        altered(ROW, "    person: PersonRow.yaml", "    person: MovieRow.yaml", "has the constant 'movie' as 'media_type', not 'person'"),
        altered(ROW, "    person: PersonRow.yaml", "    person: Videos.yaml", "not a member of the union"),
        altered(PERSON_ROW, "[media_type]\nproperties:\n  media_type", "[kind]\nproperties:\n  kind", "no property 'media_type'", line="person:", where=ROW),
        altered(ROW, "  mapping:\n    movie: MovieRow.yaml\n    person: PersonRow.yaml\n", "", "has a mapping", line="propertyName"),
    ],
    "typed": [
        altered(schema("ErrorMessages"), "{type: array, items: {type: string}}", "{type: array}", "an array states its items"),
        altered(DETAILS_SCHEMA, ID, "{format: int64}", "no type"),
        altered(DETAILS_SCHEMA, ANYTHING, "{}", "without a description"),
    ],
    "nullable": [
        altered(DETAILS_SCHEMA, ID, "{type: integer, nullable: true}", "OpenAPI 3.0"),
        altered(DETAILS_SCHEMA, TITLE, "{type: ['null', string]}", "in this order"),
        altered(DETAILS_SCHEMA, TITLE, "{type: [string, integer, 'null']}", "one type and 'null'"),
        altered(DETAILS_SCHEMA, TITLE, "{type: 'null'}", "null alone"),
        altered(DETAILS_SCHEMA, TITLE, "{anyOf: [{type: string}, {type: 'null'}]}", "written type: [X, 'null']"),
        altered(
            DETAILS_SCHEMA,
            "      - {$ref: MovieStatus.yaml}\n",
            "      - {type: 'null'}\n      - {$ref: MovieStatus.yaml}\n",
            "null alone",
            line="- {type: 'null'}",
        ),
        altered(STATUS, "{type: string, enum", "{type: [string, 'null'], enum", "not nullable"),
    ],
    "required-exists": [
        altered(DETAILS_SCHEMA, "required: [id,", "required: [ID,", "'ID' is required, but no property"),
        altered(DETAILS_SCHEMA, "required: [id, title, release_date, status]", "required:\n  - id\n  - name", "'name' is required"),
    ],
    "property-name": [
        altered(DETAILS_SCHEMA, "  names:", "  Title: {type: string}\n  names:", "'title' and 'Title' differ in capitals only", line="Title"),
        altered(DETAILS_SCHEMA, "homepage:", "watch_providers:", "'watch/providers' would be the same attribute", line="watch/providers"),
        altered(
            DETAILS_SCHEMA, "  names:", "  class: {type: string}\n  class_: {type: string}\n  names:", "would be the same attribute: class_", line="class_"
        ),
        altered(DETAILS_SCHEMA, "  names:", "  'a\"b': {type: string}\n  names:", "has a quote", line='a"b'),
        altered(DETAILS_SCHEMA, "  names:", "  '': {type: string}\n  names:", "has no name", line="''"),
        altered(DETAILS_SCHEMA, "  names:", "  a\\b: {type: string}\n  names:", "a backslash", line="a\\b"),
    ],
    "open-vocabulary": [
        altered(
            STATUS,
            "anyOf:\n  - {type: string, enum: [Planned, Released]}\n  - {type: string}",
            "type: string\nenum: [Planned, Released]",
            "closed enum in a response",
        ),
        altered(DETAILS_SCHEMA, OF_NAMES, "names: {type: string, enum: [a]}", "closed enum"),
        altered(STATUS, "  - {type: string}\n", "  - {type: integer}\n", "closed enum", line="enum"),
    ],
    "named-vocabulary": [
        altered(PAGE, A_PAGE, "{type: string, enum: [a, b]}", "declared inline"),
        altered(STATUS, "[Planned, Released]", "[Planned, 7]", "of texts"),
        altered(PART, "[videos]", "[true]", "of texts"),
        altered(STATUS, "[Planned, Released]", "[Planned, Planned]", "'Planned' is repeated"),
    ],
    "constant": [
        altered(MOVIE_ROW, "const: false", "const: true", "True is neither a tag nor false"),
        altered(MOVIE_ROW, "{type: string, const: movie}", "{const: movie}", "'movie' has no type: string"),
        altered(PAGE, A_PAGE, "{type: number, const: 0.5}", "0.5 is not a constant"),
    ],
    "known-format": [
        altered(DETAILS_SCHEMA, ANYTHING, "{type: [string, 'null'], format: date-time}", "refer to Timestamp.yaml"),
        altered(DETAILS_SCHEMA, ID, "{type: integer, format: date}", "'date' is not a format of integer"),
        altered(DETAILS_SCHEMA, TITLE, "{type: [string, 'null'], format: uri}", "'uri' is not a format"),
    ],
    "form": [
        altered(FROM, "schema: {type: string, format: date}", "schema: {type: string, x-form: continent, pattern: a}", "x-form is one of country"),
        altered(FROM, "schema: {type: string, format: date}", "schema: {type: string, x-form: country}", "with a pattern in a request"),
        altered(FROM, "schema: {type: string, format: date}", "schema: {type: integer, x-form: country, pattern: a}", "of a string"),
        altered(DETAILS_SCHEMA, TITLE, "{type: [string, 'null'], x-form: country}", "in a request"),
    ],
    "no-range-in-responses": [
        altered(DETAILS_SCHEMA, ID, "{type: integer, minimum: 0}", "minimum in a response"),
        altered(DETAILS_SCHEMA, TITLE, "{type: [string, 'null'], pattern: a}", "pattern in a response"),
        altered(MOVIE_ROW, "id: {type: integer}", "id: {type: integer, maximum: 999}", "maximum in a response"),
    ],
    "no-default": [altered(PAGE, "minimum: 1", "default: 1", "would send the default")],
    "extension": [
        altered(DETAILS_SCHEMA, "x-redact: prose", "x-redact: words", "'words' is not one of"),
        altered(SEARCH, "x-undocumented: true", "x-undocumented: maybe", "is true, or absent"),
        altered(PAGE, "in: query\n", "in: query\nx-any-of: true\n", "only a list"),
    ],
    # Examples
    "valid-body": [
        altered(A_MOVIE, '"id": 550', '"id": "550"', "$.response.body.id: expected integer, got string"),
        altered(A_MOVIE, '"id": 550', '"softcore": true,\n"id": 550', "$.response.body.softcore: unknown key", line='"softcore"'),
        altered(A_MOVIE, '"id": 550,', "", "$.response.body.id: missing", line='"body": {'),
        altered(A_MOVIE, '"DE": "Fight Club"', '"D-E": 7', "$.response.body.names['D-E']: expected string, got integer"),
        altered(ADDED, "8.5", "8.3", "$.request.body.value"),
        altered(UNKNOWN, '"status_code": 1', '"status_code": null', "$.response.body.status_code: expected integer, got null"),
    ],
    "fixture-of-operation": [
        Violation([(DELETED, "", ""), (UNKNOWN, "", ""), (SUMMARIES, SAMPLE_SPEC[SUMMARIES], "{}")], RATING, "movies_delete_rating", "has no fixture"),
        altered(UNKNOWN, "movies_delete_rating", "movies_rating", "there is no operation 'movies_rating'"),
        altered(UNKNOWN, "404", "418", "does not state the status 418"),
        altered(fixture("movies/unknown"), "", SAMPLE_SPEC[UNKNOWN], "is called movies/delete_rating.json or", line="operation_id"),
        altered(fixture("movies/details.broken"), "", "{", "the fixture is not JSON"),
        altered(fixture("movies/details.list"), "", "[]", "not a JSON object with operation_id"),
    ],
    "fixture-request": [
        altered(A_MOVIE, '"GET"', '"GTE"', "movies_details is a GET"),
        altered(A_MOVIE, "/3/movie/550", "/3/movies/550", "the path of movies_details is /3/movie/{movie_id}"),
        altered(A_MOVIE, '"query": {}', '"query": {"language": "de"}', "movies_details has no parameter 'language'"),
        altered(A_MOVIE, '"security": []', '"security": ["acess_token"]', "there is no security scheme 'acess_token'"),
    ],
    "fixture-without-secrets": [
        altered(A_MOVIE, '"headers": {}', '"headers": {"Set-Cookie": "a=b"}', "'Set-Cookie' holds a credential"),
        altered(A_MOVIE, '"query": {}', '"query": {"api_key": "0"}', "'api_key' holds a credential"),
    ],
    "example-summary": [
        altered(SUMMARIES, "", "nobody: Nobody\n", "no fixture has the variant or name 'nobody'"),
        altered(SUMMARIES, "does not know", "does not know.", "is a phrase"),
    ],
    "parameter-example": [
        altered(FROM, "example: '1999-10-15'\n", "", "'release_date.gte' needs an example: no fixture has it in its request", line="name"),
        altered(FROM, "'1999-10-15'", "someday", "the example 'someday'"),
        altered(DETAILS, "[videos]\n", "[credits]\n", "the example ['credits']"),
        altered(PAGE, "in: query\n", "in: query\nx-redact: personal\n", "'page' needs an example: values of fixtures", line="name"),
        altered(PAGE, "type: integer, minimum: 1", "type: integer, minimum: 3", "the example 2", line="name"),
    ],
    # TMDB's status codes
    "status-codes": [
        Violation([(OPENAPI, "x-status-codes: {$ref: status_codes.yaml}\n", ""), (STATUS_CODES, "", "")], OPENAPI, "openapi", "missing"),
        altered(STATUS_CODES, "34:", "thirty:", "'thirty' is not an integer"),
        altered(STATUS_CODES, "1: {http_status: 200, meaning: Success.}", "1: Success.", "http_status or meaning is missing"),
        altered(STATUS_CODES, "404", "999", "999 is not an HTTP status"),
        altered(STATUS_CODES, ", error: NotFoundError", "", "a failure has an error", line="34:"),
        altered(STATUS_CODES, "meaning: Success.", "meaning: Success., error: ServerError", "a success none"),
        altered(STATUS_CODES, "NotFoundError", "NoSuchError", "'NoSuchError' is not a StatusError"),
        altered(STATUS_CODES, "NotFoundError", "DecodeError", "'DecodeError' is not a StatusError"),
        altered(STATUS_CODES, "meaning: Success.", "meaning: Success", "full stop"),
        altered(STATUS_CODES, "retry: true", "retry: later", "retry is true"),
        altered(STATUS_CODES, "meaning: Success.", "meaning: Success., no_op: perhaps", "no_op is true"),
        altered(STATUS_CODES, "retry: true", "no_op: true", "only for a success"),
        altered(STATUS_CODES, "meaning: Success.", "meaning: Success, great.", "'great.' is not a key of a status code", line="1:"),
    ],
    "vocabulary": [
        Violation([*with_vocabulary(VOCABULARY)[:1], ("spec/vocabulary.yaml", "", "countries: {DE: Germany}\n")], OPENAPI, "x-vocabulary", "other keys than"),
        unknown("https://images.example/", "http://images.example/", "image_base_url", "no https URL"),
        unknown("[w92, original]", "[w92]", "  poster", "the sizes of a poster"),
        unknown("[w92, original]", "[92, original]", "  poster", "the sizes of a poster"),
        unknown("  '28': Action", "  action: Action", "  action", "'action': 'Action' is not an entry of movie_genres"),
        unknown("'12': Adventure", "'12': Action", "  '12'", "movie_genres has 'Action' twice"),
        unknown("DE: Germany", "de: Germany", "de: Germany", "'de': 'Germany' is not an entry of countries"),
        unknown("UK: GB", "UK: GG", "  UK", "UK → GG"),
        unknown("UK: GB", "DE: GB", "  DE: GB", "DE → GB"),
        unknown("languages: {de: German}", "languages: [de]", "languages", "languages is not a mapping"),
    ],
    "exports": [
        Violation([*with_exports(EXPORTS)[:1], ("spec/exports.yaml", "", "files: {}\n")], OPENAPI, "x-exports", "other keys than"),
        exported("https://files", "http://files", "base_url", "no https URL"),
        exported("{month}", "{day}", "path", "has not each of"),
        exported("ready_hour: 8", "ready_hour: soon", "ready_hour", "not a whole number"),
        exported("    description: A movie.\n", "", "  MovieRow", "not a name like MovieExportRow"),
        exported("type: integer", "type: object", "      id", "the column id"),
        exported("row: MovieRow", "row: TVRow", "  movie_ids", "with one of the rows"),
    ],
}
ROW_OF_A_SEARCH = {"media_type": "movie", "id": 550}
CASES = [(rule, violation) for rule, violations in VIOLATIONS.items() for violation in violations]


def test_the_sample_spec_has_no_findings(tmp_path: Path) -> None:
    assert lint(written(tmp_path, SAMPLE_SPEC)) == []


@pytest.mark.parametrize(("rule", "violation"), CASES, ids=[f"{rule}: {violation.says}" for rule, violation in CASES])
def test_a_rule_reports_a_violation(tmp_path: Path, rule: str, violation: Violation) -> None:
    files = edited(*violation.edits)
    findings = lint(written(tmp_path, files))
    assert [finding.rule for finding in findings] == [rule], "\n".join(map(str, findings))
    assert is_at(findings[0], violation, files), str(findings[0])


def is_at(finding: Finding, violation: Violation, files: Files) -> bool:
    line = files[violation.file].splitlines()[finding.location.line - 1 :][:1]
    return finding.location.path.as_posix() == violation.file and violation.line in "".join(line) and violation.says in finding.message


def test_every_rule_has_a_violation() -> None:
    assert {name_of(rule) for rule in RULES} - {"not-empty"} <= VIOLATIONS.keys()


def test_every_rule_has_a_docstring_of_sentences() -> None:
    for rule in RULES:
        assert rule.__doc__
        assert fault_of_text(rule.__doc__) == ""


def test_an_empty_spec_fails(tmp_path: Path) -> None:
    header = SAMPLE_SPEC[OPENAPI].partition("tags:")[0]
    findings = lint(written(tmp_path, {OPENAPI: f"{header}paths: {{}}\n", **{name: SAMPLE_SPEC[name] for name in (STATUS_CODES, SUMMARIES, VERSION_FILE)}}))
    assert [(finding.rule, finding.message) for finding in findings] == [("not-empty", "the spec has no operations, schemas or fixtures")]


def test_a_folder_without_a_root_fails(tmp_path: Path) -> None:
    assert [str(finding) for finding in lint(Spec(tmp_path / "spec", tmp_path))] == ["spec/openapi.yaml:1: file-exists: there is no such file"]


def test_findings_are_sorted(tmp_path: Path) -> None:
    spec = written(
        tmp_path, edited((DETAILS_SCHEMA, "x-redact: prose", "x-redact: words"), (DETAILS_SCHEMA, "A movie.", "A movie"), (DETAILS, "movie.\n", "movie\n"))
    )
    assert [str(finding) for finding in lint(spec)] == [
        "spec/paths/movies/details.yaml:5: summary: the summary does not end with a full stop",
        "spec/schemas/MovieDetails.yaml:2: description: the description does not end with a full stop",
        "spec/schemas/MovieDetails.yaml:6: extension: 'words' is not one of prose, personal, credential",
    ]


def findings(directory: Path, *edits: Edit) -> list[str]:
    return [str(finding) for finding in lint(written(directory, edited(*edits)))]


def test_what_several_fixtures_lack_is_reported_once_in_the_schema(tmp_path: Path) -> None:
    unknown = [(fixture(name), '"status_code": 1', '"status_code": "1"') for name in ("movies/add_rating", "movies/delete_rating")]
    assert findings(tmp_path, *unknown) == [
        "spec/schemas/StatusResponse.yaml:5: valid-body: expected integer, got string in 2 fixtures, such as tests/fixtures/movies/add_rating.json:16"
    ]


def test_a_key_that_several_fixtures_have_is_missing_in_the_schema(tmp_path: Path) -> None:
    added = [(fixture(name), '"status_code": 1', '"success": true,\n"status_code": 1') for name in ("movies/add_rating", "movies/delete_rating")]
    (found,) = findings(tmp_path, *added)
    assert found.startswith("spec/schemas/StatusResponse.yaml:4: valid-body: 'success': unknown key in 2 fixtures, such as ")


def test_what_rows_of_one_fixture_have_in_common_is_reported_once(tmp_path: Path) -> None:
    rows = [{**ROW_OF_A_SEARCH, "id": text} for text in ("a", "b", "c")]
    search = {**json.loads(SAMPLE_SPEC[fixture("search/multi")]), "response": {"status": 200, "body": rows}}
    (found,) = findings(tmp_path, (fixture("search/multi"), "", json.dumps(search, indent=1)))
    assert found.endswith("valid-body: $.response.body[0].id: expected integer, got string (3 times)")


def test_a_renamed_tag_is_reported_in_the_root(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, (OPENAPI, "{name: movies,", "{name: moviez,"))
    assert "tag: no operation has the tag 'moviez'; did you mean 'movies'?" in found


def test_a_missing_file_is_reported_once(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, (schema("StatusResponse"), "", ""), (schema("StatusReply"), "", SAMPLE_SPEC[schema("StatusResponse")]))
    assert found.endswith("StatusResponse.yaml is not a file of the spec; did you mean StatusReply.yaml?")


def test_a_parameter_that_fits_no_path_is_reported_once(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, (MOVIE_ID, "name: movie_id", "name: id"))
    assert found == "spec/parameters/movie_id.yaml:1: path-parameters: movies_details declares 'id', which its path does not have"


def test_a_misspelt_parameter_of_a_path_is_reported_in_the_root(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, (OPENAPI, "/3/movie/{movie_id}/videos", "/3/movie/{movieid}/videos"))
    assert found.endswith("path-parameters: no operation declares 'movieid'; did you mean 'movie_id'?")
    assert found.startswith("spec/openapi.yaml:")


def test_a_misspelt_parameter_of_the_query_is_reported_once(tmp_path: Path) -> None:
    (found,) = findings(
        tmp_path, (DETAILS, "name: append_to_response", "name: apend_to_response"), (A_MOVIE, '"query": {}', '"query": {"append_to_response": "videos"}')
    )
    assert found.startswith("spec/paths/movies/details.yaml:")
    assert found.endswith("no fixture has 'apend_to_response', and movies/details has 'append_to_response': one of them is misspelt")


def test_a_path_with_the_file_of_another_is_reported_itself(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, (OPENAPI, "{$ref: paths/movies/details.yaml}", "{$ref: paths/movies/videos.yaml}"))
    (line,) = (number for number, text in enumerate(SAMPLE_SPEC[OPENAPI].splitlines(), 1) if "paths/movies/details.yaml" in text)
    assert found.startswith(f"spec/openapi.yaml:{line}: path-file: paths/movies/videos.yaml is also the file of ")


def test_a_misspelt_tag_of_a_group_is_reported_once(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, (OPENAPI, "tags: [movies, search]", "tags: [moveis, search]"))
    assert found.endswith("tag-group: there is no tag 'moveis'; did you mean 'movies'?")


def test_a_constant_that_is_no_tag_is_reported_at_the_constant(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, (PERSON_ROW, "const: person", "const: persn"))
    assert found.startswith("spec/schemas/PersonRow.yaml:")
    assert found.endswith("tagged-union: PersonRow.yaml has the constant 'persn' as 'media_type', not 'person'")


def test_unions_that_contain_each_other_are_reported(tmp_path: Path) -> None:
    other = "description: Another.\nanyOf:\n  - {$ref: SearchRow.yaml}\n  - {$ref: PersonRow.yaml}\n"
    found = findings(tmp_path, (ROW, "  - {$ref: PersonRow.yaml}", "  - {$ref: OtherRow.yaml}"), (schema("OtherRow"), "", other))
    assert found == [
        "spec/schemas/OtherRow.yaml:3: acyclic: the union OtherRow is a member of itself",
        "spec/schemas/SearchRow.yaml:4: acyclic: the union SearchRow is a member of itself",
    ]


def test_findings_are_not_more_than_help() -> None:
    found = [Finding(Location(Path("spec/openapi.yaml"), line), "rule", "a message") for line in range(1, 31)]
    lines = report(found).splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("spec/openapi.yaml:1: rule: a message", "... and 10 more", 21)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("properties:", "properties: null\nitems:"),
        ("required: [", "required: 7\nenum: ["),
        ("type: object\n", "anyOf: {}\n"),
        ("type: object\n", "$ref: 7\n"),
        ("id:", "7:"),
    ],
)
def test_rules_tolerate_malformed_schemas(tmp_path: Path, old: str, new: str) -> None:
    assert lint(written(tmp_path, {**SAMPLE_SPEC, DETAILS_SCHEMA: SAMPLE_SPEC[DETAILS_SCHEMA].replace(old, new, 1)}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("paths:\n", "paths: []\nx-paths:\n"),
        ("components:\n", "components: []\nx-components:\n"),
        ("tags:\n", "tags: {}\nx-tags:\n"),
        ("security:\n", "security: none\nx-security:\n"),
        ("{$ref: paths/movies/videos.yaml}", "7"),
        ("{$ref: paths/movies/videos.yaml}", "{get: 7}"),
        ("{$ref: status_codes.yaml}", "7"),
        ("info:", "information:"),
    ],
)
def test_rules_tolerate_a_malformed_root(tmp_path: Path, old: str, new: str) -> None:
    assert lint(written(tmp_path, edited((OPENAPI, old, new))))


def test_a_vocabulary_is_accepted(tmp_path: Path) -> None:
    assert not lint(written(tmp_path, edited(*with_vocabulary(VOCABULARY))))


def test_constructs_of_the_readme_are_accepted(tmp_path: Path) -> None:
    with_genres = "name: with_genres\nin: query\ndescription: Genres.\nstyle: form\nexplode: false\nx-any-of: true\nexample: [28]\n"
    spec = written(
        tmp_path,
        edited(
            # A third member of a union, with several tags.
            (ROW, "  - {$ref: PersonRow.yaml}\n", "  - {$ref: PersonRow.yaml}\n  - {$ref: OtherRow.yaml}\n  - {type: 'null'}\n"),
            (ROW, "    person: PersonRow.yaml\n", "    person: PersonRow.yaml\n    tv: OtherRow.yaml\n    tv_season: OtherRow.yaml\n"),
            (schema("OtherRow"), "", "type: object\ndescription: Another row.\nproperties:\n  media_type: {type: string}\n"),
            # A map of lists, of objects, and of texts that can be null.
            (NAMES, "{type: string}", "{type: array, items: {$ref: Comments.yaml}}"),
            (schema("Comments"), "", "type: object\ndescription: Comments.\nadditionalProperties: {type: [string, 'null']}\n"),
            (A_MOVIE, '"DE": "Fight Club"', '"DE": [{"movie:550": null}]'),
            # A key that begins with an underscore, and a response without a named schema.
            (DETAILS_SCHEMA, "required: [id,", "required: [id, _id,"),
            (DETAILS_SCHEMA, "properties:\n", "properties:\n  _id: {type: string}\n"),
            (A_MOVIE, '"id": 550', '"_id": "a", "id": 550'),
            (SEARCH, "items: {$ref: ../../schemas/SearchRow.yaml}", "items: {type: string}"),
            (fixture("search/multi"), "", json.dumps({**json.loads(SAMPLE_SPEC[fixture("search/multi")]), "response": {"status": 200, "body": ["a"]}})),
            (schema("Videos"), "items: {type: string}", "items: {$ref: SearchRow.yaml}"),
            # Vocabularies of numbers, constants, and any-of filters, in requests.
            (schema("Visibility"), "", "type: integer\ndescription: Who sees it.\nenum: [0, 1]\n"),
            (REQUEST, "  value:", "  public: {$ref: Visibility.yaml}\n  sure: {type: boolean, const: true}\n  value:"),
            ("spec/parameters/with_genres_gte.yaml", "", f"{with_genres}schema: {{type: array, items: {{type: integer}}}}\n"),
            (SEARCH, "page.yaml}\n", "page.yaml}\n    - {$ref: ../../parameters/with_genres_gte.yaml}\n"),
            # A range of days.
            ("spec/parameters/release_date_lte.yaml", "", SAMPLE_SPEC[FROM].replace("gte", "lte") + "x-window: {from: release_date.gte, days: 14}\n"),
            (SEARCH, "release_date_gte.yaml}\n", "release_date_gte.yaml}\n    - {$ref: ../../parameters/release_date_lte.yaml}\n"),
            # An optional body, and a user's token alone.
            (REQUEST, "required: [value]\n", ""),
            (RATING, "    required: true\n", "    required: false\n"),
            (OPENAPI, "    session_id: {type", "    user_access_token: {type: http, scheme: bearer, description: The token of a user.}\n    session_id: {type"),
            (SEARCH, "  parameters:", "  security:\n    - {user_access_token: []}\n  parameters:"),
        ),
    )
    assert [str(finding) for finding in lint(spec)] == []


def test_the_spec_has_no_findings() -> None:
    assert [str(finding) for finding in lint(Spec(ROOT / "spec", ROOT))] == []


def test_the_command_prints_findings_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, edited((DETAILS, "movie.\n", "movie\n")))
    monkeypatch.chdir(tmp_path)
    assert main(["--spec", "spec"]) == 1
    assert capsys.readouterr() == ("spec/paths/movies/details.yaml:5: summary: the summary does not end with a full stop\n", "1 finding\n")


def test_the_command_prints_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, SAMPLE_SPEC)
    assert main(["--spec", str(tmp_path / "spec")]) == 0
    assert capsys.readouterr().out == "no findings in 5 operations, 12 schemas, 6 fixtures\n"


def test_the_command_lists_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rules"]) == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == [name_of(rule) for rule in RULES]


def test_the_readme_of_the_spec_lists_the_extensions() -> None:
    rows = re.findall(r"^\| (`x-[^|]+) \|", (ROOT / "spec" / "README.md").read_text(), re.MULTILINE)
    listed = {key for row in rows for key in re.findall(r"`(x-[A-Za-z-]+)`", row)}
    assert listed == {key for keys in GRAMMAR.values() for key in keys if key.startswith("x-")}


def test_names_imported_by_templates_are_reserved() -> None:
    texts = [(ROOT / "generator" / "templates" / f"{name}.py.jinja").read_text() for name in ("resource", "model", "types", "union")]
    imports = " ".join(re.findall(r"^from (?!\.).* import (.*)$", "\n".join(texts), re.MULTILINE))
    assert {name for name in re.findall(r"\w+", imports) if name[0].isupper() and not name.isupper()} <= {*TAKEN_SCHEMAS, *types.__all__}
