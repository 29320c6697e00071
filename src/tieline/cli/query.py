"""`tieline query`: what a free-form query finds, or how it is read."""

from __future__ import annotations

from typing import Any

from tieline.cli import output
from tieline.cli.reach import Server


def show(
    server: Server, kind: str, text: str, explain: bool, now: str | None, limit: int, json: bool
) -> None:
    """Print the Filter and its sentence, or the records."""
    if explain:
        found = server.call("POST", f"/query/{kind}", {"text": text, "now": now})
        output.emit(found) if json else output.say(found["sentence"])
        return
    if now:
        output.fail("--now goes with --explain", 2)
    answer = server.call("POST", f"/query/{kind}/find", {"text": text, "limit": limit})
    records = answer.get(kind) or []
    if json:
        for record in records:
            output.emit(record)
        return
    output.table([_line(record) for record in records], {"name": "Name", "reach": "Reach", "stage": "Stage", "segment": "Segment"}, "Nothing found.")  # fmt: skip
    if answer["availablecount"] > len(records):
        output.progress(f"{len(records)} of {answer['availablecount']}: more with --limit")


def _line(record: dict[str, Any]) -> dict[str, Any]:
    reach = [entry.get("value") for name in ("emails", "phones") for entry in record.get(name) or ()]
    return {**record, "reach": next(iter(reach or record.get("domains") or ()), None)}
