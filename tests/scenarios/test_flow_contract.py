"""Flow control held against the contract sentence by sentence (1.8–1.12, 3.2–3.7), where no other test does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.walking import TRIGGER, World, make_execution, only, router, step
from tieline.scenarios.interpreter import Failed
from tieline.store.database import Database

LOOP = Path(__file__).parent.parent / "data" / "blueprints"


@pytest.fixture
async def world(database: Database) -> World:
    return World(database, await make_execution(database))


def tool(number: int, name: str, mapper: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": number, "module": name, "parameters": {}, "mapper": mapper or {}, **more}


def aggregator(
    number: int, name: str, value: str, flags: dict[str, Any], **parameters: Any
) -> dict[str, Any]:
    return {
        "id": number,
        "module": name,
        "parameters": {"feeder": 2, **parameters},
        "mapper": {"value": value},
        "flags": flags,
    }


@pytest.mark.parametrize(
    ("otherwise", "disabled", "value", "expected"),
    [
        (1, {0}, "a", ["fallback", "after"]),  # a route that is off does not count
        (1, {1}, "z", ["after"]),  # a fallback that is off does not run
        (0, set(), "a", ["a", "after"]),  # the fallback runs last, wherever it stands
        (0, set(), "z", ["fallback", "after"]),
    ],
)
async def test_routes_that_are_off_and_what_follows_a_router(
    world: World, otherwise: int, disabled: set[int], value: str, expected: list[str]
) -> None:
    taken = step(3, subject="a", filter=only("{{1.v}}", "text:equal", "a"))
    flows = [taken, step(4, subject="fallback")] if otherwise else [step(4, subject="fallback"), taken]
    found = router(2, *[[flow] for flow in flows], [], parameters={"else": otherwise})
    for number in disabled:
        found["routes"][number]["disabled"] = True
    await world.run([TRIGGER, found, step(5, subject="after")], [{"v": value}])
    assert world.subjects == expected


async def test_a_fallback_has_to_pass_its_own_filter_and_ignore_lets_later_routes_run(world: World) -> None:
    def refuse(given: dict[str, Any]) -> list[dict[str, Any]]:
        from tieline.modules.errors import ModuleError

        raise ModuleError("DataError", "no")

    world.answers[3] = refuse
    found = router(
        2,
        [step(3, subject="fails", onerror=[tool(9, "builtin:Ignore")]), step(4, subject="behind")],
        [step(5, subject="later")],
        [step(6, subject="fallback", filter=only("{{1.v}}", "exist"))],
        parameters={"else": 2},
    )
    await world.run([TRIGGER, found], [{}])
    assert world.subjects == ["fails", "later"]
    nothing = router(
        2,
        [step(3, subject="x", filter=only("{{1.v}}", "exist"))],
        [step(6, subject="fb", filter=only("{{1.w}}", "exist"))],
        parameters={"else": 1},
    )
    world.calls.clear()
    other = World(world.database, await make_other(world))
    await other.run([TRIGGER, nothing], [{}])
    assert other.subjects == []


async def make_other(world: World) -> str:
    from sqlalchemy import select

    from tieline.scenarios import state
    from tieline.store.tables import scenario

    def make(tx: Any) -> str:
        row = tx.one(select(scenario))
        return state.start(tx, int(row["account_id"]), int(row["id"]), kind="manual")

    return await world.database.write(make)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"a": 1}, {"a": 2}], ["1  1/2", "2  2/2"]),
        (["x", 7], [" x 1/2", " 7 2/2"]),
        ("alone", [" alone 1/1"]),
        ({"a": 5}, ["5  1/1"]),
        ([["p", "q"]], [" p, q 1/1"]),
        ([], []),
        (None, []),
    ],
)
async def test_what_an_iterator_makes_of_a_value(world: World, given: Any, expected: list[str]) -> None:
    flow = [
        TRIGGER,
        tool(2, "builtin:BasicFeeder", {"array": "{{1.v}}"}),
        step(3, subject="{{2.a}} {{2.value}} {{2.__IMTINDEX__}}/{{2.__IMTLENGTH__}}"),
    ]
    await world.run(flow, [{"v": given}])
    assert world.subjects == expected


async def test_bundles_of_a_webhook_are_numbered(world: World) -> None:
    await world.run([TRIGGER, step(2, subject="{{1.__IMTINDEX__}} of {{1.__IMTLENGTH__}}")], [{}, {}])
    assert world.subjects == ["1 of 2", "2 of 2"]


ROWS = [{"t": "b", "n": 2}, {"t": "a", "n": 4}, {"t": "b", "n": 3}, {"t": "a", "n": None}]


@pytest.mark.parametrize(
    ("name", "value", "parameters", "output", "expected"),
    [
        ("builtin:BasicAggregator", "{{2.n}}", {}, "{{join(map(5.array; \"value\"); \"+\")}}", ["b:2+3", "a:4+"]),
        ("util:TextAggregator", "{{2.n}}", {"rowSeparator": "other", "otherRowSeparator": " | "}, "{{5.text}}", ["b:2 | 3", "a:4 | "]),
        ("util:FunctionAggregator2", "{{2.n}}", {"fn": "sum"}, "{{5.result}}", ["b:5", "a:4"]),
        ("util:FunctionAggregator2", "{{2.n}}", {"fn": "avg"}, "{{5.result}}", ["b:2.5", "a:4"]),
        ("util:FunctionAggregator2", "{{2.n}}", {"fn": "max"}, "{{5.result}}", ["b:3", "a:4"]),
        ("util:FunctionAggregator2", "{{2.n}}", {"fn": "min"}, "{{5.result}}", ["b:2", "a:4"]),
        ("util:FunctionAggregator2", "{{2.n}}", {"fn": "count"}, "{{5.result}}", ["b:2", "a:2"]),
        ("util:AggregateAggregator", "{{2.n}}", {"columnSeparator": ",", "rowSeparator": ";"}, "{{5.text}}", ["b:2;3", "a:4;"]),
        ("json:AggregateToJSON", "{{2.n}}", {}, "{{5.json}}", ['b:[{"value":2},{"value":3}]', 'a:[{"value":4},{"value":null}]']),
    ],
)  # fmt: skip
async def test_every_aggregator_by_group_in_order_of_first_appearance(
    world: World, name: str, value: str, parameters: dict[str, Any], output: str, expected: list[str]
) -> None:
    flow = [
        TRIGGER,
        tool(2, "builtin:BasicFeeder", {"array": "{{1.rows}}"}),
        aggregator(5, name, value, {"groupBy": "{{2.t}}"}, **parameters),
        step(6, subject="{{5.key}}:" + output),
    ]
    await world.run(flow, [{"rows": ROWS}])
    assert world.subjects == expected


@pytest.mark.parametrize(
    ("function", "expected"), [("sum", "0"), ("count", "0"), ("avg", ""), ("max", ""), ("min", "")]
)
async def test_a_number_of_nothing(world: World, function: str, expected: str) -> None:
    flow = [
        TRIGGER,
        tool(2, "builtin:BasicFeeder", {"array": "{{emptyarray}}"}),
        aggregator(5, "util:FunctionAggregator2", "{{2.n}}", {}, fn=function),
        step(6, subject="[{{5.result}}]"),
    ]
    await world.run(flow)
    assert world.subjects == [f"[{expected}]"]


async def test_what_variables_and_counters_outlive(world: World) -> None:
    """Two cycles: a roundtrip variable ends with its cycle, an execution variable does not; so with counters."""
    flow = [
        tool(1, "util:GetVariables", {"variables": ["cycle", "run", "never"]}),
        tool(2, "util:FunctionIncrement", parameters={"reset": "run"}),
        tool(3, "util:FunctionIncrement", parameters={"reset": "execution"}),
        step(4, subject="[{{1.cycle}}] [{{1.run}}] [{{1.never}}] {{2.i}} {{3.i}}"),
        tool(5, "util:SetVariable2", {"name": "cycle", "scope": "roundtrip", "value": "c"}),
        tool(6, "util:SetVariables", {"scope": "execution", "variables": [{"name": "run", "value": "r"}]}),
    ]
    await world.run(flow, roundtrips=2)
    assert world.subjects == ["[] [] [] 1 1", "[] [r] [] 1 2"]
    fresh = World(world.database, await make_other(world))
    await fresh.run(flow, roundtrips=2, freshVariables=True)
    assert fresh.subjects == ["[] [] [] 1 1", "[] [] [] 1 2"]


async def test_a_variable_without_a_scope_is_refused_and_spaces_in_names_are_fine(world: World) -> None:
    wrong = tool(2, "util:SetVariable2", {"name": "v", "value": "1"})
    with pytest.raises(Failed) as failed:
        await world.run([TRIGGER, wrong])
    assert (failed.value.error.kind, failed.value.error.field) == ("BundleValidationError", "scope")
    spaced = tool(2, "util:SetVariable2", {"name": "two words", "scope": "roundtrip", "value": "yes"})
    other = World(world.database, await make_other(world))
    await other.run([TRIGGER, spaced, step(3, subject="{{2.`two words`}}")])
    assert other.subjects == ["yes"]


async def test_the_worked_example_of_the_contract(world: World) -> None:
    """3.16: three contacts, the second without an e-mail; one group; the record sees the webhook and the aggregator."""
    blueprint = json.loads(next(LOOP.glob("07-*")).read_text())
    created: list[Any] = []

    def create(given: dict[str, Any]) -> list[dict[str, Any]]:
        created.append(given)
        return [{"uniqueid": str(len(created)), "syncKey": str(len(created))}]

    flow = blueprint["flow"]
    numbers = [module["id"] for module in flow]
    assert numbers == [1, 2, 3, 4, 5]
    world.answers[3] = create
    event = {
        "company": "Fjord", "contacts": [
            {"name": "A", "email": "a@x.example", "team": "A"}, {"name": "B", "team": "B"},
            {"name": "C", "email": "c@x.example", "team": "A"},
        ],
    }  # fmt: skip
    await world.run(flow, [event])
    assert [number for number, _ in world.calls] == [3, 3, 5]
    empty = World(world.database, await make_other(world))
    await empty.run(flow, [{"company": "Fjord", "contacts": [{"name": "B", "team": "B"}]}])
    assert empty.calls == []
