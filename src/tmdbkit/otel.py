"""Spans of OpenTelemetry: one for each call, named after its operation, with retries as events. It needs the extra `tmdbkit[otel]`.

    tmdb = TMDB(on_event=SpanHook())

The instrumentations of httpx and aiohttp add a span for each request below it.
"""

from __future__ import annotations

from contextvars import Token
from typing import TYPE_CHECKING, Any

try:
    from opentelemetry import context, trace
except ImportError as error:
    raise ImportError("spans need opentelemetry-api: pip install 'tmdbkit[otel]'") from error

from ._version import __version__
from .events import Event

if TYPE_CHECKING:
    from opentelemetry.context import Context

__all__ = ["SpanHook"]


class SpanHook:
    """A hook for `on_event` that creates a span for each call. Several clients may share one.

    Args:
        tracer_provider: The tracer provider; None for the global one.
    """

    def __init__(self, tracer_provider: trace.TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("tmdbkit", __version__, tracer_provider)
        self._open: dict[int, tuple[trace.Span, Token[Context]]] = {}

    def __call__(self, event: Event) -> None:
        """Handle an event of a call.

        Args:
            event: The event.
        """
        if event.kind == "start":
            attributes = {"http.request.method": event.method, "url.full": event.url, "tmdb.operation_id": event.operation_id}
            span = self._tracer.start_span(event.operation_id, kind=trace.SpanKind.CLIENT, attributes=attributes)
            self._open[event.call_id] = span, context.attach(trace.set_span_in_context(span))
            return
        span, token = self._open[event.call_id]
        if event.status_code is not None:
            span.set_attribute("http.response.status_code", event.status_code)
        if event.kind == "end":
            del self._open[event.call_id]
            span.set_attribute("http.request.resend_count", event.attempt - 1)
            if event.error is not None:
                span.set_attribute("error.type", type(event.error).__name__)
                span.set_status(trace.StatusCode.ERROR, type(event.error).__name__)
            span.end()
            context.detach(token)
        elif event.kind not in ("request", "response"):
            span.add_event(event.kind, _details(event))


def _details(event: Event) -> dict[str, Any]:
    details: dict[str, Any] = {"attempt": event.attempt}
    if event.wait is not None:
        details["wait"] = event.wait
    if event.error is not None:
        details["error.type"] = type(event.error).__name__
    if event.drift is not None:
        details["drift"] = str(event.drift)
    return details
