"""How long one evaluation of a mapping takes: `python -m benchmarks.expressions [count]`.

The goal is a million evaluations of a mapping with four functions in 12 seconds (12 µs each).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from tieline.expressions import Scope, compile_template

BUNDLE = {
    "name": "  ada LOVELACE ",
    "email": "Ada@Example.com",
    "budget": 1250.5,
    "emails": [{"value": "ada@work.test", "label": "work"}, {"value": "ada@home.test", "label": "home"}],
    "created": datetime(2026, 1, 15, 10, 20, 30, tzinfo=UTC),
}

MAPPINGS = {
    "one field": "{{1.email}}",
    "text with two fields": "Hello {{1.name}}, you wrote from {{1.email}}",
    "four functions (the goal)": '{{if(contains(1.email; "@"); upper(trim(1.name)); "nobody")}}',
    "four functions on an array": '{{join(sort(distinct(map(1.emails; "value"))); ", ")}}',
    "decimal arithmetic": "{{round(1.budget * 1.21 + 0.5)}}",
    "date": '{{formatDate(addDays(1.created; -30); "YYYY-MM-DD")}}',
    "pattern": '{{replace(1.name; "/[^a-z]+/gi"; "-")}}',
}


def microseconds(action: Callable[[], object], count: int) -> float:
    """CPU microseconds for one call."""
    start = time.process_time()
    for _ in range(count):
        action()
    return (time.process_time() - start) / count * 1e6


def main(count: int) -> None:
    bundles = {1: BUNDLE}
    for title, text in MAPPINGS.items():
        template = compile_template(text)
        spent = microseconds(lambda t=template: t.evaluate(Scope(bundles)), count)  # type: ignore[misc]
        print(f"{title:30} {spent:7.2f} µs   {text}")
    source = MAPPINGS["four functions (the goal)"]
    print(
        f"{'compiling that':30} {microseconds(lambda: compile_template(source), count // 1000 or 1):7.0f} µs"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
