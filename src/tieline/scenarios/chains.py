"""Who caused what: the chain of an execution, and which scenarios set off which."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, case, func, select

from tieline import clock
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import execution, scenario

DAY = 86_400_000
DAYS = 30
MOST = 200  # executions that one set off, shown
FARTHEST = 100  # steps back

cause = execution.alias("cause")
caller = scenario.alias("caller")


def _links() -> Select[Any]:
    return select(
        execution.c.id,
        execution.c.scenario_id,
        scenario.c.name.label("scenario"),
        execution.c.status,
        execution.c.depth,
        execution.c.created,
        execution.c.trace,
    ).join(scenario, scenario.c.id == execution.c.scenario_id)


BACK = Statement(
    _links().where(execution.c.id == bindparam("wanted"), execution.c.account_id == bindparam("account_id"))
)
FORTH = Statement(
    _links()
    .where(execution.c.trace == bindparam("wanted"), execution.c.account_id == bindparam("account_id"))
    .order_by(execution.c.created, execution.c.id)
    .limit(MOST)
)
EDGES = Statement(
    select(
        cause.c.scenario_id.label("cause_id"),
        caller.c.name.label("cause"),
        execution.c.scenario_id.label("effect_id"),
        scenario.c.name.label("effect"),
        func.count().label("times"),
        func.sum(
            case((execution.c.status == "skipped", 1), (execution.c.started.is_(None), 1), else_=0)
        ).label("stopped"),
        func.max(execution.c.depth).label("deepest"),
        func.max(execution.c.created).label("last"),
    )
    .select_from(execution)
    .join(cause, cause.c.id == execution.c.trace)
    .join(caller, caller.c.id == cause.c.scenario_id)
    .join(scenario, scenario.c.id == execution.c.scenario_id)
    .where(
        execution.c.account_id == bindparam("account_id"),
        cause.c.account_id == bindparam("account_id"),
        execution.c.created >= bindparam("since"),
        execution.c.trace != "",
    )
    .group_by(cause.c.scenario_id, caller.c.name, execution.c.scenario_id, scenario.c.name)
    .order_by(func.max(execution.c.created).desc())
)


class Link(msgspec.Struct, frozen=True):
    """An execution in a chain."""

    id: str
    scenario_id: int
    scenario: str
    status: str
    depth: int
    created: int


class Edge(msgspec.Struct):
    """A scenario that set off another: how often, how many of those were stopped, how deep the chain was.

    `loop`: the way leads back to where it began.
    """

    cause_id: int
    cause: str
    effect_id: int
    effect: str
    times: int
    stopped: int
    deepest: int
    last: int
    loop: bool = False


class Chains(msgspec.Struct):
    """Which scenarios set off which in the last `days`, and the loops among them as lists of scenario ids."""

    days: int
    edges: list[Edge]
    loops: list[list[int]]


def causes(tx: Transaction, account_id: int, execution_id: str) -> list[Link]:
    """What led to an execution, the first cause first; the execution itself is not in it."""
    found: list[Link] = []
    row = tx.one(BACK, {"wanted": execution_id, "account_id": account_id})
    while row is not None and row["trace"] and len(found) < FARTHEST:
        row = tx.one(BACK, {"wanted": row["trace"], "account_id": account_id})
        if row is not None:
            found.append(_link(row))
    return found[::-1]


def effects(tx: Transaction, account_id: int, execution_id: str) -> list[Link]:
    """What an execution set off, the earliest first."""
    return [_link(row) for row in tx.all(FORTH, {"wanted": execution_id, "account_id": account_id})]


def chains(tx: Transaction, account_id: int, days: int = DAYS) -> Chains:
    """Which scenarios set off which, the latest first."""
    since = clock.now_ms() - days * DAY
    rows = tx.all(EDGES, {"account_id": account_id, "since": since})
    edges = [
        Edge(
            **{name: row[name] for name in Edge.__struct_fields__ if name not in {"loop", "stopped"}},
            stopped=int(row["stopped"] or 0),
        )
        for row in rows
    ]
    rounds = loops([(edge.cause_id, edge.effect_id) for edge in edges])
    for edge in edges:
        edge.loop = any(edge.cause_id in one and edge.effect_id in one for one in rounds)
    return Chains(days, edges, rounds)


def loops(edges: list[tuple[int, int]]) -> list[list[int]]:
    """The groups of scenarios in which each leads to every other, and those that lead to themselves."""
    onward: dict[int, set[int]] = {}
    for start, end in edges:
        onward.setdefault(start, set()).add(end)
    reach = {node: _reached(onward, node) for node in onward}
    found = {
        tuple(sorted(other for other in behind if node in reach.get(other, ())))
        for node, behind in reach.items()
        if node in behind
    }
    return [list(group) for group in sorted(found)]


def _reached(onward: dict[int, set[int]], start: int) -> set[int]:
    seen: set[int] = set()
    ahead = list(onward.get(start, ()))
    while ahead:
        node = ahead.pop()
        if node not in seen:
            seen.add(node)
            ahead += onward.get(node, ())
    return seen


def _link(row: Row) -> Link:
    return Link(**{name: row[name] for name in Link.__struct_fields__})
