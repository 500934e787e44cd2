"""Rules for TMDB's own status codes."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from generator.load import Mapping
from tmdbkit.runtime import errors

from .registry import Problem, rule
from .spec_index import SpecIndex
from .texts import fault_of_text

__all__ = ["status_codes"]


@rule
def status_codes(index: SpecIndex) -> Iterator[Problem]:
    """`x-status-codes` has integers, each with an HTTP status, a meaning, and for a failure the exception of `tmdbkit.runtime.errors`; flags are true."""
    codes = index.extension("x-status-codes")
    if not isinstance(codes, Mapping):
        yield index.root.at("x-status-codes"), "TMDB's status codes are missing"
        return
    for code, entry in codes.items():
        if not code.isdigit():
            yield codes.at(code), f"{code!r} is not an integer"
        faults = faults_of_code(entry) if isinstance(entry, Mapping) else ["http_status or meaning is missing"]
        yield from ((codes.at(code), f"{code}: {fault}") for fault in faults)


def faults_of_code(entry: Mapping) -> Iterator[str]:
    """The faults of a status code."""
    yield from (f"{key!r} is not a key of a status code" for key in entry if key not in ("http_status", "meaning", "error", "retry", "no_op"))
    status, error = entry.get("http_status"), entry.get("error")
    if not isinstance(status, int) or status not in set(HTTPStatus):
        yield f"{status!r} is not an HTTP status"
    elif (status >= HTTPStatus.BAD_REQUEST) != (error is not None):
        yield "a failure has an error, and a success none"
    if fault := fault_of_text(str(entry.get("meaning") or "")):
        yield f"the meaning {fault}"
    kind = getattr(errors, str(error), None) if str(error) in errors.__all__ else None
    if error is not None and not (isinstance(kind, type) and issubclass(kind, errors.StatusError)):
        yield f"{error!r} is not a StatusError of tmdbkit.runtime.errors"
    if entry.get("retry", True) is not True or ("retry" in entry and error is None):
        yield "retry is true, and only for a failure"
    if entry.get("no_op", True) is not True or ("no_op" in entry and error is not None):
        yield "no_op is true, and only for a success"
