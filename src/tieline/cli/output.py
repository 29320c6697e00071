"""How commands answer: tables for people, JSON for programs, errors in one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import msgspec


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    print(f"tieline: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


def emit(value: Any) -> None:
    """JSON on stdout."""
    print(msgspec.json.encode(value).decode())


def say(text: str) -> None:
    """Words for people, on stdout."""
    print(text)


def progress(text: str) -> None:
    """Words about work under way, on stderr."""
    print(text, file=sys.stderr, flush=True)


def table(rows: Sequence[dict[str, Any]], columns: dict[str, str], empty: str) -> None:
    """Rows under headings, as wide as they need."""
    if not rows:
        print(empty)
        return
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(title), *(len(line[n]) for line in cells)) for n, title in enumerate(columns.values())]
    print("  ".join(title.ljust(widths[n]) for n, title in enumerate(columns.values())).rstrip())
    for line in cells:
        print("  ".join(text.ljust(widths[n]) for n, text in enumerate(line)).rstrip())


def findings(rows: Sequence[dict[str, Any]]) -> None:
    """What lint says, two lines each: what and where, and what to do."""
    if not rows:
        print("No findings.")
    for row in rows:
        module = f" module {row['module_id']}:" if row["module_id"] is not None else ""
        remedy = f": {row['suggestion']}" if row["suggestion"] else ""
        print(f"{row['severity']} {row['code']}{module} {row['message']}")
        print(f"    at {row['pointer'] or 'the top'}{remedy}")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 70 else text[:69] + "…"
