"""Spans of OpenTelemetry: one for each execution, and one inside it for each operation.

They cost nothing until `start` is called. Where they are sent to is said by the OTEL_EXPORTER_OTLP_… variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tieline.errors import InvalidInput

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_provider: TracerProvider | None = None


def start() -> None:
    """Send spans from now on. Raises InvalidInput when what sends them is not installed."""
    global _provider
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise InvalidInput(
            "OpenTelemetry is not installed", field="TIELINE_TRACING", remedy="pip install tieline[otel]"
        ) from None
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come before what is said here.
    named = Resource({"service.name": "tieline"}).merge(Resource.create())
    if named.attributes.get("service.name") in (None, "", "unknown_service"):
        named = named.merge(Resource({"service.name": "tieline"}))
    _provider = TracerProvider(resource=named)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))


def stop() -> None:
    """Send what is left, and no more."""
    global _provider
    if _provider is not None:
        _provider.shutdown()
        _provider = None


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[None]:
    """What happens inside, with how long it took; an exception makes it an error. Attributes are named tieline.…"""
    if _provider is None:
        yield
        return
    told = {f"tieline.{key}": value for key, value in attributes.items()}
    with _provider.get_tracer("tieline").start_as_current_span(name, attributes=told):
        yield
