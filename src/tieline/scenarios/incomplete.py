"""Incomplete executions: bundles that failed, kept with all they need to go on where they stopped (3.10, 3.13).

A row waits for its next attempt or for a person, is `running` while an execution tries to complete it, and `resolved`
when one did. What is deleted is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from tieline import clock, jobs
from tieline.errors import Conflict, InvalidInput, NotFound
from tieline.expressions import from_json, to_json
from tieline.scenarios import line
from tieline.scenarios.failures import Attempts
from tieline.store.database import Row, Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import incomplete, scenario

AT_ONCE = 3  # attempts of one scenario that run at the same moment (3.12)
DAY = 86_400_000

COLUMNS = (
    "account_id", "scenario_id", "execution_id", "origin", "path", "module_id", "module", "version", "bundles", "error",
    "policy", "attempts", "next_at", "state", "key", "size", "created", "changed",
)  # fmt: skip
KEEP = upsert(incomplete, columns=COLUMNS, conflict=("execution_id", "path"))
PLACE = Statement(
    select(incomplete).where(
        incomplete.c.execution_id == bindparam("execution"), incomplete.c.path == bindparam("at_path")
    )
)
ONE = Statement(
    select(incomplete, scenario.c.name.label("scenario"))
    .join(scenario, scenario.c.id == incomplete.c.scenario_id)
    .where(incomplete.c.id == bindparam("wanted"))
)
OF_SCENARIO = Statement(
    select(incomplete, scenario.c.name.label("scenario"))
    .join(scenario, scenario.c.id == incomplete.c.scenario_id)
    .where(
        incomplete.c.account_id == bindparam("account_id"),
        incomplete.c.scenario_id == bindparam("scenario_id"),
    )
    .order_by(incomplete.c.id)
)
SIZE = Statement(
    select(func.coalesce(func.sum(incomplete.c.size), 0)).where(
        incomplete.c.scenario_id == bindparam("scenario_id"), incomplete.c.state != "resolved"
    )
)
OPEN = Statement(
    select(func.count())
    .select_from(incomplete)
    .where(incomplete.c.origin == bindparam("origin"), incomplete.c.state != "resolved")
)
CHANGE = Statement(
    update(incomplete)
    .where(incomplete.c.id == bindparam("wanted"))
    .values(
        state=bindparam("state_"),
        error=bindparam("error_"),
        attempts=bindparam("attempts_"),
        next_at=bindparam("next_"),
        resolver=bindparam("resolver_"),
        bundles=bindparam("bundles_"),
        version=bindparam("version_"),
        key=bindparam("key_"),
        changed=bindparam("now"),
    )
)
DELETE = Statement(delete(incomplete).where(incomplete.c.id == bindparam("wanted")))
OLD = Statement(
    delete(incomplete).where(incomplete.c.state == "resolved", incomplete.c.changed < bindparam("before"))
)


class IncompleteView(msgspec.Struct):
    """An incomplete execution. `bundles`: by module id, in the encoding of 2.13; `next_at`: of its next attempt, null
    when a person has to decide; `resolver`: the execution that completed it, or tries to."""

    id: int
    scenario_id: int
    scenario: str
    execution_id: str
    module_id: int
    module: str
    version: int
    error: dict[str, Any]
    attempts: int
    next_at: int | None
    state: str
    resolver: str | None
    size: int
    created: int
    changed: int
    bundles: dict[str, Any] | None = None


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a failed operation. `origin`: the execution whose place in line it holds."""

    origin: str
    path: str
    module_id: int
    module: str
    version: int
    bundles: Mapping[int, Any]
    error: dict[str, Any]
    attempts: Attempts
    key: str


