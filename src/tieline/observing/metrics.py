"""What this process counts, for Prometheus. What is in the database is read when the page is asked for."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
EVENTS = Counter(
    "tieline_events",
    "Requests to webhooks of scenarios, by the status of the answer",
    ["status"],
    registry=REGISTRY,
)
EXECUTIONS = Counter(
    "tieline_executions", "Executions that ended in this process", ["status"], registry=REGISTRY
)
EXECUTION_SECONDS = Histogram(
    "tieline_execution_seconds",
    "How long executions ran in this process",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
    registry=REGISTRY,
)
OPERATIONS = Counter(
    "tieline_operations",
    "Operations that were journalled in this process",
    ["module", "state"],
    registry=REGISTRY,
)


def page(stored: Iterable[tuple[str, str, str, dict[str, int]]]) -> bytes:
    """The text that Prometheus reads. `stored`: (name, help, label, value of each label) of what the database knows."""
    found = CollectorRegistry()
    for name, text, label, values in stored:
        gauge = Gauge(name, text, [label], registry=found)
        for key, value in values.items():
            gauge.labels(key).set(value)
    return generate_latest(REGISTRY) + generate_latest(found)
