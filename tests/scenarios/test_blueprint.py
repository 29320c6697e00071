"""Blueprints: every envelope, nothing lost, one canonical form; and what lint says of broken ones."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieline.errors import InvalidInput, TielineError
from tieline.scenarios.blueprint import export, parse
from tieline.scenarios.lint import lint

FILES = sorted((Path(__file__).parent.parent / "data" / "blueprints").glob("*.json"))
BARE = json.loads(next(file for file in FILES if file.name.startswith("10")).read_text())


def changed(**step: Any) -> dict[str, Any]:
    """The sample with its second module changed."""
    made = copy.deepcopy(BARE)
    made["flow"][1].update(step)
    return made


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sample_comes_in_without_errors_and_goes_out_the_same_twice(file: Path) -> None:
    blueprint = parse(file.read_bytes())
    text = export(blueprint)
    again = parse(text)
    assert export(again) == text
    assert again.raw == blueprint.raw
    assert [f for f in lint(blueprint) if f.severity == "error"] == []


def test_every_envelope_is_unwrapped() -> None:
    text = json.dumps(BARE)
    schedule = {"type": "daily", "time": "09:00"}
    for source in (
        BARE,
        {**BARE, "scheduling": schedule},
        {"response": {"blueprint": BARE, "scheduling": schedule}},
        {"response": {"blueprint": text, "scheduling": json.dumps(schedule)}},
        {"blueprint": BARE, "scheduling": schedule, "controller": {"name": BARE["name"]}},
        "\ufeff" + text,
    ):
        found = parse(source if isinstance(source, dict) else source.encode())
        assert found.raw == BARE
        if isinstance(source, dict) and source is not BARE:
            assert found.scheduling == schedule


def test_unknown_keys_survive_at_every_level() -> None:
    made = changed(newKey={"a": [1, {"b": None}]})
    made["metadata"]["other"] = "kept"
    assert parse(export(parse(made))).raw == made


def test_our_extensions_stay_out_of_what_make_gets() -> None:
    made = changed()
    made["flow"][1]["metadata"]["x_open"] = {"secret": 1}
    assert "x_open" in export(parse(made))
    assert "x_open" not in export(parse(made), for_make=True)


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("BP002", changed(id=1)),
    ("BP002", changed(id="x")),
    ("BP003", changed(module="nothing")),
    ("BP004", changed(module="slack:CreateMessage")),
    ("BP005", changed(filter={"name": "", "conditions": [[{"a": "x", "o": "text:startswith", "b": "y"}]]})),
    ("BP006", changed(mapper={"subject": "{{nosuch(1)}}"})),
    ("BP006", changed(mapper={"subject": "{{1.name"})),
    ("BP007", changed(mapper={"subject": "{{99.name}}"})),
    ("BP008", changed(mapper={"subject": "{{2.name}}"})),
    ("BP010", changed(module="builtin:BasicAggregator", parameters={"feeder": 7}, mapper={})),
    ("BP011", changed(module="builtin:Ignore", mapper={})),
    ("BP013", {**BARE, "flow": [BARE["flow"][0], {"id": 5, "module": "builtin:BasicRouter", "routes": []}, BARE["flow"][1]]}),
    ("BP015", changed(mapper={"when": "1"})),
    ("BP018", changed(module="gateway:CustomWebHook", mapper={})),
    ("BP019", changed(mapper={"subject": "{{1}}"})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "source"), BROKEN, ids=[f"{code}-{n}" for n, (code, _) in enumerate(BROKEN)]
)
def test_lint_names_what_is_wrong_and_where(code: str, source: dict[str, Any]) -> None:
    found = [finding for finding in lint(parse(source)) if finding.code == code]
    assert found, lint(parse(source))
    assert all(finding.pointer.startswith("/") and finding.message for finding in found)


def test_unbound_resources_are_told() -> None:
    codes = [finding.code for finding in lint(parse(BARE), bound=set())]
    assert codes.count("BP014") == 2
    assert not lint(parse(BARE), bound={("hook", "2002"), ("connection", "1001")})


@pytest.mark.parametrize(
    "source", ["", "{", "[]", "{}", '{"flow": []}', '{"flow": {}}', "null", "\x00", '{"flow": 1}']
)
def test_what_is_no_blueprint_is_refused_with_bp001(source: str) -> None:
    with pytest.raises(InvalidInput, match="BP001"):
        parse(source)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "module", "flow", "routes", "onerror", "filter", "mapper", "parameters", "conditions", "metadata", "x"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(st.lists(ANY, min_size=1, max_size=4))
def test_no_flow_makes_reading_or_lint_stumble(flow: list[Any]) -> None:
    try:
        blueprint = parse({"name": "x", "flow": flow})
        lint(blueprint)
        assert export(parse(export(blueprint))) == export(blueprint)
    except TielineError:
        return
