"""The walk: depth first, filters, routers, iterators and aggregators, handlers; and the journal after a crash."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.scenarios.walking import SEARCH, TRIGGER, Crash, World, failing, make_execution, step
from tieline.scenarios import state
from tieline.scenarios.interpreter import Failed, Stop
from tieline.scenarios.journal import load
from tieline.store.database import Database


@pytest.fixture
async def world(database: Database) -> World:
    return World(database, await make_execution(database))


async def test_the_first_bundle_goes_all_the_way_before_the_second_begins(world: World) -> None:
    world.answers[2] = lambda given: [{"n": n} for n in range(3)]
    await world.run([TRIGGER, SEARCH, step(3, subject="A{{2.n}}"), step(4, subject="B{{2.n}}")])
    assert [subject for _, subject in world.calls[1:]] == ["A0", "B0", "A1", "B1", "A2", "B2"]
    assert len(set(world.keys)) == len(world.keys)


async def test_a_filter_stops_a_bundle_and_says_why(world: World, database: Database) -> None:
    only = {"name": "big", "conditions": [[{"a": "{{1.n}}", "o": "number:greater", "b": "1"}]]}
    await world.run([TRIGGER, step(2, subject="{{1.n}}", filter=only)], [{"n": n} for n in range(4)])
    assert [str(subject) for _, subject in world.calls] == ["2", "3"]
    rows = await database.read(load, world.execution)
    assert [row["state"] for row in rows].count("filtered") == 2


def route(number: int, condition: list[Any] | None, **more: Any) -> dict[str, Any]:
    found = step(number, subject=f"r{number}")
    if condition is not None:
        found["filter"] = {"name": "", "conditions": condition}
    return {"flow": [found], **more}


@pytest.mark.parametrize(("value", "expected"), [("a", [3, 4]), ("b", [4]), ("z", [6])])
async def test_a_router_takes_every_route_that_passes_and_else_the_fallback(
    world: World, value: str, expected: list[int]
) -> None:
    equals = lambda text: [[{"a": "{{1.v}}", "o": "text:equal", "b": text}]]  # noqa: E731
    either = [
        [{"a": "{{1.v}}", "o": "text:equal", "b": "a"}],
        [{"a": "{{1.v}}", "o": "text:equal", "b": "b"}],
    ]
    router = {
        "id": 2, "module": "builtin:BasicRouter", "mapper": None, "parameters": {"else": 2},
        "routes": [route(3, equals("a")), route(4, either), route(6, []), route(5, None, disabled=True)],
    }  # fmt: skip
    await world.run([TRIGGER, router], [{"v": value}])
    assert [number for number, _ in world.calls] == expected


async def test_an_iterator_and_an_aggregator_with_groups(world: World) -> None:
    flow = [
        TRIGGER,
        {"id": 2, "module": "builtin:BasicFeeder", "parameters": {}, "mapper": {"array": "{{1.list}}"}},
        {"id": 4, "module": "builtin:BasicAggregator", "parameters": {"feeder": 2}, "mapper": {"name": "{{2.name}}"},
         "flags": {"groupBy": "{{2.team}}"}},
        step(5, subject='{{4.key}}: {{join(map(4.array; "name"); "+")}}'),
    ]  # fmt: skip
    await world.run(
        flow, [{"list": [{"name": "x", "team": "A"}, {"name": "y", "team": "B"}, {"name": "z", "team": "A"}]}]
    )
    assert [subject for _, subject in world.calls] == ["A: x+z", "B: y"]


def handled(*directive: dict[str, Any]) -> list[dict[str, Any]]:
    return [TRIGGER, step(2, subject="{{1.n}}", onerror=list(directive)), step(3, subject="after {{2.x}}")]


async def test_without_a_handler_the_execution_fails_with_the_module_and_field(world: World) -> None:
    world.answers[2] = failing
    with pytest.raises(Failed) as failed:
        await world.run(handled(), [{"n": 1}, {"n": 2}])
    assert (failed.value.node.id, failed.value.error.kind, failed.value.error.field) == (
        2,
        "DataError",
        "subject",
    )
    assert len(world.calls) == 1


async def test_ignore_drops_the_bundle_and_resume_replaces_it(world: World) -> None:
    world.answers[2] = lambda given: failing(given) if str(given["subject"]) == "1" else [{"x": "real"}]
    await world.run(handled({"id": 9, "module": "builtin:Ignore"}), [{"n": 1}, {"n": 2}])
    assert [subject for number, subject in world.calls if number == 3] == ["after real"]


async def test_resume_goes_on_with_the_substitute(world: World) -> None:
    world.answers[2] = failing
    await world.run(
        handled({"id": 9, "module": "builtin:Resume", "mapper": {"x": "{{2.error.type}}"}}), [{"n": 1}]
    )
    assert [subject for number, subject in world.calls if number == 3] == ["after DataError"]


@pytest.mark.parametrize(("directive", "fails"), [("Commit", False), ("Rollback", True)])
async def test_commit_and_rollback_end_the_execution(world: World, directive: str, fails: bool) -> None:
    world.answers[2] = failing
    with pytest.raises(Stop) as stop:
        await world.run(handled({"id": 9, "module": f"builtin:{directive}"}), [{"n": 1}, {"n": 2}])
    assert (stop.value.error is not None) is fails
    assert len(world.calls) == 1


async def test_an_execution_cut_anywhere_ends_as_if_it_had_not_been(database: Database) -> None:
    flow = [TRIGGER, SEARCH, step(3, subject="A{{2.n}}"), step(4, subject="B{{2.n}}")]
    whole = World(database, await make_execution(database))
    whole.answers[2] = lambda given: [{"n": n} for n in range(3)]
    await whole.run(flow)
    expected = [(number, subject) for number, subject in whole.calls]
    for cut in range(len(expected)):
        execution = await database.write(lambda tx: state.start(tx, 1, 1, kind="manual"))
        world = World(database, execution)
        world.answers[2] = whole.answers[2]
        with pytest.raises(Crash):
            await world.run(flow, die_after=cut)
        await world.run(flow)
        # Every effect once: what was repeated carried the same key and the same input.
        effects = dict(zip([key.partition("/")[2] for key in world.keys], world.calls, strict=True))
        assert list(effects.values()) == expected
        assert len(world.calls) == len(expected)
    await asyncio.sleep(0)
