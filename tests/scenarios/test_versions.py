"""Versions: what is different, joining two changes, going back; placeholders and what a blueprint loses."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.test_lint import HOOK, made, slack, todo
from tieline.errors import InvalidInput, NotFound
from tieline.scenarios import library
from tieline.scenarios.blueprint import export, parse
from tieline.scenarios.diff import Change, diff
from tieline.scenarios.lint import lint
from tieline.scenarios.merging import merge
from tieline.scenarios.placeholders import losses, not_in_make, placeholders, repoint

if TYPE_CHECKING:
    from tests.servers import RunningServer

DATA = Path(__file__).parent.parent / "data" / "blueprints"
ROUTER = {
    "id": 4,
    "module": "builtin:BasicRouter",
    "version": 1,
    "mapper": None,
    "routes": [{"flow": [todo(5)]}, {"flow": [todo(6)]}],
}
BASE = made(HOOK, todo(2), todo(3), ROUTER)


def edited(*changes: Any) -> dict[str, Any]:
    """The base, changed by each of the functions."""
    found = copy.deepcopy(BASE)
    for change in changes:
        change(found["flow"])
    return found


def differences(after: dict[str, Any], before: dict[str, Any] = BASE) -> list[tuple[Any, ...]]:
    return [(one.kind, one.module_id, one.field) for one in diff(parse(before), parse(after))]


def subject(number: int, text: str) -> Any:
    def change(flow: list[Any]) -> None:
        next(step for step in flow if step["id"] == number)["mapper"]["subject"] = text

    return change


def insert(position: int, step: dict[str, Any]) -> Any:
    return lambda flow: flow.insert(position, copy.deepcopy(step))


def test_every_kind_of_change_is_told_by_module() -> None:
    assert differences(BASE) == []
    assert differences(edited(subject(2, "Ring"))) == [("mapped", 2, "/mapper/subject")]
    assert differences(edited(insert(1, todo(9)))) == [("added", 9, "")]
    assert differences(edited(lambda flow: flow.pop(1))) == [("removed", 2, "")]
    assert differences(edited(lambda flow: flow.insert(1, flow.pop(2)))) == [("moved", 3, "")]
    into_route = edited(lambda flow: flow[3]["routes"][1]["flow"].append(flow[1]), lambda flow: flow.pop(1))
    assert diff(parse(BASE), parse(into_route)) == [
        Change("moved", 2, "Create a To Do", "", "the main flow, behind module 1", "route 2 of module 4, behind module 6")
    ]  # fmt: skip
    only = {"name": "n", "conditions": [[{"a": "{{1.x}}", "o": "exist"}]]}
    assert differences(edited(lambda flow: flow[1].update(filter=only))) == [("filtered", 2, "/filter")]
    handled = edited(
        lambda flow: flow[1].update(onerror=[{"id": 8, "module": "builtin:Ignore", "mapper": {}}])
    )
    assert differences(handled) == [("handler", 2, "/onerror"), ("added", 8, "")]
    off = edited(lambda flow: flow[3]["routes"][0].update(disabled=True))
    assert differences(off) == [("routes", 4, "/routes")]
    assert differences(edited(lambda flow: flow[1].update(module="cloze:createAContent"))) == [
        ("replaced", 2, "/module")
    ]
    drawn = edited(lambda flow: flow[1].update(metadata={"designer": {"x": 5, "name": "Ring"}}))
    assert sorted(differences(drawn)) == [
        ("layout", 2, "/metadata/designer/x"),
        ("renamed", 2, "/metadata/designer/name"),
    ]
    assert differences({**BASE, "metadata": {"scenario": {"dlq": True}}, "name": "u"}) == [
        ("renamed", None, "/name"),
        ("settings", None, "/metadata/scenario/dlq"),
    ]


def test_no_change_of_the_samples_goes_untold() -> None:
    for file in sorted(DATA.glob("*.json")):
        before = parse(file.read_bytes())
        after = parse(export(before))
        assert diff(before, after) == []
        for step in list(after.walk()):
            step.raw.setdefault("mapper", {})
            if isinstance(step.raw["mapper"], dict):
                step.raw["mapper"]["new"] = "1"
        told = {one.module_id for one in diff(before, after)}
        assert told >= {step.id for step in after.walk() if step.raw["mapper"] is not None}, file.name


def joined(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    found = merge(parse(BASE), parse(mine), parse(theirs))
    assert found.clashes == []
    return found.raw


def ids(raw: dict[str, Any]) -> list[int]:
    return [step["id"] for step in raw["flow"]]


def test_two_changes_in_different_places_are_joined() -> None:
    raw = joined(
        edited(subject(2, "mine"), insert(4, todo(9))), edited(subject(3, "theirs"), insert(1, todo(8)))
    )
    assert ids(raw) == [1, 8, 2, 3, 4, 9]
    assert [step["mapper"].get("subject") for step in raw["flow"][1:4]] == ["Call", "mine", "theirs"]
    assert ids(joined(edited(lambda flow: flow.pop(1)), edited(subject(3, "x")))) == [1, 3, 4]
    both = joined(edited(lambda flow: flow.insert(1, flow.pop(2))), edited(subject(2, "x")))
    assert ids(both) == [1, 3, 2, 4]
    routes = joined(
        edited(lambda flow: flow[3]["routes"][0]["flow"].append(todo(7))),
        edited(lambda flow: flow[3]["routes"][1]["flow"].append(todo(8))),
    )
    assert [[step["id"] for step in route["flow"]] for route in routes["flow"][3]["routes"]] == [
        [5, 7],
        [6, 8],
    ]
    same = edited(subject(2, "both"))
    assert joined(same, same) == same


def test_modules_added_under_one_number_get_their_own() -> None:
    mine = edited(insert(3, {**todo(9), "mapper": {"subject": "{{3.errorcode}}"}}), insert(4, todo(10, subject="{{9.errorcode}} {{`9`}}")))  # fmt: skip
    raw = joined(mine, edited(insert(1, todo(9, subject="theirs"))))
    assert ids(raw) == [1, 9, 2, 3, 11, 10, 4]
    assert raw["flow"][5]["mapper"]["subject"] == "{{11.errorcode}} {{`11`}}"
    assert [f for f in lint(parse(raw)) if f.severity == "error"] == []


def test_a_place_that_both_changed_is_a_conflict_that_says_where() -> None:
    found = merge(parse(BASE), parse(edited(subject(2, "mine"))), parse(edited(subject(2, "theirs"))))
    (clash,) = found.clashes
    assert (clash.module_id, clash.field, clash.base, clash.mine, clash.theirs) == (
        2, "/mapper/subject", "Call", "mine", "theirs",
    )  # fmt: skip
    gone = merge(parse(BASE), parse(edited(lambda flow: flow.pop(1))), parse(edited(subject(2, "theirs"))))
    assert [str(one) for one in gone.clashes] == ["Create a To Do (module 2)"]


def test_saving_joins_refuses_and_restores(server: RunningServer) -> None:
    def save(text: Any, **more: Any) -> library.Imported:
        return server.write(
            library.save_version, server.account_id, number, json.dumps(text), author="b@x.example", **more
        )

    number = server.write(
        library.import_blueprint, server.account_id, json.dumps(BASE), author="a@x.example"
    ).id
    assert save(BASE).version == 1, "the same text makes no version"
    assert save(edited(subject(2, "theirs")), based_on=1).version == 2
    merged = save(edited(subject(3, "mine")), based_on=1)
    assert (merged.version, merged.merged) == (3, True)
    text = server.read(library.load_blueprint, server.account_id, number)
    assert [step["mapper"].get("subject") for step in text.flow[1:3]] == ["theirs", "mine"]
    with pytest.raises(library.MergeConflict, match=r"Version 3 .*\(module 2\) /mapper/subject"):
        save(edited(subject(2, "late")), based_on=1)
    back = server.write(library.restore, server.account_id, number, 1, author="c@x.example")
    assert back.version == 4
    assert server.read(library.export_blueprint, server.account_id, number) == server.read(
        library.export_blueprint, server.account_id, number, 1
    )
    rows = server.read(library.versions, server.account_id, number)
    assert [(row["version"], row["author"]) for row in rows] == [
        (4, "c@x.example"), (3, "b@x.example"), (2, "b@x.example"), (1, "a@x.example"),
    ]  # fmt: skip
    assert {one.module_id for one in server.read(library.compare, server.account_id, number, 3)} == {2, 3}
    with pytest.raises(NotFound):
        server.write(library.restore, server.account_id, number, 9)


def test_a_scenario_that_is_on_keeps_running(server: RunningServer) -> None:
    from tests.scenarios.office import Office, module

    office = Office(server)
    number = office.load(
        module(1, "gateway:CustomWebHook"), module(2, "util:ComposeTransformer", {"value": "1"})
    )
    office.activate(number)
    flow = [module(1, "gateway:CustomWebHook"), module(2, "util:ComposeTransformer", {"value": "2"})]

    def save(*steps: Any) -> library.Imported:
        text = json.dumps({"name": "s", "flow": steps, "metadata": {}})
        return server.write(library.save_version, server.account_id, number, text)

    with pytest.raises(InvalidInput, match="could not run: module 3: there is no function nosuch"):
        save(*flow, module(3, "util:ComposeTransformer", {"value": "{{nosuch(1)}}"}))
    with pytest.raises(InvalidInput, match="begins with another module"):
        save(flow[1])
    assert save(*flow).version == 2
    office.post(number, {"a": 1})
    (row,) = office.executions(number)
    assert (row.version, row.status) == (2, "success")


UNKNOWN = slack(
    mapper={"text": "Hello {{1.name}}", "to": {"channel": "{{1.channel}}"}},
    metadata={
        "designer": {"x": 1, "y": 2, "name": "Tell the team"},
        "restore": {"parameters": {"__IMTCONN__": {"label": "Our Slack"}}},
        "expect": [{"name": "text", "type": "text", "label": "Text", "required": True}],
        "interface": [{"name": "ts", "type": "text"}],
    },
)


def test_an_unknown_app_is_kept_described_and_becomes_an_http_call() -> None:
    source = made(HOOK, UNKNOWN, todo(3, subject="{{2.ts}} {{`2`}} {{1.name}}"), name="x")
    blueprint = parse(source)
    (one,) = placeholders(blueprint)
    assert (one.app, one.label, one.connection, one.version) == ("slack", "Tell the team", "Our Slack", 4)
    assert [(f.name, f.type, f.required) for f in one.takes] == [("text", "text", True)]
    assert [f.name for f in one.gives] == ["ts"]
    assert [loss.module_id for loss in losses(blueprint)] == [2]
    assert parse(export(blueprint)).raw == source
    called = repoint(blueprint, 2, "https://example.org/hook")
    step = called.flow[1]
    assert (step["module"], step["mapper"]["url"]) == ("http:ActionSendData", "https://example.org/hook")
    assert step["mapper"]["data"] == UNKNOWN["mapper"]
    assert called.flow[2]["mapper"]["subject"] == "{{2.data.ts}} {{`2`.data}} {{1.name}}"
    assert step["metadata"]["x_open"]["placeholder"]["module"] == "slack:CreateMessage"
    assert [f for f in lint(called) if f.severity == "error"] == []
    assert losses(called) == []
    with pytest.raises(NotFound):
        repoint(called, 2, "https://example.org/")
    with pytest.raises(InvalidInput):
        repoint(blueprint, 2, "ftp://example.org/")


def test_what_make_would_not_run_is_told_and_secrets_stay_here() -> None:
    blueprint = parse(
        made(
            HOOK,
            {"id": 2, "module": "http:ActionSendData", "version": 3,
             "mapper": {"url": "https://x.example", "method": "get", "authUser": "u", "authPass": "geheim"}},
            {"id": 3, "module": "builtin:Throw", "mapper": {"message": "{{isBlank(1.x)}}"}},
        )
    )  # fmt: skip
    assert [(one.module_id, one.what) for one in not_in_make(blueprint)] == [
        (3, "Make has no builtin:Throw"),
        (3, "Make has no function isBlank"),
    ]
    assert "geheim" in export(blueprint)
    assert "geheim" not in export(blueprint, for_make=True)


# Not in the canonical order of keys, an envelope, and one with its schedule beside it.
REWRITTEN = ("06", "12", "13")


@pytest.mark.parametrize("file", sorted(DATA.glob("*.json")), ids=lambda file: file.stem)
def test_a_sample_goes_out_byte_for_byte(file: Path) -> None:
    blueprint = parse(file.read_bytes())
    text = export(blueprint)
    assert (text == file.read_text()) is not file.name.startswith(REWRITTEN)
    assert text == export(blueprint, for_make=True) == export(parse(text))
