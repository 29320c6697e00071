"""The canvas of a scenario: where each disc and link stands. Pure; the template draws it as SVG."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tieline.scenarios.blueprint import Blueprint, Json
from tieline.scenarios.filters import OPERATORS
from tieline.scenarios.plan import DIRECTIVES, FORKS, HOOK, ROUTER
from tieline.scenarios.polling import POLLING, module_of
from tieline.scenarios.tools import TOOLS

STEP_X, STEP_Y, RADIUS, MARGIN = 190, 170, 36, 70
APPS = {
    "cloze": "accent",
    "tieline": "accent",
    "builtin": "tool",
    "util": "tool",
    "gateway": "hook",
    "http": "http",
    "json": "http",
}


@dataclass
class Disc:
    """A module on the canvas."""

    id: int
    x: int
    y: int
    label: str
    app: str
    tone: str
    letter: str
    badge: str | None
    runs: bool
    handler: bool
    dimmed: bool
    count: int = 0
    failed: int = 0


@dataclass
class Arc:
    """A link. `filter_name` and `filter_text` tell what stands on it."""

    x1: int
    y1: int
    x2: int
    y2: int
    filter_name: str | None
    filter_text: str
    handler: bool
    dimmed: bool
    note: str = ""

    @property
    def mid(self) -> tuple[int, int]:
        return (self.x1 + self.x2) // 2, (self.y1 + self.y2) // 2

    @property
    def path(self) -> str:
        """A straight line on one level, a curve between levels."""
        if self.y1 == self.y2:
            return f"M{self.x1} {self.y1}H{self.x2}"
        bend = (self.x1 + self.x2) // 2
        return f"M{self.x1} {self.y1}C{bend} {self.y1} {bend} {self.y2} {self.x2} {self.y2}"


@dataclass
class Canvas:
    """Everything that is drawn."""

    discs: list[Disc] = field(default_factory=list)
    arcs: list[Arc] = field(default_factory=list)

    @property
    def width(self) -> int:
        return max((disc.x for disc in self.discs), default=0) + RADIUS + MARGIN

    @property
    def height(self) -> int:
        return max((disc.y for disc in self.discs), default=0) + RADIUS + MARGIN


def draw(blueprint: Blueprint) -> Canvas:
    """Lay a blueprint out as a tree: to the right in order, routes and handlers below one another."""
    canvas = Canvas()
    x, y = MARGIN + RADIUS, MARGIN + RADIUS - 20
    lowest = _flow(canvas, blueprint.flow, x, y, None, handler=False, dimmed=False)
    for flow in blueprint.orphans:
        lowest = _flow(canvas, flow, x, lowest + STEP_Y, None, handler=False, dimmed=True)
    return canvas


def count(canvas: Canvas, states: list[tuple[int, str]]) -> None:
    """Put the number of operations on each disc: (module id, state) of every operation."""
    for disc in canvas.discs:
        disc.count = sum(module == disc.id and state in {"done", "failed"} for module, state in states)
        disc.failed = sum(module == disc.id and state == "failed" for module, state in states)


def _flow(
    canvas: Canvas,
    flow: list[Any],
    x: int,
    y: int,
    before: Disc | None,
    *,
    handler: bool,
    dimmed: bool,
    note: str = "",
) -> int:
    """Draw a flow from (x, y) on; the lowest level that it used."""
    lowest = y
    joins: list[Disc] = []
    for position, raw in enumerate(flow):
        if not isinstance(raw, dict) or not isinstance(raw.get("id"), int):
            continue
        disc = _disc(raw, x, y, first=before is None and position == 0, handler=handler, dimmed=dimmed)
        canvas.discs.append(disc)
        for source in joins or ([before] if before is not None else []):
            canvas.arcs.append(_arc(source, disc, raw, note))
        before, note = disc, ""
        ends: list[Disc] = []
        for below, inner, is_handler, off, name in _branches(raw):
            top = y if below == 0 and not is_handler else lowest + STEP_Y
            first = len(canvas.discs)
            lowest = max(
                lowest,
                _flow(
                    canvas,
                    inner,
                    x + STEP_X,
                    top,
                    disc,
                    handler=handler or is_handler,
                    dimmed=dimmed or off,
                    note=name,
                ),
            )
            if not is_handler:
                ends.extend(_end(canvas.discs[first:], inner))
        # What follows if-else stands to the right of all its branches, and each of them leads there.
        for end in ends:
            x = max(x, end.x)
        x += STEP_X
        joins = ends
    return lowest


def _end(discs: list[Disc], flow: list[Any]) -> list[Disc]:
    """The disc of a flow's last module."""
    last = next((raw["id"] for raw in reversed(flow) if isinstance(raw, dict) and "id" in raw), None)
    return [disc for disc in discs if disc.id == last]


