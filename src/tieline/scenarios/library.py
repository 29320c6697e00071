"""Scenarios as the account keeps them: import, export, versions, bindings. Every function asks for the account."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from tieline import clock
from tieline.errors import Conflict, InvalidInput, NotFound
from tieline.modules import find_module
from tieline.scenarios import bindings as resource_bindings
from tieline.scenarios import due, polling, state
from tieline.scenarios import scheduling as schedules
from tieline.scenarios.bindings import Binding
from tieline.scenarios.blueprint import Blueprint, export, parse
from tieline.scenarios.diff import Change, diff
from tieline.scenarios.lint import Finding, errors, lint
from tieline.scenarios.merging import Clash, merge
from tieline.scenarios.placeholders import Loss, losses
from tieline.scenarios.plan import HOOK
from tieline.scenarios.resources import resources
from tieline.scenarios.tools import TOOLS
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import binding, connection, execution, hook, scenario, scenario_version

NAME_LIMIT = 120
ONE = Statement(
    select(scenario).where(
        scenario.c.id == bindparam("scenario_id"), scenario.c.account_id == bindparam("account_id")
    )
)
VERSION = Statement(
    select(scenario_version).where(
        scenario_version.c.scenario_id == bindparam("scenario_id"),
        scenario_version.c.version == bindparam("version"),
    )
)
VERSIONS = Statement(
    select(scenario_version.c.version, scenario_version.c.author, scenario_version.c.at)
    .where(scenario_version.c.scenario_id == bindparam("scenario_id"))
    .order_by(scenario_version.c.version.desc())
)
CONNECTIONS = Statement(select(connection.c.id).where(connection.c.account_id == bindparam("account_id")))
LAST = (
    select(execution.c.scenario_id, func.max(execution.c.created).label("last"))
    .where(execution.c.account_id == bindparam("account_id"))
    .group_by(execution.c.scenario_id)
    .subquery()
)
LIST = Statement(
    select(scenario, LAST.c.last)
    .outerjoin(LAST, LAST.c.scenario_id == scenario.c.id)
    .where(scenario.c.account_id == bindparam("account_id"))
    .order_by(scenario.c.id)
)


class Imported(msgspec.Struct):
    """What an import or a save made. `merged`: another change since then was joined with it."""

    id: int
    name: str
    version: int
    findings: list[Finding]
    losses: list[Loss] = []
    merged: bool = False


class ScenarioView(msgspec.Struct):
    """A scenario without its blueprint."""

    id: int
    name: str
    active: bool
    version: int
    scheduling: dict[str, Any]
    next_run: int | None
    errors: int
    paused_reason: str | None
    paused_until: int | None
    created: int
    changed: int
    last: int | None = None


def import_blueprint(
    tx: Transaction,
    account_id: int,
    source: str | bytes | dict[str, Any],
    *,
    author: str = "",
    connection_id: int | None = None,
) -> Imported:
    """Store a blueprint as a new scenario. Raises InvalidInput when it is none; findings do not keep it from coming in.

    Its connections are bound to `connection_id`, or to the account's only connection when it has exactly one.
    """
    blueprint = parse(source)
    now = clock.now_ms()
    scheduling, left_out = _scheduling(blueprint)
    row_id = tx.insert(
        scenario,
        {
            "account_id": account_id,
            "name": blueprint.name[:NAME_LIMIT],
            "scheduling": msgspec.json.encode(scheduling).decode(),
            "created": now,
            "changed": now,
        },
    )
    _take_position(tx, row_id, blueprint)
    _add_version(tx, row_id, 1, blueprint, author)
    chosen = connection_id if connection_id is not None else _only_connection(tx, account_id)
    resource_bindings.note(tx, row_id, resources(blueprint))
    if chosen is not None:
        bind_all(tx, account_id, row_id, chosen)
    told = [*left_out, *findings(tx, account_id, row_id)]
    return Imported(row_id, blueprint.name, 1, told, losses(blueprint))


class MergeConflict(Conflict):
    """Two changes of one version touch the same place."""

    code = "merge-conflict"

    def __init__(self, version: int, clashes: list[Clash]) -> None:
        places = "; ".join(str(clash) for clash in clashes)
        super().__init__(
            f"Version {version} was saved meanwhile, and both changed {places}.",
            remedy=f"take version {version}, and make the change there",
        )
        self.clashes = clashes


def _take_position(tx: Transaction, scenario_id: int, blueprint: Blueprint) -> None:
    """Where a polling trigger stood elsewhere, when the blueprint says it (3.5)."""
    first = blueprint.flow[0]
    if not isinstance(first, dict) or first.get("module") not in polling.POLLING:
        return
    known = polling.imported(first)
    if known is not None and isinstance(first.get("id"), int):
        polling.write(tx, scenario_id, first["id"], known)


def save_version(
    tx: Transaction,
    account_id: int,
    scenario_id: int,
    source: str | bytes | dict[str, Any],
    *,
    author: str = "",
    based_on: int | None = None,
) -> Imported:
    """Store a new version. What somebody saved after `based_on` is kept: the two changes are joined.

    Raises MergeConflict when both touch the same place, InvalidInput for what is no blueprint. The same text again
    makes no new version.
    """
    row = find(tx, account_id, scenario_id)
    current = int(row["version"])
    blueprint = parse(source)
    merged = based_on is not None and based_on != current
    if based_on is not None and merged:
        theirs = load_blueprint(tx, account_id, scenario_id, current)
        joined = merge(load_blueprint(tx, account_id, scenario_id, based_on), blueprint, theirs)
        if joined.clashes:
            raise MergeConflict(current, joined.clashes)
        blueprint = parse(joined.raw)
    if export(blueprint) == export_blueprint(tx, account_id, scenario_id):
        return Imported(
            scenario_id, blueprint.name, current, findings(tx, account_id, scenario_id), losses(blueprint)
        )
    if row["active"]:
        _check_on(blueprint, load_blueprint(tx, account_id, scenario_id, current))
    version = current + 1
    _add_version(tx, scenario_id, version, blueprint, author)
    resource_bindings.note(tx, scenario_id, resources(blueprint))
    values = {"version": version, "name": blueprint.name[:NAME_LIMIT], "changed": clock.now_ms()}
    tx.run(update(scenario).where(scenario.c.id == scenario_id).values(**values))
    told = findings(tx, account_id, scenario_id)
    return Imported(scenario_id, blueprint.name, version, told, losses(blueprint), merged)


def _check_on(blueprint: Blueprint, current: Blueprint) -> None:
    """A scenario that is on goes on with the new version at once: it has to be able to. Raises InvalidInput."""
    wrong = [f"module {found.module_id}: {found.message}" for found in errors(lint(blueprint))]
    wrong += [loss.what for loss in losses(blueprint) if "/orphans/" not in loss.pointer]
    first, before = blueprint.flow[0], current.flow[0]
    if any(first.get(name) != before.get(name) for name in ("id", "module", "parameters")):
        wrong.append("it begins with another module")
    if wrong:
        raise InvalidInput(
            f"The scenario is on, and this version could not run: {'; '.join(wrong)}.",
            field="blueprint",
            remedy="mend it, or switch the scenario off first",
        )


def restore(
    tx: Transaction, account_id: int, scenario_id: int, version: int, *, author: str = ""
) -> Imported:
    """Make an earlier version the current one again, as a new version. Raises NotFound."""
    text = export_blueprint(tx, account_id, scenario_id, version)
    return save_version(tx, account_id, scenario_id, text, author=author)


def compare(
    tx: Transaction, account_id: int, scenario_id: int, before: int, after: int | None = None
) -> list[Change]:
    """What is different between two versions; `after` None: the current one. Raises NotFound."""
    return diff(
        load_blueprint(tx, account_id, scenario_id, before),
        load_blueprint(tx, account_id, scenario_id, after),
    )


def _add_version(tx: Transaction, scenario_id: int, version: int, blueprint: Blueprint, author: str) -> None:
    values = {
        "scenario_id": scenario_id,
        "version": version,
        "blueprint": export(blueprint),
        "author": author,
        "at": clock.now_ms(),
    }
    tx.insert(scenario_version, values)


def _scheduling(blueprint: Blueprint) -> tuple[dict[str, Any], list[Finding]]:
    """The scheduling that came along; one that makes no sense is left out, and that is told."""
    if blueprint.scheduling is None:
        return {}, []
    try:
        return schedules.check(blueprint.scheduling), []
    except InvalidInput as error:
        return {}, [
            Finding(
                "BP020", "warning", f"the schedule is left out: {error}", "/scheduling", None, "set it again"
            )
        ]


def _only_connection(tx: Transaction, account_id: int) -> int | None:
    rows = tx.all(CONNECTIONS, {"account_id": account_id})
    return int(rows[0]["id"]) if len(rows) == 1 else None


def find(tx: Transaction, account_id: int, scenario_id: int) -> Row:
    """The row of a scenario. Raises NotFound."""
    row = tx.one(ONE, {"account_id": account_id, "scenario_id": scenario_id})
    if row is None:
        raise NotFound("There is no such scenario.")
    return row


def get_scenario(tx: Transaction, account_id: int, scenario_id: int) -> ScenarioView:
    """A scenario. Raises NotFound."""
    return _view(find(tx, account_id, scenario_id), None)


def list_scenarios(tx: Transaction, account_id: int) -> list[ScenarioView]:
    """The account's scenarios; `last` is when one last began."""
    return [_view(row, row["last"]) for row in tx.all(LIST, {"account_id": account_id})]


