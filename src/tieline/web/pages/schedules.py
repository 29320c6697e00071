"""When a scenario runs: the form, the next due times while it is filled in, saving."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import Response

from tieline import clock
from tieline.errors import InvalidInput, TielineError
from tieline.scenarios import due, library, ordering, polling, schedule
from tieline.scenarios import scheduling as schedules
from tieline.scenarios.blueprint import Blueprint
from tieline.web import session
from tieline.web.context import database, engine
from tieline.web.forms import lists_of
from tieline.web.page import go, render

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
KINDS = {
    "immediately": "As events come",
    "on-demand": "Only by hand",
    "indefinitely": "At regular intervals",
    "once": "Once",
    "daily": "Every day",
    "weekly": "On days of the week",
    "monthly": "On days of the month",
    "yearly": "On dates of the year",
}
MISSED = {
    "once": "run once, however many were missed",
    "skip": "leave them out",
    "all": "run for each of them",
}
PARTS = {"schedule": "parts/schedule.html", "coming": "parts/coming.html"}  # by what htmx asks to replace
Lists = dict[str, list[str]]


async def show(request: Request) -> Response:
    """The form by itself."""
    return await _page(request, None, None, 200)


async def preview(request: Request) -> Response:
    """The form as it is filled in, with the due times that would follow."""
    form = await lists_of(request)
    try:
        given = schedules.check(scheduling_of(form))
    except InvalidInput as error:
        return await _page(request, scheduling_of(form), error, 200)
    return await _page(request, given, None, 200)


async def save(request: Request) -> Response:
    """Go by it from now on."""
    caller, number = await session.signed_in(request), request.path_params["number"]
    given = scheduling_of(await lists_of(request))
    try:
        await database(request).write(library.set_scheduling, caller.account_id, number, given)
    except TielineError as error:
        return await _page(request, given, error, 422)
    return go(request, f"/scenarios/{number}/schedule", "Schedule saved.")


def scheduling_of(form: Lists) -> dict[str, Any]:
    """What was filled in, as the scheduling of the contract; fields that the type does not know are left out."""
    kind = _one(form, "type") or "on-demand"
    made: dict[str, Any] = {"type": kind}
    if kind == "indefinitely":
        every = _number(_one(form, "every") or "15")
        made["interval"] = every * UNITS.get(_one(form, "unit"), 60) if isinstance(every, int) else every
    elif kind == "once":
        made["date"] = _one(form, "date")
    elif kind in schedules.CALENDAR:
        made["time"] = _one(form, "time") or "09:00"
        days = form.get("weekday", []) if kind == "weekly" else _one(form, "days").replace(",", " ").split()
        if days and kind != "daily":
            made["days"] = [_number(day) for day in days]
        if kind == "yearly" and form.get("month"):
            made["months"] = [_number(month) for month in form["month"]]
    if restrict := _restrict(form):
        made["restrict"] = restrict
    if _one(form, "from") or _one(form, "until"):
        made["between"] = [_one(form, "from") or None, _one(form, "until") or None]
    for name in ("timezone", "missed"):
        if _one(form, name):
            made[name] = _one(form, name)
    return made


def _restrict(form: Lists) -> list[dict[str, Any]]:
    """The windows, numbered r0, r1 …; one in which nothing is chosen is none."""
    made = []
    for number in range(len(form.get("window", []))):
        entry: dict[str, Any] = {}
        if days := form.get(f"r{number}.day"):
            entry["days"] = [_number(day) for day in days]
        if months := form.get(f"r{number}.month"):
            entry["months"] = [_number(month) for month in months]
        start, end = _one(form, f"r{number}.start"), _one(form, f"r{number}.end")
        if start or end:
            entry["time"] = [start or "00:00", end or "24:00"]
        if entry:
            made.append(entry)
    return made


def _one(form: Lists, name: str) -> str:
    return (form.get(name) or [""])[-1]


def _number(text: str) -> Any:
    """The number, or the text as it is: the check names the field."""
    return int(text) if text.isdecimal() and len(text) < 12 else text


def _every(scheduling: dict[str, Any]) -> tuple[Any, str]:
    """An interval in the largest unit that fits."""
    seconds = scheduling.get("interval") or 900
    for unit, size in reversed(UNITS.items()):
        if isinstance(seconds, int | float) and seconds % size == 0:
            return int(seconds / size), unit
    return seconds, "seconds"


async def _page(
    request: Request, given: dict[str, Any] | None, error: TielineError | None, status: int
) -> Response:
    caller, number = await session.signed_in(request), request.path_params["number"]
    found = await database(request).read(library.get_scenario, caller.account_id, number)
    blueprint = await database(request).read(library.load_blueprint, caller.account_id, number)
    events = library.begins_with_events(blueprint)
    shown = found.scheduling if given is None else given
    stored = found.next_run if given is None else None
    zone, times = caller.timezone, []
    if error is None:
        zone = schedule.zone_of(shown, caller.timezone).key
        times = [at.at for at in due.coming(shown, stored, caller.timezone)]
    return await render(
        request,
        PARTS.get(request.headers.get("hx-target", ""), "schedule.html"),
        status=status,
        scenario=found,
        scheduling=shown,
        kind=shown.get("type") or ("immediately" if events else "on-demand"),
        kinds={n: t for n, t in KINDS.items() if n != ("indefinitely" if events else "immediately")},
        every=_every(shown),
        units=tuple(UNITS),
        windows=[*(shown.get("restrict") or []), {}],
        weekdays=tuple(enumerate(WEEKDAYS)),
        months=tuple(enumerate(MONTHS, 1)),
        missed=MISSED,
        zones=sorted(available_timezones()),
        events=events,
        order=ordering.order_of(blueprint),
        polled=_polls(blueprint),
        position=await _position(request, number, blueprint),
        zone=zone,
        times=times,
        now=clock.now_ms(),
        error=error,
    )


async def items(request: Request) -> Response:
    """The newest items of a polling trigger, to choose one of."""
    caller, number = await session.signed_in(request), request.path_params["number"]
    found = await database(request).read(library.get_scenario, caller.account_id, number)
    blueprint = await database(request).read(library.load_blueprint, caller.account_id, number)
    return await render(
        request,
        "parts/start.html",
        scenario=found,
        position=await _position(request, number, blueprint),
        items=await engine(request).items(caller.account_id, number),
    )


async def start_at(request: Request) -> Response:
    """Choose where a polling trigger starts."""
    caller, number = await session.signed_in(request), request.path_params["number"]
    form = await lists_of(request)
    given = {name: _one(form, name) for name in ("from", "date", "id")}
    try:
        await engine(request).start_at(caller.account_id, number, given)
    except TielineError as error:
        return await _page(request, None, error, 422)
    return go(request, f"/scenarios/{number}/schedule", "The next run starts there.")


def _polls(blueprint: Blueprint) -> bool:
    return blueprint.flow[0].get("module") in polling.POLLING


async def _position(request: Request, number: int, blueprint: Blueprint) -> polling.Position | None:
    if not _polls(blueprint) or not isinstance(blueprint.flow[0].get("id"), int):
        return None
    return await database(request).read(polling.read, number, blueprint.flow[0]["id"])