def _branches(raw: Json) -> list[tuple[int, list[Any], bool, bool, str]]:
    """(number, flow, is a handler, is switched off, what stands on its link) of everything that leaves a module."""
    found: list[tuple[int, list[Any], bool, bool, str]] = []
    for key in ("routes", "branches"):
        routes = raw.get(key)
        for number, route in enumerate(routes if isinstance(routes, list) else ()):
            if isinstance(route, dict) and isinstance(route.get("flow"), list) and route["flow"]:
                fallback = (raw.get("parameters") or {}).get("else") == number
                label = "fallback" if fallback else str(route.get("label") or f"{number + 1}.")
                found.append((len(found), route["flow"], False, route.get("disabled") is True, label))
    handler = raw.get("onerror")
    if isinstance(handler, list) and handler:
        found.append((len(found), handler, True, False, "on error"))
    return found


def _disc(raw: Json, x: int, y: int, *, first: bool, handler: bool, dimmed: bool) -> Disc:
    name = str(raw.get("module") or "")
    app = name.partition(":")[0].partition("#")[0]
    module, tool = module_of(name), TOOLS.get(name)
    polled = POLLING.get(name)
    label = own_label(raw) or (
        polled.label
        if polled
        else module.label
        if module
        else tool.label
        if tool
        else _words(name.rpartition(":")[2])
    )
    instant = name == HOOK or (module is not None and module.kind == "instant_trigger")
    runs = module is not None or tool is not None or name in DIRECTIVES or name in FORKS | {HOOK}
    badge = ("bolt" if instant else "clock") if first else None
    tone = APPS.get(app) or f"hue-{hashlib.sha256(app.encode()).digest()[0] % 12}"
    return Disc(
        raw["id"], x, y, label, app.capitalize(), tone, _letter(app, name), badge, runs, handler, dimmed
    )


def own_label(raw: Json) -> str:
    """The name that somebody gave the module."""
    metadata = raw.get("metadata")
    designer = metadata.get("designer") if isinstance(metadata, dict) else None
    return str(designer.get("name") or "") if isinstance(designer, dict) else ""


def _letter(app: str, name: str) -> str:
    if name == ROUTER:
        return "⑂"
    return (
        app[:1].upper()
        if app not in {"builtin", "util"}
        else name.rpartition(":")[2].removeprefix("Basic").removeprefix("Function")[:1]
    )


def _words(slug: str) -> str:
    made = "".join(f" {char}" if char.isupper() and position else char for position, char in enumerate(slug))
    return made.strip()[:1].upper() + made.strip()[1:]


def _arc(before: Disc, disc: Disc, raw: Json, note: str) -> Arc:
    found = raw.get("filter")
    name = text = None
    if isinstance(found, dict):
        text = filter_words(found)
        name = str(found.get("name") or "") or ("Filter" if found.get("conditions") else None)
    return Arc(
        before.x + RADIUS,
        before.y,
        disc.x - RADIUS,
        disc.y,
        name,
        text or "",
        disc.handler,
        before.dimmed or disc.dimmed,
        note,
    )


def filter_words(found: Json) -> str:
    """A filter in words: “stage equals lead and …, or …”."""
    groups = found.get("conditions")
    spoken = []
    for group in groups if isinstance(groups, list) else ():
        spoken.append(
            " and ".join(_condition(c) for c in group if isinstance(c, dict))
            if isinstance(group, list)
            else ""
        )
    return ", or ".join(part for part in spoken if part) or "everything passes"


def _condition(condition: Json) -> str:
    operator = OPERATORS.get(str(condition.get("o") or "exist"))
    word = operator.label.lower() if operator else str(condition.get("o"))
    right = "" if operator is not None and operator.unary else f" {condition.get('b', '')}"
    return f"{condition.get('a', '')} {word}{right}"
