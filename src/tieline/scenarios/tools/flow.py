"""What shapes the flow: iterator, repeater, variables, counter, switcher, compose, sleep, trigger (1.10, 1.12)."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from tieline import clock
from tieline.expressions import ExpressionError, to_text
from tieline.expressions.patterns import compile_pattern, found
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.scenarios.failures import CLASSES
from tieline.scenarios.tools.tool import Json, Surroundings, Tool, bundles_of, flag, number, text
from tieline.store.database import Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import trigger_state

MOST_REPEATS = 10_000
LONGEST_SLEEP = 300
COUNTER = Statement(
    select(trigger_state.c.state).where(
        trigger_state.c.scenario_id == bindparam("scenario_id"),
        trigger_state.c.module_id == bindparam("module_id"),
    )
)
SET_COUNTER = upsert(
    trigger_state,
    columns=("scenario_id", "module_id", "state"),
    conflict=("scenario_id", "module_id"),
    update=("state",),
)


async def _basic_trigger(given: Json, around: Surroundings) -> list[Json]:
    values = around.parameters.get("values") or [{}]
    return [
        {str(pair.get("name")): pair.get("value") for pair in entry.get("spec") or ()} for entry in values
    ]


async def _feeder(given: Json, around: Surroundings) -> list[Json]:
    array = given.get("array")
    return [dict(item) for item in bundles_of(array)] if array is not None else []


async def _repeater(given: Json, around: Surroundings) -> list[Json]:
    start = number(given.get("start", 1), "start", -1e15, 1e15)
    repeats = int(number(given.get("repeats", 1), "repeats", 0, MOST_REPEATS))
    step = number(given.get("step", 1), "step", -1e15, 1e15)
    return [{"i": start + position * step} for position in range(repeats)]


def _scope(given: Json, around: Surroundings) -> Json:
    scope = given.get("scope")
    if scope not in {"roundtrip", "execution"}:
        raise ModuleError("BundleValidationError", "must be roundtrip or execution", field="scope")
    return around.variables.cycle if scope == "roundtrip" else around.variables.execution


async def _set_variable(given: Json, around: Surroundings) -> list[Json]:
    made = {text(given, "name", required=True): given.get("value")}
    _scope(given, around).update(made)
    return [made]


async def _set_variables(given: Json, around: Surroundings) -> list[Json]:
    made = {
        to_text(pair.get("name")): pair.get("value")
        for pair in given.get("variables") or ()
        if isinstance(pair, dict)
    }
    _scope(given, around).update(made)
    return [made]


def _set_again(given: Json, bundles: list[Json], around: Surroundings) -> None:
    for bundle in bundles:
        _scope(given, around).update(bundle)


async def _get_variable(given: Json, around: Surroundings) -> list[Json]:
    name = to_text(given.get("name"))
    return [{name: around.variables.get(name)}]


async def _get_variables(given: Json, around: Surroundings) -> list[Json]:
    names = given.get("variables")
    wanted = names if isinstance(names, list) else [] if names in (None, "") else [names]
    return [{to_text(name): around.variables.get(to_text(name)) for name in wanted}]


def _increment(tx: Transaction, given: Json, around: Surroundings) -> list[Json]:
    """1, 2, 3 …: within the cycle (`run`), the execution, or for ever (`scenario`)."""
    reset = str(around.parameters.get("reset", "scenario"))
    if reset != "scenario":
        return [{"i": around.variables.counts.get((reset, around.module_id), 0) + 1}]
    place = {"scenario_id": around.server.scenario_id, "module_id": around.module_id}
    stored = tx.scalar(COUNTER, place)
    count = (msgspec.json.decode(stored)["i"] if stored is not None else 0) + 1
    tx.run(SET_COUNTER, {**place, "state": msgspec.json.encode({"i": count}).decode()})
    return [{"i": count}]


def _count_again(given: Json, bundles: list[Json], around: Surroundings) -> None:
    reset = str(around.parameters.get("reset", "scenario"))
    around.variables.counts[(reset, around.module_id)] = int(bundles[0]["i"])


async def _compose(given: Json, around: Surroundings) -> list[Json]:
    return [{"value": given.get("value")}]


async def _sleep(given: Json, around: Surroundings) -> list[Json]:
    await clock.sleep(number(given.get("duration"), "duration", 1, LONGEST_SLEEP))
    return [{}]


async def _switcher(given: Json, around: Surroundings) -> list[Json]:
    """The output of the first case that fits; without one the `elseOutput`, and without that no bundle."""
    asked, by_pattern = to_text(given.get("input")), flag(given.get("useRegExpMatch"))
    for case in given.get("casesTable") or ():
        if isinstance(case, dict) and _fits(asked, to_text(case.get("pattern")), by_pattern):
            return [{"output": case.get("output")}]
    other = given.get("elseOutput")
    return [{"output": other}] if other not in (None, "") else []


def _fits(asked: str, pattern: str, by_pattern: bool) -> bool:
    if not by_pattern:
        return asked == pattern
    try:
        return found(compile_pattern(pattern), asked)
    except ExpressionError as error:
        raise ModuleError("BundleValidationError", str(error), field="casesTable") from None


async def _throw(given: Json, around: Surroundings) -> list[Json]:
    """Fail in the class that was asked for."""
    kind = text(given, "type") or "DataError"
    if kind not in CLASSES:
        raise ModuleError(
            "BundleValidationError", f"“{kind}” is none of {', '.join(sorted(CLASSES))}", field="type"
        )
    known: ErrorClass = kind
    raise ModuleError(known, text(given, "message") or "thrown by the scenario")


TOOLS: tuple[Tool, ...] = (
    Tool("util:BasicTrigger", "Basic trigger", _basic_trigger, feeds=True),
    Tool("builtin:BasicFeeder", "Iterator", _feeder, feeds=True),
    Tool("builtin:BasicRepeater", "Repeater", _repeater, feeds=True),
    Tool("util:SetVariable2", "Set variable", _set_variable, replay=_set_again),
    Tool("util:SetVariables", "Set multiple variables", _set_variables, replay=_set_again),
    Tool("util:GetVariable2", "Get variable", _get_variable),
    Tool("util:GetVariables", "Get multiple variables", _get_variables),
    Tool("util:FunctionIncrement", "Increment function", act=_increment, replay=_count_again),
    Tool("util:ComposeTransformer", "Compose a string", _compose),
    Tool("util:FunctionSleep", "Sleep", _sleep),
    Tool("util:Switcher", "Switcher", _switcher),
    Tool("builtin:Throw", "Throw", _throw),
)
