"""`tieline report`: figures as a table, or as JSON lines."""

from __future__ import annotations

from typing import Any

from tieline.cli import output
from tieline.cli.reach import Server

COLUMNS = {
    "activity": {
        "key": "Period", "mail": "E-mails", "call": "Calls", "meeting": "Meetings", "message": "Messages", "note": "Notes",
        "todo": "To-dos done",
    },
    "projects": {"label": "Stage", "projects": "Projects", "worth": "Value"},
    "leads": {"key": "Period", "new": "New", "qualified": "Qualified", "lost": "Lost", "sources": "New by source"},
    "funnel": {
        "label": "Stage", "entered": "Entered", "conversion": "Went further", "goal": "Reached the goal",
        "median_days": "Median days", "here": "There now",
    },
}  # fmt: skip


def show(server: Server, name: str, asked: dict[str, Any], json: bool) -> None:
    """Print a report."""
    rows = server.call("POST", f"/reports/{name}", asked)
    if json:
        for row in rows:
            output.emit(row)
        return
    output.table([_line(row) for row in rows], COLUMNS[name], "Nothing to report.")


def _line(row: dict[str, Any]) -> dict[str, Any]:
    made = dict(row)
    for name in ("conversion", "goal"):
        if made.get(name) is not None:
            made[name] = f"{made[name]:.0%}"
    if "worth" in made:
        made["worth"] = f"{made['worth']:,.0f}"
    if "bysource" in made:
        found = sorted(made["bysource"].items(), key=lambda pair: -pair[1]["new"])
        made["sources"] = ", ".join(f"{source} {counts['new']}" for source, counts in found if counts["new"])
    return made
