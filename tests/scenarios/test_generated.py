"""Ten thousand generated blueprints and expressions: read, checked, written, run, and never an unhandled exception."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenarios.generated import TRIGGER, Choices, Json, plausible, template, wild
from tieline.errors import TielineError
from tieline.expressions import ExpressionError, Scope, compile_template, to_json
from tieline.modules.errors import ModuleError
from tieline.scenarios.blueprint import Blueprint, export, parse
from tieline.scenarios.interpreter import Failed, Interpreter, Stop
from tieline.scenarios.journal import Entry, Journal
from tieline.scenarios.lint import lint
from tieline.scenarios.plan import Node, compile_plan
from tieline.store.database import Database

BYTES = st.binary(max_size=160)
QUICK = {"deadline": None, "database": None}


class Unwritten(Journal):
    """A journal that is only remembered: what is under test is the walk, not the disk."""

    def __init__(self) -> None:
        super().__init__(cast(Database, None), "generated", 1, [])

    def record(self, entry: Entry) -> None:
        self.recorded[entry.path] = self._values(entry)

    async def begin(self, entry: Entry) -> None:
        self.record(entry)

    async def flush(self) -> None:
        return


def at_once(work: Coroutine[Any, Any, None]) -> None:
    """Run what never has to wait, without the cost of an event loop."""
    with suppress(StopIteration):
        while True:
            assert work.send(None) is None, "it waits for something"


async def run(blueprint: Blueprint) -> None:
    """Run it with one event; calls to accounts are answered, failures of the scenario are fine."""
    plan = compile_plan(blueprint)
    if plan.gaps:
        return

    async def call(node: Node, given: Json, key: str, observe: Any) -> list[Json]:
        if given.get("subject") == "some words":
            raise ModuleError("DataError", "refused", module=node.label)
        return [{"uniqueid": key}]

    walk = Interpreter(
        plan=plan,
        journal=Unwritten(),
        call=call,
        timezone="Europe/Prague",
        execution_id="e",
        trigger=[TRIGGER],
    )
    with suppress(Failed, Stop):
        await walk.run()


@settings(max_examples=4500, **QUICK)
@given(st.binary(max_size=60))
def test_any_expression_is_fine_or_an_expression_error(data: bytes) -> None:
    text = template(Choices(data))
    with suppress(ExpressionError):
        found = compile_template(text).evaluate(
            Scope({1: TRIGGER, 2: {"value": data}}, timezone="Europe/Prague")
        )
        json.dumps(to_json(found), default=repr)


@settings(max_examples=3000, **QUICK)
@given(BYTES)
def test_any_plausible_blueprint_comes_in_goes_out_and_runs(data: bytes) -> None:
    blueprint = parse(plausible(data))
    lint(blueprint)
    text = export(blueprint)
    again = parse(text)
    assert (export(again), again.raw) == (text, blueprint.raw)
    told = lint(again)
    try:
        at_once(run(again))
    except TielineError:
        if not told:  # what does not compile, lint has said
            raise


@settings(max_examples=2500, **QUICK)
@given(BYTES)
def test_any_wild_blueprint_is_read_or_refused(data: bytes) -> None:
    try:
        blueprint = parse(json.dumps(wild(data)))
    except TielineError:
        return
    lint(blueprint)
    text = export(blueprint)
    assert export(parse(text)) == text
    with suppress(TielineError):
        at_once(run(blueprint))
