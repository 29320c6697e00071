"""The test vectors of the expression language: what documentation proves, and what was inferred."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tieline.expressions import ExpressionError, Scope, compile_template, from_json, to_json

VECTORS = json.loads(Path(__file__).with_name("iml_vectors.json").read_text("utf-8"))
NOW = "2026-01-15T10:20:30.000Z"


def scope_of(context: dict[str, Any]) -> Scope:
    """The scope a vector's context describes."""
    environment = context.get("$env", {})
    overrides = {
        name: (lambda value: lambda: value)(environment[name])
        for name in ("random", "uuid")
        if name in environment
    }
    return Scope(
        {int(key): from_json(bundle) for key, bundle in context.items() if key.isdigit()},
        variables=from_json(context.get("var", {})),
        now=datetime.fromisoformat(environment.get("now", NOW)),
        timezone=environment.get("timezone", "UTC"),
        execution_id=environment.get("executionId", ""),
        **overrides,
    )


def check(vector: dict[str, Any]) -> None:
    expected = vector["expect"]
    special = next(iter(expected), None) if isinstance(expected, dict) and len(expected) == 1 else None
    if special == "$err":
        check_failure(vector["expr"], vector["context"], expected["$err"])
        return
    result = compile_template(vector["expr"]).evaluate(scope_of(vector["context"]))
    match special:
        case "$match":
            assert re.fullmatch(expected["$match"], result)
        case "$range":
            low, high = expected["$range"]
            assert low <= result < high
        case "$approx":
            assert result == pytest.approx(expected["$approx"], abs=1e-9)
        case "$permutation":
            assert sorted(result) == sorted(expected["$permutation"])
        case _:
            assert to_json(result) == expected
            assert (type(result) is bool) == (type(expected) is bool)


def check_failure(text: str, context: dict[str, Any], kind: str) -> None:
    with pytest.raises(ExpressionError) as failure:
        compile_template(text).evaluate(scope_of(context))
    assert failure.value.kind == kind
    assert failure.value.template == text
    assert failure.value.position is not None


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["certain"]], ids=lambda v: v["expr"])
def test_documented(vector: dict[str, Any]) -> None:
    check(vector)


@pytest.mark.parametrize("vector", [v for v in VECTORS if not v["certain"]], ids=lambda v: v["expr"])
def test_inferred(vector: dict[str, Any]) -> None:
    check(vector)
