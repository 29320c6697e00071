"""Blueprints: every envelope, nothing lost, one canonical form; and what lint says of broken ones."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tieline.errors import InvalidInput, TielineError
from tieline.scenarios.blueprint import export, parse
from tieline.scenarios.lint import errors, lint

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
    assert errors(lint(blueprint)) == []


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


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
@given(st.lists(ANY, min_size=1, max_size=4))
def test_no_flow_makes_reading_or_lint_stumble(flow: list[Any]) -> None:
    try:
        blueprint = parse({"name": "x", "flow": flow})
        lint(blueprint)
        assert export(parse(export(blueprint))) == export(blueprint)
    except TielineError:
        return
