"""If-else and merge, nested routers and aggregators, and the tools that shape a flow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.walking import SEARCH, TRIGGER, Crash, World, make_execution, only, router, step
from tieline.scenarios import state
from tieline.scenarios.blueprint import parse
from tieline.scenarios.interpreter import Failed
from tieline.scenarios.journal import load
from tieline.scenarios.lint import errors, lint
from tieline.store.database import Database


@pytest.fixture
async def world(database: Database) -> World:
    return World(database, await make_execution(database))


def if_else(number: int, *branches: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "module": "builtin:BasicIfElse", "mapper": None, "branches": list(branches)}


def branch(label: str, *flow: dict[str, Any], when: str | None = None, merge: bool = True) -> dict[str, Any]:
    if when is None:
        return {"label": label, "type": "else", "merge": merge, "flow": list(flow)}
    conditions = [[{"a": "{{1.v}}", "o": "text:equal", "b": when}]]
    return {"label": label, "type": "condition", "merge": merge, "conditions": conditions, "flow": list(flow)}


def merge(number: int, *mappings: str, filters: list[Any] | None = None) -> dict[str, Any]:
    return {
        "id": number, "module": "builtin:BasicMerge", "mapper": None, "parameters": {},
        "outputs": [{"name": "key", "mappings": list(mappings)}], "filters": filters or [None] * len(mappings),
    }  # fmt: skip


CHOICE = [
    TRIGGER,
    if_else(
        2, branch("A", step(3, subject="a"), when="a"), branch("B", step(4, subject="b"), when="b", merge=False),
        branch("Else", step(5, subject="else")),
    ),
    merge(6, "{{3.syncKey}}", "", "{{5.syncKey}}!"),
    step(7, subject="after {{6.key}}{{3.syncKey}}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"), [("a", ["a", "after k3k3"]), ("b", ["b"]), ("z", ["else", "after k5!"])]
)
async def test_exactly_one_branch_runs_and_the_merge_maps_what_it_left(
    world: World, value: str, expected: list[str]
) -> None:
    for number in (3, 4, 5):
        world.answers[number] = lambda given, number=number: [{"syncKey": f"k{number}"}]  # type: ignore[misc]
    await world.run(CHOICE, [{"v": value}])
    assert world.subjects == expected


async def test_no_branch_no_bundle_and_the_filter_of_a_merge_counts(world: World) -> None:
    none = [TRIGGER, if_else(2, branch("A", step(3), when="a")), merge(4, "x"), step(5)]
    await world.run(none, [{"v": "q"}])
    assert world.calls == []
    link = {"name": "", "conditions": [[{"a": "{{1.n}}", "o": "number:greater", "b": "1"}]]}
    flow = [
        TRIGGER,
        if_else(2, branch("Else")),
        merge(4, "{{1.n}}", filters=[link]),
        step(5, subject="{{4.key}}"),
    ]
    world.execution = await world.database.write(lambda tx: state.start(tx, 1, 1, kind="manual"))
    await world.run(flow, [{"n": n} for n in range(4)])
    assert world.subjects == ["2", "3"]


async def test_a_branch_with_many_bundles_merges_each_and_a_nested_choice_comes_out(world: World) -> None:
    iterator = {"id": 3, "module": "builtin:BasicFeeder", "mapper": {"array": "{{1.list}}"}}
    inner = if_else(8, branch("deep", step(9, subject="deep {{3.value}}")))
    flow = [
        TRIGGER, if_else(2, branch("A", iterator, inner, when="a")), merge(4, "{{3.value}}"), step(5, subject="{{4.key}}"),
    ]  # fmt: skip
    await world.run(flow, [{"v": "a", "list": ["x", "y"]}])
    assert world.subjects == ["deep x", "deep y"]
    through = if_else(8, branch("deep", step(9, subject="deep {{3.value}}")))
    joined = [*flow]
    joined[1] = if_else(2, branch("A", iterator, through, merge(10, "{{3.value}}?"), when="a"))
    joined[2] = merge(4, "{{10.key}}")
    world.calls.clear()
    world.execution = await world.database.write(lambda tx: state.start(tx, 1, 1, kind="manual"))
    await world.run(joined, [{"v": "a", "list": ["x", "y"]}])
    assert world.subjects == ["deep x", "x?", "deep y", "y?"]


async def test_a_choice_cut_anywhere_is_not_made_twice(database: Database) -> None:
    whole = World(database, await make_execution(database))
    await whole.run(CHOICE, [{"v": "a"}, {"v": "z"}])
    for cut in range(len(whole.calls)):
        execution = await database.write(lambda tx: state.start(tx, 1, 1, kind="manual"))
        cut_short = World(database, execution)
        with pytest.raises(Crash):
            await cut_short.run(CHOICE, [{"v": "a"}, {"v": "z"}], die_after=cut)
        await cut_short.run(CHOICE, [{"v": "a"}, {"v": "z"}])
        assert cut_short.subjects == whole.subjects


async def test_conditions_that_cannot_be_evaluated_fail_like_the_module_behind_them(world: World) -> None:
    broken = only('{{parseDate(1.v; "YYYY")}}', "exist")
    with pytest.raises(Failed) as failed:
        await world.run([TRIGGER, step(2, filter=broken)], [{"v": "no date"}])
    assert (failed.value.node.id, failed.value.error.kind) == (2, "DataError")
    handled = step(2, filter=broken, onerror=[{"id": 9, "module": "builtin:Ignore"}])
    world.execution = await world.database.write(lambda tx: state.start(tx, 1, 1, kind="manual"))
    await world.run([TRIGGER, router(5, [handled], [step(6, subject="second")])], [{"v": "no date"}])
    assert world.subjects == ["second"]


async def test_an_aggregator_in_a_route_closes_when_the_search_before_the_router_is_done(
    world: World,
) -> None:
    world.answers[2] = lambda given: [{"n": n} for n in range(3)]
    gather = {"id": 5, "module": "util:TextAggregator", "parameters": {"feeder": 2, "rowSeparator": "other", "otherRowSeparator": "+"},
              "mapper": {"value": "{{2.n}}"}}  # fmt: skip
    flow = [
        TRIGGER,
        SEARCH,
        router(3, [step(4, subject="each {{2.n}}"), gather, step(6, subject="all {{5.text}}")]),
    ]
    await world.run(flow)
    assert world.subjects[1:] == ["each 0", "each 1", "each 2", "all 0+1+2"]


@pytest.mark.parametrize(
    ("tool", "parameters", "mapper", "expected"),
    [
        ("util:FunctionAggregator2", {"fn": "sum"}, {"value": "{{2.n}}"}, "3"),
        ("util:FunctionAggregator2", {"fn": "avg"}, {"value": "{{2.n}}"}, "1"),
        ("util:FunctionAggregator2", {"fn": "count"}, {"value": "{{2.n}}"}, "3"),
        ("util:AggregateAggregator", {"columnSeparator": "tab", "rowSeparator": "\n"}, {"a": "{{2.n}}", "b": "x"}, "0\tx\n1\tx\n2\tx"),
        ("json:AggregateToJSON", {}, {"a": "{{2.n}}"}, '[{"a":0},{"a":1},{"a":2}]'),
        ("csv:CreateCSV", {"includeHeaders": True}, {"a": "{{2.n}}", "b": "x,y"}, 'a,b\n0,"x,y"\n1,"x,y"\n2,"x,y"'),
    ],
)  # fmt: skip
async def test_aggregators(
    world: World, tool: str, parameters: dict[str, Any], mapper: dict[str, Any], expected: str
) -> None:
    world.answers[2] = lambda given: [{"n": n} for n in range(3)]
    gather = {"id": 4, "module": tool, "parameters": {"feeder": 2, **parameters}, "mapper": mapper}
    await world.run([TRIGGER, SEARCH, gather, step(5, subject="{{4.result}}{{4.text}}{{4.json}}{{4.csv}}")])
    assert world.subjects[-1] == expected


@pytest.mark.parametrize(("stop", "expected"), [(True, []), (False, ["0"])])
async def test_an_aggregator_with_nothing_to_gather(world: World, stop: bool, expected: list[str]) -> None:
    world.answers[2] = lambda given: []
    gather = {"id": 4, "module": "builtin:BasicAggregator", "parameters": {"feeder": 2}, "mapper": {"a": "{{2.n}}"},
              "flags": {"stopIfEmpty": stop}}  # fmt: skip
    await world.run([TRIGGER, SEARCH, gather, step(5, subject="{{length(4.array)}}")])
    assert world.subjects[1:] == expected


async def test_an_aggregator_of_what_an_aggregator_grouped(world: World) -> None:
    world.answers[2] = lambda given: [{"team": "A"}, {"team": "B"}, {"team": "A"}]
    flow = [
        TRIGGER, SEARCH,
        {"id": 4, "module": "builtin:BasicAggregator", "parameters": {"feeder": 2}, "mapper": {"t": "{{2.team}}"},
         "flags": {"groupBy": "{{2.team}}"}},
        {"id": 5, "module": "builtin:BasicFeeder", "mapper": {"array": "{{4.array}}"}},
        {"id": 6, "module": "util:TextAggregator", "parameters": {"feeder": 5, "rowSeparator": ""}, "mapper": {"value": "{{5.t}}"}},
        step(7, subject="{{4.key}}={{6.text}}"),
    ]  # fmt: skip
    await world.run(flow)
    assert world.subjects[1:] == ["A=AA", "B=B"]


async def test_variables_outlive_a_power_cut(world: World) -> None:
    flow = [
        TRIGGER,
        {
            "id": 2,
            "module": "util:SetVariable2",
            "mapper": {"name": "who", "scope": "roundtrip", "value": "{{1.v}}"},
        },
        step(3, subject="first"),
        {"id": 4, "module": "util:GetVariable2", "mapper": {"name": "who"}},
        {"id": 5, "module": "util:FunctionIncrement", "parameters": {"reset": "execution"}},
        step(6, subject="{{4.who}} {{5.i}}"),
    ]
    bundles = [{"v": "Ada"}, {"v": "Bob"}]
    with pytest.raises(Crash):
        await world.run(flow, bundles, die_after=2)
    await world.run(flow, bundles)
    assert world.subjects == ["first", "Ada 1", "first", "Bob 2"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"input": "de", "casesTable": [{"pattern": "de", "output": "Hallo"}]}, ["Hallo"]),
        ({"input": "fr", "casesTable": [{"pattern": "de", "output": "Hallo"}]}, []),
        ({"input": "fr", "casesTable": [], "elseOutput": "Hello"}, ["Hello"]),
        ({"input": "de-AT", "useRegExpMatch": True, "casesTable": [{"pattern": "^de", "output": "Hallo"}]}, ["Hallo"]),
    ],
)  # fmt: skip
async def test_the_switcher(world: World, given: dict[str, Any], expected: list[str]) -> None:
    switcher = {"id": 2, "module": "util:Switcher", "mapper": given}
    await world.run([TRIGGER, switcher, step(3, subject="{{2.output}}")])
    assert world.subjects == expected


async def test_a_repeater_and_a_basic_trigger(world: World) -> None:
    flow = [
        {"id": 1, "module": "util:BasicTrigger", "parameters": {"values": [{"spec": [{"name": "n", "value": "2"}]}]}},
        {"id": 2, "module": "builtin:BasicRepeater", "mapper": {"start": "5", "repeats": "{{1.n}}", "step": "5"}},
        {"id": 3, "module": "util:ComposeTransformer", "mapper": {"value": "{{2.i}} of {{2.__IMTLENGTH__}}"}},
        step(4, subject="{{3.value}}"),
    ]  # fmt: skip
    await world.run(flow)
    assert world.subjects == ["5 of 2", "10 of 2"]


async def test_texts_become_bundles(world: World) -> None:
    flow = [
        TRIGGER,
        {"id": 2, "module": "json:ParseJSON", "parameters": {"type": ""}, "mapper": {"json": "{{1.json}}"}},
        {"id": 3, "module": "regexp:Parser", "parameters": {"pattern": "(?<id>[A-Z]{2})-(\\d+)", "global": True, "sensitive": True},
         "mapper": {"text": "{{2.text}}"}},
        step(4, subject="{{3.i}} {{3.id}} {{3.`$2`}} {{3.__IMTLENGTH__}}"),
    ]  # fmt: skip
    await world.run(flow, [{"json": '[{"text": "AB-1 and CD-22"}, {"text": "nothing"}]'}])
    assert world.subjects == ["1 AB 1 2", "2 CD 22 2"]
    rows = await world.database.read(load, world.execution)
    assert {row["state"] for row in rows} == {"done"}


async def test_a_parser_told_to_continue_and_csv_and_html(world: World) -> None:
    flow = [
        TRIGGER,
        {"id": 2, "module": "regexp:Parser", "parameters": {"pattern": "x", "continueWhenNoRes": True}, "mapper": {"text": "-"}},
        {"id": 3, "module": "csv:ParseCSV", "parameters": {"containsHeaders": True, "delimiter": ";"}, "mapper": {"csv": "{{1.csv}}"}},
        {"id": 5, "module": "regexp:HTMLToText", "mapper": {"html": "<p>Hello <b>{{3.name}}</b></p><script>x</script><p>bye"}},
        {"id": 6, "module": "json:CreateJSON", "parameters": {"type": 7}, "mapper": {"t": "{{5.text}}", "n": "{{2.__IMTLENGTH__}}"}},
        {"id": 7, "module": "json:TransformToJSON", "mapper": {"object": {"who": "{{3.name}}", "old": "{{1.no}}"}}},
        step(4, subject="{{6.json}} {{7.json}}"),
    ]  # fmt: skip
    await world.run(flow, [{"csv": 'name;age\n"Ada ""L""";36\nBob;1\n'}])
    assert world.subjects[1] == '{"t":"Hello Bob\\nbye","n":0} {"who":"Bob","old":null}'
    assert '"t":"Hello Ada \\"L\\"\\nbye"' in world.subjects[0]