def _view(row: Row, last: int | None) -> ScenarioView:
    names = [name for name in ScenarioView.__struct_fields__ if name not in {"scheduling", "last"}]
    return ScenarioView(
        **{name: row[name] for name in names}, scheduling=msgspec.json.decode(row["scheduling"]), last=last
    )


def load_blueprint(
    tx: Transaction, account_id: int, scenario_id: int, version: int | None = None
) -> Blueprint:
    """A version of a scenario, the current one by default. Raises NotFound."""
    row = find(tx, account_id, scenario_id)
    wanted = row["version"] if version is None else version
    found = tx.one(VERSION, {"scenario_id": scenario_id, "version": wanted})
    if found is None:
        raise NotFound(f"There is no version {version}.")
    return parse(str(found["blueprint"]))


def export_blueprint(
    tx: Transaction, account_id: int, scenario_id: int, version: int | None = None, *, for_make: bool = False
) -> str:
    """The canonical text of a version."""
    return export(load_blueprint(tx, account_id, scenario_id, version), for_make=for_make)


def versions(tx: Transaction, account_id: int, scenario_id: int) -> list[Row]:
    """Every version with its author and time, newest first."""
    find(tx, account_id, scenario_id)
    return tx.all(VERSIONS, {"scenario_id": scenario_id})


