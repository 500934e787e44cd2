"""A small valid spec that covers most constructs, for tests to alter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generator.bundle import Spec
from generator.files import VERSION_FILE

Files = dict[str, str]
Edit = tuple[str, str, str]
"""A file, what stands there, and what shall; the file is new where nothing stood there, and gone where both are empty."""


def schema(name: str) -> str:
    return f"spec/schemas/{name}.yaml"


def fixture(name: str) -> str:
    return f"tests/fixtures/{name}.json"


OPENAPI = "spec/openapi.yaml"
STATUS_CODES = "spec/status_codes.yaml"
SUMMARIES = "spec/example_summaries.yaml"
DETAILS = "spec/paths/movies/details.yaml"
RATING = "spec/paths/movies/rating.yaml"
VIDEOS = "spec/paths/movies/videos.yaml"
SEARCH = "spec/paths/search/multi.yaml"
A_MOVIE, ADDED, DELETED, UNKNOWN = map(fixture, ("movies/details", "movies/add_rating", "movies/delete_rating", "movies/delete_rating.unknown"))


def exchange(operation_id: str, path: str, status: int, body: Any, request_body: Any = None, **query: str) -> str:
    """The content of a fixture."""
    method = {"movies_add_rating": "POST", "movies_delete_rating": "DELETE"}.get(operation_id, "GET")
    request = {"method": method, "path": path, "query": query, "security": [], "body": request_body}
    return json.dumps({"operation_id": operation_id, "request": request, "response": {"status": status, "headers": {}, "body": body}}, indent=2)


MOVIE = {"id": 550, "title": None, "release_date": "", "status": "Released", "homepage": None, "names": {"DE": "Fight Club"}, "videos": {"results": []}}
ROW = {"media_type": "movie", "id": 550, "rated": False}
SUCCESS = {"status_code": 1, "status_message": "Success."}

SAMPLE_SPEC: Files = {
    OPENAPI: """\