async def test_bad_json_is_a_data_error_with_its_field(world: World) -> None:
    with pytest.raises(Failed) as failed:
        await world.run([TRIGGER, {"id": 2, "module": "json:ParseJSON", "mapper": {"json": "{"}}])
    assert (failed.value.error.kind, failed.value.error.field) == ("DataError", "json")


def test_lint_knows_forks_and_what_an_aggregator_hides() -> None:
    wrong = [TRIGGER, if_else(2, branch("A", when="a"))]
    wrong[1]["branches"][0]["conditions"][0][0]["o"] = "text:equals"
    assert [f.code for f in lint(parse({"name": "x", "flow": wrong}))] == ["BP005"]
    lonely = [TRIGGER, merge(2, "{{1.v}}")]
    assert "BP013" in {f.code for f in lint(parse({"name": "x", "flow": lonely}))}
    gather = {
        "id": 4,
        "module": "builtin:BasicAggregator",
        "parameters": {"feeder": 2},
        "mapper": {"a": "{{2.n}}"},
    }
    hidden = [TRIGGER, SEARCH, gather, step(5, subject="{{2.n}}", parameters={})]
    told = errors(lint(parse({"name": "x", "flow": hidden})))
    assert [(f.code, f.module_id) for f in told] == [("BP008", 5)]
