"""When a scenario is due (1.18): pure, in the scenario's time zone, daylight saving included.

A scheduling is Make's JSON with two keys of ours: `timezone` (the account's when absent) and `missed`, what becomes of
due times that passed while the server was off: `skip`, `once` (the default) or `all`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tieline.scenarios.localtime import local_ms
from tieline.scenarios.scheduling import CALENDAR, clock_time, instant
from tieline.scenarios.windows import first_allowed

Scheduling = dict[str, Any]

LOOK_AHEAD = 366 * 9  # days: 29 February comes back within them
GRACE = 60_000  # ms: a time that passed no longer ago than this was not missed
MOST_MISSED = 1000  # due times that `all` makes up for


def zone_of(scheduling: Scheduling, timezone: str) -> ZoneInfo:
    """The zone a scheduling is meant in; `timezone` is the account's."""
    return ZoneInfo(str(scheduling.get("timezone") or timezone))


def next_run(scheduling: Scheduling, after: int, timezone: str) -> int | None:
    """The first moment later than `after` (UTC milliseconds) when the scenario is due; None when there is none."""
    kind = scheduling.get("type", "on-demand")
    zone = zone_of(scheduling, timezone)
    earliest, latest = bounds(scheduling, zone)
    if kind == "indefinitely":
        wished = after + int(float(scheduling["interval"]) * 1000)
        found = first_allowed(scheduling, max(wished, earliest or wished), zone)
    elif kind == "once":
        at = instant(scheduling.get("date"), zone, "date")
        found = at if at > after and (earliest is None or at >= earliest) else None
    elif kind in CALENDAR:
        from_ = after if earliest is None else max(after, earliest - 1)
        found = next((at for at in _calendar(scheduling, kind, from_, zone) if at > from_), None)
    else:
        return None
    return None if found is None or (latest is not None and found > latest) else found


def next_moment(scheduling: Scheduling, at: int, timezone: str) -> int | None:
    """The first moment from `at` on when an event may be processed: within `between` and `restrict`. None: never."""
    zone = zone_of(scheduling, timezone)
    earliest, latest = bounds(scheduling, zone)
    found = first_allowed(scheduling, at if earliest is None else max(at, earliest), zone)
    return None if found is None or (latest is not None and found > latest) else found


def upcoming(scheduling: Scheduling, after: int, timezone: str, count: int = 10) -> list[int]:
    """The next due times, for a preview."""
    made: list[int] = []
    while (
        len(made) < count and (at := next_run(scheduling, made[-1] if made else after, timezone)) is not None
    ):
        made.append(at)
    return made


def preview(
    scheduling: Scheduling, stored: int | None, now: int, timezone: str, count: int = 10
) -> list[int]:
    """The next due times of a scenario: from the one that is stored, or as they would be if it began now."""
    if not scheduling or count < 1:
        return []
    if stored is None:
        return upcoming(scheduling, now, timezone, count)
    return [stored, *upcoming(scheduling, stored, timezone, count - 1)]


def passed(scheduling: Scheduling, due: int, now: int, timezone: str) -> list[int]:
    """The due times from `due` until now, MOST_MISSED at the most."""
    made = [due]
    while len(made) < MOST_MISSED:
        at = next_run(scheduling, made[-1], timezone)
        if at is None or at > now:
            break
        made.append(at)
    return made


def to_start(scheduling: Scheduling, due: int, now: int, timezone: str) -> tuple[list[int], list[int]]:
    """What follows when the due time `due` is looked at now: the due times to run for, and those that are left out."""
    if now - due <= GRACE:
        return [due], []
    policy = scheduling.get("missed") or "once"
    if policy == "once":
        return [due], []
    every = passed(scheduling, due, now, timezone)
    beyond = next_run(scheduling, every[-1], timezone) if len(every) == MOST_MISSED else None
    if policy == "all":
        return every, [beyond] if beyond is not None and beyond <= now else []
    last = every[-1] if beyond is None else next_run(scheduling, max(due, now - GRACE), timezone)
    run = [last] if last is not None and now - GRACE <= last <= now else []
    return run, [at for at in every if at not in run]


def _calendar(scheduling: Scheduling, kind: str, after: int, zone: ZoneInfo) -> Iterator[int]:
    clock = clock_time(scheduling.get("time") or "00:00")
    days, months = scheduling.get("days"), scheduling.get("months")
    day = datetime.fromtimestamp(after / 1000, zone).date() - timedelta(days=1)
    for _ in range(LOOK_AHEAD):
        if _fits(kind, day, days, months):
            at = local_ms(day, clock, zone)
            if not scheduling.get("restrict") or first_allowed(scheduling, at, zone) == at:
                yield at
        day += timedelta(days=1)


def _fits(kind: str, day: date, days: Any, months: Any) -> bool:
    if kind == "weekly" and days and day.isoweekday() % 7 not in days:
        return False
    if kind in {"monthly", "yearly"} and day.day not in (days or [1]):
        return False
    return kind != "yearly" or day.month in (months or [1])


def bounds(scheduling: Scheduling, zone: ZoneInfo) -> tuple[int | None, int | None]:
    """The earliest and the latest run, None where there is none."""
    start, end = scheduling.get("between") or (None, None)
    return (
        instant(start, zone, "between") if start else None,
        instant(end, zone, "between") if end else None,
    )