def bindings(tx: Transaction, account_id: int, scenario_id: int) -> list[Binding]:
    """What the current version needs, and what it is connected to."""
    needed = {(kind, foreign) for kind, foreign, _ in resources(load_blueprint(tx, account_id, scenario_id))}
    return resource_bindings.listed(tx, account_id, scenario_id, needed)


def bind(
    tx: Transaction, account_id: int, scenario_id: int, kind: str, foreign_id: str, local_id: int | None
) -> None:
    """Connect one resource. Raises NotFound."""
    find(tx, account_id, scenario_id)
    resource_bindings.bind(tx, account_id, scenario_id, kind, foreign_id, local_id)


def bind_all(tx: Transaction, account_id: int, scenario_id: int, connection_id: int) -> None:
    """Connect everything that acts for an account to one. Raises NotFound."""
    find(tx, account_id, scenario_id)
    resource_bindings.bind_accounts(tx, account_id, scenario_id, connection_id)


def findings(tx: Transaction, account_id: int, scenario_id: int) -> list[Finding]:
    """What is wrong with the current version, unconnected resources included."""
    blueprint = load_blueprint(tx, account_id, scenario_id)
    bound = {(b.kind, b.foreign_id) for b in bindings(tx, account_id, scenario_id) if b.local_id is not None}
    return lint(blueprint, bound=bound)


def rename(tx: Transaction, account_id: int, scenario_id: int, name: str) -> None:
    """Give a scenario another name. Raises InvalidInput."""
    find(tx, account_id, scenario_id)
    text = name.strip()
    if not text or len(text) > NAME_LIMIT:
        raise InvalidInput(f"1 to {NAME_LIMIT} characters", field="name", remedy="choose a name")
    tx.run(update(scenario).where(scenario.c.id == scenario_id).values(name=text, changed=clock.now_ms()))


def set_scheduling(tx: Transaction, account_id: int, scenario_id: int, scheduling: dict[str, Any]) -> None:
    """Say when the scenario runs; one that is on goes by it at once. Raises InvalidInput."""
    row = find(tx, account_id, scenario_id)
    text = msgspec.json.encode(schedules.check(scheduling)).decode()
    tx.run(
        update(scenario).where(scenario.c.id == scenario_id).values(scheduling=text, changed=clock.now_ms())
    )
    if row["active"]:
        _check_runs(load_blueprint(tx, account_id, scenario_id), scheduling)
        due.plan(tx, scenario_id, due.first(scheduling, state.timezone(tx, account_id)))


def _check_runs(blueprint: Blueprint, scheduling: dict[str, Any]) -> None:
    """Whether a scenario that is on would still run by itself. Raises InvalidInput."""
    if begins_with_events(blueprint):
        schedules.check_for_events(scheduling)
    elif scheduling.get("type", "on-demand") not in due.TIMED:
        raise InvalidInput(
            "the scenario is on and would never run", field="scheduling.type", remedy="switch it off first"
        )


def begins_with_events(blueprint: Blueprint) -> bool:
    """True when its first module is an instant trigger."""
    first = str(blueprint.flow[0].get("module") if isinstance(blueprint.flow[0], dict) else "")
    module = find_module(first)
    return (
        first == HOOK
        or (module is not None and module.kind == "instant_trigger")
        or (first in TOOLS and TOOLS[first].event)
    )


def remove(tx: Transaction, account_id: int, scenario_id: int) -> None:
    """Delete a scenario with its versions and history. Raises Conflict while it is active."""
    row = find(tx, account_id, scenario_id)
    if row["active"]:
        raise Conflict("The scenario is active.", remedy="switch it off first")
    for table in (binding, hook, scenario_version, execution):
        tx.run(delete(table).where(table.c.scenario_id == scenario_id))
    tx.run(delete(scenario).where(scenario.c.id == scenario_id))
