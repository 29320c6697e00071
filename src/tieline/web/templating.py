"""The template environment: autoescaped Jinja, and the few filters that pages share."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jinja2
import msgspec

from tieline import clock
from tieline.crm.scoring import score_at
from tieline.web.icons import icon

FOLDER = Path(__file__).parent
STEPS = (
    (60, "minute"),
    (3600, "hour"),
    (86400, "day"),
    (7 * 86400, "week"),
    (30 * 86400, "month"),
    (365 * 86400, "year"),
)


@cache
def environment() -> jinja2.Environment:
    """The one environment."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        enable_async=True,
        undefined=jinja2.ChainableUndefined,
    )
    made.filters.update(
        date=date,
        moment=moment,
        weekday=weekday,
        ago=ago,
        initials=initials,
        hue=hue,
        pretty=pretty,
        plural=plural,
        duration=duration,
        score=lambda energy: score_at(energy, clock.now_ms()),
    )
    made.globals.update(asset=asset, icon=icon, now_ms=clock.now_ms)
    return made


@cache
def asset(name: str) -> str:
    """The address of a static file, changing whenever the file does."""
    digest = hashlib.sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def zone(name: str | None) -> tzinfo:
    """The time zone of that IANA name, UTC when unknown."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def date(ms: int | None, timezone: str | None = None) -> str:
    """`3 Nov 2026` in that zone; nothing for nothing, `someday` for 1."""
    if ms is None:
        return ""
    if ms == 1:
        return "someday"
    at = datetime.fromtimestamp(ms / 1000, zone(timezone))
    return f"{at.day} {at:%b %Y}"


def moment(ms: int | None, timezone: str | None = None) -> str:
    """`3 Nov 2026, 14:05` in that zone."""
    if ms is None or ms == 1:
        return date(ms, timezone)
    return f"{date(ms, timezone)}, {datetime.fromtimestamp(ms / 1000, zone(timezone)):%H:%M}"


def weekday(ms: int, timezone: str | None = None) -> str:
    """`Tue` in that zone."""
    return f"{datetime.fromtimestamp(ms / 1000, zone(timezone)):%a}"


def ago(ms: int | None) -> str:
    """`5 minutes ago`, `in 2 days`, `just now`."""
    if ms is None:
        return ""
    if ms == 1:
        return "someday"
    seconds = clock.now() - ms / 1000
    size = abs(seconds)
    if size < 60:
        return "just now"
    length, unit = next(s for s in reversed(STEPS) if size >= s[0])
    count = int(size // length)
    text = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def duration(ms: int | None) -> str:
    """`12 ms`, `1.4 s`, `3 min 20 s`."""
    if ms is None:
        return ""
    if ms < 1000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms // 60_000} min {ms % 60_000 // 1000} s"


def initials(name: str | None) -> str:
    """Up to two letters that stand for a name."""
    words = [word for word in (name or "").split() if word[:1].isalnum()]
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:])) or "?"


def hue(text: str | None) -> int:
    """One of twelve colour classes, always the same for the same text."""
    return hashlib.sha256((text or "").encode()).digest()[0] % 12


def pretty(value: Any) -> str:
    """Indented JSON of a value, for people."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 person`, `2 people`."""
    return f"{count:,} {one if count == 1 else (many or one + 's')}"
