"""What `tieline doctor` looks at: the database, the clock, the disk, hooks, connections, and work that was given up."""

from __future__ import annotations

import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy import func, select, text

from tieline import clock
from tieline.client import ClozeError
from tieline.control.frame import Context
from tieline.errors import TielineError
from tieline.modules import connections
from tieline.modules.errors import ModuleError
from tieline.scenarios import counts
from tieline.store.database import Row, Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import account, connection, execution, hook, scenario, setting

State = Literal["ok", "warning", "error"]
SLOW = 0.25  # seconds that a durable write may take
BEHIND = 2_000  # milliseconds that two clocks may differ by
FULL, TIGHT = 200_000_000, 1_000_000_000  # bytes that are left
LARGE = 1_000_000_000  # bytes of a database that is not read through

WRITE = upsert(setting, columns=("name", "value"), conflict=("name",), update=("value",))
NEWEST = Statement(select(func.max(account.c.last_changed)))
BEGUN = Statement(select(func.max(execution.c.created)))
SOUND = Statement(text("PRAGMA quick_check(1)"))
NOW = Statement(text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS now"))
EVERY = Statement(select(connection).order_by(connection.c.id))
REGISTERED = Statement(
    select(hook, scenario.c.name.label("scenario_name"), scenario.c.version)
    .join(scenario, scenario.c.id == hook.c.scenario_id)
    .where(scenario.c.active.is_(True))
    .order_by(hook.c.id)
)


class Finding(msgspec.Struct, frozen=True):
    """What one check found. `remedy`: what to do, when something is to be done."""

    check: str
    state: State
    message: str
    remedy: str | None = None


Check = Callable[[Context], Awaitable[list[Finding]]]


async def examine(context: Context) -> dict[str, Any]:
    """Every check; one that breaks is itself an error."""
    found: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            found += await check(context)
        except Exception as error:
            found.append(Finding(name, "error", f"{type(error).__name__}: {error}", "look into the log"))
    return {"ok": all(finding.state != "error" for finding in found), "findings": found}


async def _database(context: Context) -> list[Finding]:
    database = context.database
    began = time.perf_counter()
    await database.write(lambda tx: tx.run(WRITE, {"name": "doctor", "value": str(clock.now_ms())}))
    taken = time.perf_counter() - began
    told = f"{database.dialect}: a durable write took {1000 * taken:.0f} ms"
    found = [
        Finding("database", "ok", told)
        if taken < SLOW
        else Finding("database", "warning", told, "use a faster disk, or see what else writes to it")
    ]
    if database.dialect == "sqlite":
        found.append(await _sound(context))
    return found


async def _sound(context: Context) -> Finding:
    if _size(context.database.url) > LARGE:
        return Finding("database", "ok", "larger than 1 GB, so it was not read through")
    said = str(await context.database.read_slow(lambda tx: tx.scalar(SOUND)))
    if said == "ok":
        return Finding("database", "ok", "read through, and sound")
    return Finding("database", "error", f"damaged: {said}", "bring a backup back")


def _size(url: str) -> int:
    return Path(url.removeprefix("sqlite:///")).stat().st_size


async def _clock(context: Context) -> list[Finding]:
    here = clock.now_ms()
    newest = await context.database.read(lambda tx: max(tx.scalar(NEWEST) or 0, tx.scalar(BEGUN) or 0))
    found = []
    if newest > here + BEHIND:
        behind = f"what was stored last is {(newest - here) / 1000:.0f} s in the future"
        found.append(Finding("clock", "error", behind, "set the clock of this machine (NTP)"))
    if context.database.dialect == "postgresql":
        apart = abs(int(await context.database.read(lambda tx: tx.scalar(NOW))) - here)
        if apart > BEHIND:
            told = f"it differs by {apart / 1000:.0f} s from the clock of the database"
            found.append(Finding("clock", "error", told, "set both by NTP"))
    return found or [Finding("clock", "ok", clock.utc_now().isoformat(timespec="seconds"))]


async def _disk(context: Context) -> list[Finding]:
    free = _free(context.settings.data_dir)
    told = f"{free / 1e9:.1f} GB are left for {context.settings.data_dir}"
    remedy = "make room, or keep executions for fewer days (TIELINE_HISTORY_DAYS)"
    if free < FULL:
        return [Finding("disk", "error", told, remedy)]
    return [Finding("disk", "warning", told, remedy) if free < TIGHT else Finding("disk", "ok", told)]


def _free(folder: str) -> int:
    """Bytes left where the folder is, or will be."""
    path = Path(folder).resolve()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


async def _hooks(context: Context) -> list[Finding]:
    """Whether others reach this server, and know the webhooks of the scenarios that are on."""
    rows = await context.database.read(lambda tx: tx.all(REGISTERED))
    if not rows:
        return [Finding("hooks", "ok", "no scenario waits for events")]
    base = context.settings.base_url
    try:
        answer = await context.door.request("GET", f"{base}/hooks/doctor", timeout=10)
        reached = answer.status == 410
    except TielineError:
        reached = False
    remedy = "start the server, or set TIELINE_PUBLIC_URL to the address that others use"
    found = [
        Finding("hooks", "ok", f"{base}/hooks/… is this server")
        if reached
        else Finding("hooks", "error", f"{base}/hooks/… is not answered by this server", remedy)
    ]
    return found + [await _registered(context, row) for row in rows if row["external_id"] is not None]


async def _registered(context: Context, row: Row) -> Finding:
    account_id, scenario_id = int(row["account_id"]), int(row["scenario_id"])
    name, remedy = f"scenario {scenario_id} ({row['scenario_name']})", "switch it off and on again"
    try:
        plan = await context.engine.shared.plan(account_id, scenario_id, int(row["version"]))
        client = await context.engine.shared.client_of(account_id, scenario_id, plan.trigger)
        known = {subscription.uniqueid for subscription in await client.webhooks.list()}
    except (ClozeError, ModuleError, TielineError) as error:
        return Finding("hooks", "error", f"{name}: {error}", "test its connection")
    if row["external_id"] in known:
        return Finding("hooks", "ok", f"{name}: registered")
    return Finding("hooks", "error", f"{name}: the other side does not know its webhook", remedy)


async def _connections(context: Context) -> list[Finding]:
    rows = await context.database.read(lambda tx: tx.all(EVERY))
    return [await _connection(context, row) for row in rows] or [
        Finding("connections", "ok", "there are none")
    ]


async def _connection(context: Context, row: Row) -> Finding:
    name = f"“{row['name']}” of account {row['account_id']}"
    try:
        client = connections.open_client(
            row,
            context.vault,
            lambda owner: context.engine.local(owner, "doctor"),
            context.door,
            context.database,
            timeout=10,
        )
        try:
            identity = await connections.verify(client, str(row["email"] or ""))
        finally:
            await client.close()
    except TielineError as error:
        return Finding("connections", "error", f"{name}: {error}", "test it, and give it a new key")
    return Finding("connections", "ok", f"{name}: {identity or 'answers'}")


async def _work(context: Context) -> list[Finding]:
    def count(tx: Transaction) -> tuple[int, int]:
        return counts.given_up(tx), counts.scenarios(tx)["paused"]

    given_up, paused = await context.database.read(count)
    found = []
    if given_up:
        told = f"{given_up} jobs were given up after many attempts"
        found.append(Finding("work", "warning", told, "look for their errors in the log"))
    if paused:
        told = f"{paused} scenarios were paused because of errors"
        found.append(Finding("work", "warning", told, "look at their executions and switch them on again"))
    return found or [Finding("work", "ok", "nothing was given up, nothing is paused")]


CHECKS: dict[str, Check] = {
    "database": _database,
    "clock": _clock,
    "disk": _disk,
    "hooks": _hooks,
    "connections": _connections,
    "work": _work,
}
