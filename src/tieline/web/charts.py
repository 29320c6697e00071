"""Geometry of charts: stacked columns over time, and horizontal bars. Templates draw what is computed here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 400, 210
LEFT, TOP, BOTTOM = 34, 8, 22
BAR_HEIGHT, BAR_GAP, BAR_LEFT, BAR_RIGHT = 22, 12, 78, 118
MOST_LABELS = 12
MOST_SERIES = 6


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a column or bar: what it stands for, and where a click leads."""

    value: float
    text: str
    href: str
    series: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with its part."""

    x: float
    y: float
    width: float
    height: float
    part: Part


@dataclass(slots=True)
class Column:
    """A column of a chart before it is drawn."""

    label: str
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Columns:
    """Stacked columns: boxes, labels beneath (x, text) and lines across (y, text)."""

    width: int
    height: int
    boxes: list[Box]
    labels: list[tuple[float, str]]
    lines: list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars: boxes, and for each its middle, its name and what stands at its end (y, name, text)."""

    width: int
    height: int
    boxes: list[Box]
    names: list[tuple[float, str, str]]


def columns(given: Sequence[Column]) -> Columns:
    """Stacked columns, every one as high as its parts together."""
    highest = max((sum(part.value for part in column.parts) for column in given), default=0)
    step = step_of(highest)
    top = max(math.ceil(highest / step), 1) * step
    room, floor = HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    pitch = (WIDTH - LEFT - 4) / max(len(given), 1)
    wide = round(min(max(pitch * 0.72, 1), 46), 2)
    every = math.ceil(len(given) / MOST_LABELS)
    boxes: list[Box] = []
    labels: list[tuple[float, str]] = []
    for number, column in enumerate(given):
        middle = LEFT + pitch * (number + 0.5)
        y = float(floor)
        for part in (part for part in column.parts if part.value > 0):
            height = part.value / top * room
            y -= height
            boxes.append(Box(round(middle - wide / 2, 2), round(y, 2), wide, round(height, 2), part))
        if (len(given) - 1 - number) % every == 0:
            labels.append((round(middle, 2), column.label))
    lines = [
        (round(floor - mark * step / top * room, 2), short(mark * step))
        for mark in range(round(top / step) + 1)
    ]
    return Columns(WIDTH, HEIGHT, boxes, labels, lines)


def bars(given: Sequence[tuple[str, str, Part]]) -> Bars:
    """A bar for each (name, text at its end, part)."""
    longest = max((part.value for _, _, part in given), default=0) or 1
    room = WIDTH - BAR_LEFT - BAR_RIGHT
    boxes: list[Box] = []
    names: list[tuple[float, str, str]] = []
    for number, (name, text, part) in enumerate(given):
        y = TOP + number * (BAR_HEIGHT + BAR_GAP)
        width = round(part.value / longest * room, 2)
        boxes.append(Box(BAR_LEFT, y, max(width, 2) if part.value else 0, BAR_HEIGHT, part))
        names.append((y + BAR_HEIGHT / 2, name, text))
    return Bars(WIDTH, TOP + len(given) * (BAR_HEIGHT + BAR_GAP), boxes, names)


def step_of(highest: float) -> float:
    """A round distance between lines, so that there are two to five; never a part of one."""
    if highest <= 4:
        return 1
    size = 10.0 ** math.floor(math.log10(highest / 4))
    return next(
        size * factor
        for factor in (1, 2, 2.5, 5, 10)
        if highest / (size * factor) <= 5 and (size * factor) % 1 == 0
    )


def short(value: float) -> str:
    """`1,200` as `1.2k`."""
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + unit
    return f"{value:g}"