def keep(tx: Transaction, execution: Row, kept: Kept, limit: int) -> bool:
    """Store it, with the moment of its first attempt. False when the scenario's `limit` of bytes is reached."""
    if tx.one(PLACE, {"execution": execution["id"], "at_path": kept.path}) is not None:
        return True  # the execution was taken up again after a crash
    text = msgspec.json.encode({str(n): to_json(b) for n, b in kept.bundles.items()}).decode()
    size, now = len(text.encode()), clock.now_ms()
    if int(tx.scalar(SIZE, {"scenario_id": execution["scenario_id"]})) + size > limit:
        return False
    pause = kept.attempts.after(0, kept.error)
    values = {
        "account_id": execution["account_id"],
        "scenario_id": execution["scenario_id"],
        "execution_id": execution["id"],
        "origin": kept.origin,
        "path": kept.path,
        "module_id": kept.module_id,
        "module": kept.module,
        "version": kept.version,
        "bundles": text,
        "error": msgspec.json.encode(kept.error).decode(),
        "policy": msgspec.json.encode(kept.attempts.to_json()).decode(),
        "attempts": 0,
        "next_at": None if pause is None else now + pause,
        "state": "waiting",
        "key": kept.key,
        "size": size,
        "created": now,
        "changed": now,
    }
    tx.run(KEEP, values)
    row = tx.one(PLACE, {"execution": execution["id"], "at_path": kept.path})
    assert row is not None
    _plan(tx, row, row["next_at"])
    return True


def _plan(tx: Transaction, row: Row, at: int | None) -> None:
    if at is not None:
        jobs.defer(tx, "incomplete.run", {"id": int(row["id"])}, at=at, lock=_lock(row))


def _lock(row: Row) -> str:
    return f"incomplete:{row['scenario_id']}:{int(row['id']) % AT_ONCE}"


def due(tx: Transaction, incomplete_id: int) -> Row | None:
    """The row, when its attempt has come: it is being tried, or its moment is here."""
    row = tx.one(ONE, {"wanted": incomplete_id})
    if row is None or row["state"] not in {"running", "waiting"}:
        return None
    if row["state"] == "waiting" and (row["next_at"] is None or int(row["next_at"]) > clock.now_ms()):
        return None
    return row


def begin(tx: Transaction, row: Row, execution_id: str) -> None:
    """An execution tries to complete it."""
    _change(tx, row, state="running", resolver=execution_id, next_at=None)


def failed_again(tx: Transaction, incomplete_id: int, error: dict[str, Any]) -> None:
    """The attempt failed at the same place: it waits for the next one, or for a person."""
    row = tx.one(ONE, {"wanted": incomplete_id})
    if row is None or row["state"] != "running":
        return
    attempts = int(row["attempts"]) + 1
    pause = msgspec.convert(msgspec.json.decode(row["policy"]), Attempts).after(attempts, error)
    at = None if pause is None else clock.now_ms() + pause
    _change(
        tx, row, state="waiting", attempts=attempts, error=msgspec.json.encode(error).decode(), next_at=at
    )
    _plan(tx, row, at)


def resolved(tx: Transaction, incomplete_id: int) -> None:
    """The attempt went through. Who stands behind it in line may go on."""
    row = tx.one(ONE, {"wanted": incomplete_id})
    if row is not None and row["state"] == "running":
        _change(tx, row, state="resolved", attempts=int(row["attempts"]) + 1)
        _let_on(tx, str(row["origin"]))


def holds(tx: Transaction, origin: str) -> bool:
    """Whether something of that execution is still open: it keeps its place in line (3.10, rule 5)."""
    return int(tx.scalar(OPEN, {"origin": origin})) > 0


def _let_on(tx: Transaction, origin: str) -> None:
    if not holds(tx, origin):
        line.leave(tx, origin)


def _change(tx: Transaction, row: Row, **changes: Any) -> None:
    names = ("state", "error", "attempts", "next_at", "resolver", "bundles", "version", "key")
    values = {name: changes.get(name, row[name]) for name in names}
    made = {f"{name.removesuffix('_at')}_": value for name, value in values.items()}
    tx.run(CHANGE, {"wanted": row["id"], "now": clock.now_ms(), **made})


# What people do


def listed(
    tx: Transaction, account_id: int, scenario_id: int, *, every: bool = False
) -> list[IncompleteView]:
    """The open ones of a scenario in order, without their bundles; `every`: the resolved ones too."""
    rows = tx.all(OF_SCENARIO, {"account_id": account_id, "scenario_id": scenario_id})
    return [_view(row) for row in rows if every or row["state"] != "resolved"]