openapi: 3.1.0
info: {title: A small API}
x-example-summaries: {$ref: example_summaries.yaml}
x-reference: {'3': https://tmdb.example/reference/}
x-status-codes: {$ref: status_codes.yaml}
security:
  - {access_token: []}
  - {api_key: []}
tags:
  - {name: movies, x-displayName: Movies, description: Movies.}
  - {name: search, x-displayName: Search, description: Searches.}
x-tagGroups:
  - {name: All, tags: [movies, search]}
paths:
  /3/movie/{movie_id}: {$ref: paths/movies/details.yaml}
  /3/movie/{movie_id}/rating: {$ref: paths/movies/rating.yaml}
  /3/movie/{movie_id}/videos: {$ref: paths/movies/videos.yaml}
  /3/search/multi: {$ref: paths/search/multi.yaml}
components:
  securitySchemes:
    access_token: {type: http, scheme: bearer, description: The token of an application.}
    api_key: {type: apiKey, in: query, name: api_key, description: The key of an application.}
    session_id: {type: apiKey, in: query, name: session_id, description: The session of a user.}
""",
    SUMMARIES: """\
unknown: A movie that TMDB does not know
""",
    VERSION_FILE: '__version__ = "1.2.3"\n',
    STATUS_CODES: """\
# Comments do no harm.
1: {http_status: 200, meaning: Success.}
34: {http_status: 404, meaning: There is no such resource., error: NotFoundError}
9: {http_status: 503, meaning: The service is offline., error: ServerError, retry: true}
""",
    DETAILS: """\
get:
  operationId: movies_details
  tags: [movies]
  x-reference: movie-details
  summary: Get the details of a movie.
  parameters:
    - {$ref: ../../parameters/movie_id.yaml}
    - name: append_to_response
      in: query
      description: The parts to add.
      style: form
      explode: false
      example: [videos]
      schema:
        type: array
        maxItems: 20
        uniqueItems: true
        items: {$ref: ../../schemas/MoviePart.yaml}
  responses:
    '200':
      description: The details.
      content:
        application/json:
          schema: {$ref: ../../schemas/MovieDetails.yaml}
""",
    RATING: """\
post:
  operationId: movies_add_rating
  tags: [movies]
  x-reference: movie-add-rating
  summary: Rate a movie.
  security:
    - {access_token: [], session_id: []}
    - {api_key: [], session_id: []}
  parameters:
    - {$ref: ../../parameters/movie_id.yaml}
  requestBody:
    required: true
    content:
      application/json:
        schema: {$ref: ../../schemas/RatingRequest.yaml}
  responses:
    '201':
      description: The rating was added.
      content:
        application/json:
          schema: {$ref: ../../schemas/StatusResponse.yaml}
delete:
  operationId: movies_delete_rating
  tags: [movies]
  x-reference: movie-delete-rating
  summary: Delete the rating of a movie.
  parameters:
    - {$ref: ../../parameters/movie_id.yaml}
  responses:
    '200':
      description: The rating was deleted.
      content:
        application/json:
          schema: {$ref: ../../schemas/StatusResponse.yaml}
""",
    VIDEOS: """\
get:
  operationId: movies_videos
  tags: [movies]
  x-reference: movie-videos
  summary: Get the videos of a movie.
  parameters:
    - {$ref: ../../parameters/movie_id.yaml}
  responses:
    '200':
      description: The videos.
      content:
        application/json:
          schema: {$ref: ../../schemas/Videos.yaml}
""",
    SEARCH: """\
get:
  operationId: search_multi
  tags: [search]
  x-undocumented: true
  summary: Search for movies and people.
  parameters:
    - {$ref: ../../parameters/page.yaml}
    - {$ref: ../../parameters/release_date_gte.yaml}
  responses:
    '200':
      description: The rows.
      content:
        application/json:
          schema:
            type: array
            items: {$ref: ../../schemas/SearchRow.yaml}
""",
    "spec/parameters/movie_id.yaml": """\
name: movie_id
in: path
required: true
description: TMDB's id, or IMDb's.
schema:
  anyOf:
    - {type: integer, minimum: 0}
    - {type: string, pattern: '^tt[0-9]+$', description: an IMDb id}
""",
    "spec/parameters/page.yaml": """\
name: page
in: query
description: The page.
schema: {type: integer, minimum: 1, maximum: 500}
""",
    "spec/parameters/release_date_gte.yaml": """\
name: release_date.gte
in: query
description: The first day.
example: '1999-10-15'
schema: {type: string, format: date}
""",
    **{f"spec/headers/{name}.yaml": f"description: HTTP's {name}.\nschema: {{type: string}}\n" for name in ("CacheControl", "ETag")},
    **{
        f"spec/responses/{name}.yaml": """\
description: The request is rejected.
content:
  application/json:
    schema: {$ref: ../schemas/StatusResponse.yaml}
"""
        for name in ("BadRequest", "NotFound", "TooManyRequests", "Unauthorized")
    },
    "spec/responses/UnprocessableContent.yaml": """\
description: The values are rejected.
content:
  application/json:
    schema:
      anyOf:
        - {$ref: ../schemas/StatusResponse.yaml}
        - {$ref: ../schemas/ErrorMessages.yaml}
""",
    schema("Day"): """\
description: A day, or an empty string.
anyOf:
  - {type: string, format: date}
  - {type: string, const: ''}
""",
    schema("ErrorMessages"): """\
type: object
description: What is wrong.
required: [errors]
properties:
  errors: {type: array, items: {type: string}}
""",
    schema("MovieDetails"): """\
type: object
description: A movie.
required: [id, title, release_date, status]
properties:
  id: {type: integer, format: int64}
  title: {type: [string, 'null'], x-redact: prose}
  release_date: {$ref: Day.yaml, description: The first release.}
  status:
    anyOf:
      - {$ref: MovieStatus.yaml}
      - {type: 'null'}
  homepage: {description: Text or null; TMDB sends anything here.}
  names: {$ref: Names.yaml}
  watch/providers: {type: string}
  videos: {$ref: Videos.yaml}
""",
    schema("MoviePart"): """\
type: string
description: What can be appended to a movie.
enum: [videos]
""",
    schema("MovieRow"): """\
type: object
description: A movie in a list.
required: [media_type, id]
properties:
  media_type: {type: string, const: movie}
  id: {type: integer}
  rated: {type: boolean, const: false}
""",
    schema("MovieStatus"): """\
description: How far a movie is.
anyOf:
  - {type: string, enum: [Planned, Released]}
  - {type: string}
""",
    schema("Names"): """\
type: object
description: Names by country.
additionalProperties: {type: string}
""",
    schema("PersonRow"): """\
type: object
description: A person in a list.
required: [media_type]
properties:
  media_type: {type: string, const: person}
""",
    schema("RatingRequest"): """\
type: object
description: A rating to give.
required: [value]
properties:
  value: {type: number, minimum: 0.5, maximum: 10, multipleOf: 0.5}
""",
    schema("SearchRow"): """\
description: A row of a search.
anyOf:
  - {$ref: MovieRow.yaml}
  - {$ref: PersonRow.yaml}
discriminator:
  propertyName: media_type
  mapping:
    movie: MovieRow.yaml
    person: PersonRow.yaml
""",
    schema("StatusResponse"): """\
type: object
description: TMDB's report.
required: [status_code, status_message]
properties:
  status_code: {type: integer}
  status_message: {type: string}
""",
    schema("Videos"): """\
type: object
description: The videos of a movie.
required: [results]
properties:
  id: {type: integer}
  results: {type: array, items: {type: string}}
""",
    A_MOVIE: exchange("movies_details", "/3/movie/550", 200, MOVIE),
    ADDED: exchange("movies_add_rating", "/3/movie/550/rating", 201, SUCCESS, {"value": 8.5}),
    DELETED: exchange("movies_delete_rating", "/3/movie/550/rating", 200, SUCCESS),
    UNKNOWN: exchange("movies_delete_rating", "/3/movie/0/rating", 404, SUCCESS),
    fixture("movies/videos"): exchange("movies_videos", "/3/movie/550/videos", 200, {"id": 550, "results": []}),
    fixture("search/multi"): exchange("search_multi", "/3/search/multi", 200, [ROW], page="2"),
}


def edited(*edits: Edit) -> Files:
    """The files of the sample spec, with edits."""
    files = dict(SAMPLE_SPEC)
    for file, old, new in edits:
        if old == new == "":
            del files[file]
        elif old == "":
            files[file] = new
        else:
            assert files[file].count(old) == 1, f"{old!r} stands {files[file].count(old)} times in {file}"
            files[file] = files[file].replace(old, new)
    return files


def renamed(old: str, new: str, user: str) -> list[Edit]:
    """Rename a file, and update the reference to it."""
    folder = old.rpartition("/")[0]
    return [(old, "", ""), (new, "", SAMPLE_SPEC[old]), (user, old.removeprefix(f"{folder}/"), new.removeprefix(f"{folder}/"))]


def written(directory: Path, files: Files) -> Spec:
    """Write files into a folder, and return their spec."""
    for file, text in files.items():
        (directory / file).parent.mkdir(parents=True, exist_ok=True)
        (directory / file).write_text(text)
    return Spec(directory / "spec", directory)
