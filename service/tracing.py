"""OpenTelemetry traces, when CAIBIAN_TRACES_ENDPOINT names a collector: a span a request, its wait, its models, its store.

The SDK (requirements/otel.lock) is imported only then. A caller's `traceparent` is honoured. Spans hold routes, times and
counts, never a path, a query or an error's words: those may be an article's. Where traces are off, every call here is a
look at an empty variable.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.types import Scope

from models.errors import BadInput
from service import logs
from service.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

_tracer: ContextVar[Tracer | None] = ContextVar("tracer", default=None)
"""Of the request that is being worked on; None while it is not traced."""
SECONDS = 5.0
"""Seconds that the collector has for an export, and at the end for the last ones."""
QUIET = ("/health", "/metrics", "/static")
Told = Callable[[str, int], None]
"""Takes the route and the status of a request that is over."""


class Tracing:
    """The traces of one app."""

    def __init__(self, settings: Settings, version: str, exporter: SpanExporter | None = None) -> None:
        """`exporter` gets the spans instead of the configured collector. Raises BadInput when the SDK is missing."""
        self._provider: Any = None
        if exporter is None and settings.traces_endpoint is None:
            return
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
        except ImportError:
            raise missing() from None
        name = os.environ.get("OTEL_SERVICE_NAME", "caibian")
        resource = Resource.create({"service.name": name, "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        if exporter is not None:
            self._provider.add_span_processor(SimpleSpanProcessor(exporter))
        else:
            self._provider.add_span_processor(BatchSpanProcessor(_to_collector(settings)))
        self._own: Tracer = self._provider.get_tracer("caibian", version)

    @contextlib.contextmanager
    def request(self, scope: Scope, request_id: str) -> Iterator[Told]:
        """The span of a request; the block says how it ended."""
        if self._provider is None or scope["path"].startswith(QUIET):
            yield lambda _route, _status: None
            return
        from opentelemetry.trace import SpanKind, StatusCode, format_trace_id
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        given = TraceContextTextMapPropagator().extract(dict(Headers(scope=scope)))
        with self._own.start_as_current_span(
            scope["method"],
            given,
            SpanKind.SERVER,
            {"http.request.method": scope["method"], "caibian.request": request_id},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            def told(route: str, status: int) -> None:
                span.update_name(f"{scope['method']} {route}")
                span.set_attributes({"http.route": route, "http.response.status_code": status})
                if status >= 500:
                    span.set_attribute("error.type", str(status))
                    span.set_status(StatusCode.ERROR)

            before = _tracer.set(self._own), logs.trace_id.set(format_trace_id(span.get_span_context().trace_id))
            try:
                yield told
            finally:
                _tracer.reset(before[0])
                logs.trace_id.reset(before[1])

    def close(self) -> None:
        """Send what is left, as far as the collector takes it in a moment."""
        if self._provider is not None:
            last = threading.Thread(target=self._provider.shutdown, daemon=True)
            last.start()
            last.join(SECONDS)


@contextlib.contextmanager
def step(name: str, **attributes: str | int) -> Iterator[None]:
    """A span inside the request's, for what the block does; follows the request's context, also into a thread that has it."""
    tracer = _tracer.get()
    if tracer is None:
        yield
        return
    from opentelemetry.trace import StatusCode

    with tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def record(name: str, began: float, ended: float, **attributes: str | int) -> None:
    """A span for what is over already, between two times of `time.monotonic()`."""
    tracer = _tracer.get()
    if tracer is not None:
        zero = time.time() - time.monotonic()
        span = tracer.start_span(name, attributes=attributes, start_time=int((zero + began) * 1e9))
        span.end(int((zero + ended) * 1e9))


def _to_collector(settings: Settings) -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise missing() from None
    return OTLPSpanExporter(endpoint=settings.traces_endpoint, timeout=SECONDS)


def missing() -> BadInput:
    """What is said when the SDK is not installed."""
    return BadInput(
        "CAIBIAN_TRACES_ENDPOINT wants OpenTelemetry's SDK: install it with `pip install -r requirements/otel.lock`, or "
        "unset the variable",
        field="CAIBIAN_TRACES_ENDPOINT",
    )