def get(tx: Transaction, account_id: int, incomplete_id: int) -> IncompleteView:
    """One of them, with its bundles. Raises NotFound."""
    row = _find(tx, account_id, incomplete_id)
    return msgspec.structs.replace(_view(row), bundles=msgspec.json.decode(row["bundles"]))


def resume(
    tx: Transaction,
    account_id: int,
    incomplete_id: int,
    *,
    bundles: dict[str, Any] | None = None,
    version: int | None = None,
) -> None:
    """Try it now. `bundles`: in place of those that were kept; `version`: another blueprint than the one that failed.

    Raises NotFound, Conflict when it is being tried or resolved, InvalidInput for bundles that are none.
    """
    row = _find(tx, account_id, incomplete_id)
    if row["state"] != "waiting":
        raise Conflict(f"The incomplete execution {incomplete_id} is {row['state']}.")
    changes: dict[str, Any] = {"next_at": clock.now_ms()}
    if bundles is not None:
        text = msgspec.json.encode(checked(bundles)).decode()
        # Another input is another call: what makes a repetition harmless does not fit it.
        changes.update(bundles=text, key="" if text != row["bundles"] else row["key"])
    if version is not None:
        changes["version"] = version
    _change(tx, row, **changes)
    _plan(tx, row, clock.now_ms())


def checked(bundles: dict[str, Any]) -> dict[str, Any]:
    """Bundles as a person wrote them. Raises InvalidInput."""
    for number, bundle in bundles.items():
        if not str(number).isdecimal() or not isinstance(bundle, dict):
            raise InvalidInput(
                f"“{number}” is no module with a bundle", field="bundles", remedy='write {"1": {…}, "2": {…}}'
            )
    return bundles


def remove(tx: Transaction, account_id: int, incomplete_id: int) -> None:
    """Give it up. Raises NotFound, Conflict while it is being tried."""
    row = _find(tx, account_id, incomplete_id)
    if row["state"] == "running":
        raise Conflict(
            f"The incomplete execution {incomplete_id} is running.", remedy="wait until it has ended"
        )
    tx.run(DELETE, {"wanted": incomplete_id})
    _let_on(tx, str(row["origin"]))


def prune(tx: Transaction, days: int) -> None:
    """Drop what was resolved long ago."""
    tx.run(OLD, {"before": clock.now_ms() - days * DAY})


def row_of(tx: Transaction, incomplete_id: int) -> Row:
    """The row of one that an execution completes. Raises NotFound."""
    row = tx.one(ONE, {"wanted": incomplete_id})
    if row is None:
        raise NotFound("There is no such incomplete execution any more.")
    return row


def path_of(row: Row) -> dict[int, Any]:
    """The bundles by module id, as values of the expression language."""
    return {int(number): from_json(bundle) for number, bundle in msgspec.json.decode(row["bundles"]).items()}


def many(
    tx: Transaction, account_id: int, scenario_id: int, ids: Sequence[int] | None
) -> list[IncompleteView]:
    """Those of a scenario that are named, or all that wait. Raises NotFound."""
    known = {one.id: one for one in listed(tx, account_id, scenario_id)}
    if ids is None:
        return [one for one in known.values() if one.state == "waiting"]
    for number in ids:
        if number not in known:
            raise NotFound(f"The scenario has no incomplete execution {number}.")
    return [known[number] for number in ids]


def _find(tx: Transaction, account_id: int, incomplete_id: int) -> Row:
    row = tx.one(ONE, {"wanted": incomplete_id})
    if row is None or row["account_id"] != account_id:
        raise NotFound("There is no such incomplete execution.")
    return row


def _view(row: Row) -> IncompleteView:
    names = [name for name in IncompleteView.__struct_fields__ if name not in {"error", "bundles"}]
    return IncompleteView(**{name: row[name] for name in names}, error=msgspec.json.decode(row["error"]))
