"""The built-in modules: iterators, aggregators, variables, compose, sleep, basic trigger (scenario-engine 1.10–1.12).

Each is one function from evaluated input to bundles; adding one is one entry of the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tieline.expressions import BundleValidationError, coerce, to_text
from tieline.modules.errors import ModuleError

Json = dict[str, Any]
MOST_REPEATS = 10_000
LONGEST_SLEEP = 300


@dataclass
class Variables:
    """What Set variable leaves for later modules: until the end of the cycle, or of the execution."""

    cycle: Json = field(default_factory=dict)
    execution: Json = field(default_factory=dict)

    def get(self, name: str) -> Any:
        return self.cycle.get(name, self.execution.get(name))


@dataclass
class Surroundings:
    """What a built-in module may see."""

    parameters: Json
    variables: Variables
    timezone: str


Run = Callable[[Json, Surroundings], Awaitable[list[Json]]]
Collect = Callable[[list[Json], Surroundings], Json | None]


@dataclass(frozen=True)
class Tool:
    """A built-in module. `feeds`: it makes many bundles of one. `aggregates`: it makes one of many."""

    name: str
    label: str
    run: Run | None = None
    collect: Collect | None = None
    feeds: bool = False

    @property
    def aggregates(self) -> bool:
        return self.collect is not None


def _number(value: Any, name: str, low: float, high: float) -> float:
    try:
        found = coerce(value, "number", field=name, timezone="UTC")
    except BundleValidationError as error:
        raise ModuleError("BundleValidationError", error.message, field=name) from None
    if not isinstance(found, int | float) or not low <= found <= high:
        raise ModuleError("BundleValidationError", f"must be a number from {low:g} to {high:g}", field=name)
    return found


async def _basic_trigger(given: Json, around: Surroundings) -> list[Json]:
    values = around.parameters.get("values") or [{}]
    return [
        {str(pair.get("name")): pair.get("value") for pair in entry.get("spec") or ()} for entry in values
    ]


async def _feeder(given: Json, around: Surroundings) -> list[Json]:
    array = given.get("array")
    items = [] if array is None else array if isinstance(array, list) else [array]
    return [dict(item) if isinstance(item, dict) else {"value": item} for item in items]


async def _repeater(given: Json, around: Surroundings) -> list[Json]:
    start = _number(given.get("start", 1), "start", -1e15, 1e15)
    repeats = int(_number(given.get("repeats", 1), "repeats", 0, MOST_REPEATS))
    step = _number(given.get("step", 1), "step", -1e15, 1e15)
    return [{"i": start + number * step} for number in range(repeats)]


def _scope(given: Json, around: Surroundings) -> Json:
    scope = given.get("scope")
    if scope not in {"roundtrip", "execution"}:
        raise ModuleError("BundleValidationError", "must be roundtrip or execution", field="scope")
    return around.variables.cycle if scope == "roundtrip" else around.variables.execution


async def _set_variable(given: Json, around: Surroundings) -> list[Json]:
    name = to_text(given.get("name"))
    _scope(given, around)[name] = given.get("value")
    return [{name: given.get("value")}]


async def _set_variables(given: Json, around: Surroundings) -> list[Json]:
    made = {
        to_text(pair.get("name")): pair.get("value")
        for pair in given.get("variables") or ()
        if isinstance(pair, dict)
    }
    _scope(given, around).update(made)
    return [made]


async def _get_variable(given: Json, around: Surroundings) -> list[Json]:
    name = to_text(given.get("name"))
    return [{name: around.variables.get(name)}]


async def _get_variables(given: Json, around: Surroundings) -> list[Json]:
    return [{to_text(name): around.variables.get(to_text(name)) for name in given.get("variables") or ()}]


async def _compose(given: Json, around: Surroundings) -> list[Json]:
    return [{"value": given.get("value")}]


async def _sleep(given: Json, around: Surroundings) -> list[Json]:
    await asyncio.sleep(_number(given.get("duration"), "duration", 1, LONGEST_SLEEP))
    return [{}]


def _array(items: list[Json], around: Surroundings) -> Json:
    return {"array": items}


def _text(items: list[Json], around: Surroundings) -> Json:
    separator = around.parameters.get("rowSeparator", "")
    if separator == "other":
        separator = around.parameters.get("otherRowSeparator", "")
    return {"text": str(separator).join(to_text(item.get("value")) for item in items)}


def _numeric(items: list[Json], around: Surroundings) -> Json:
    numbers = [
        _number(item.get("value"), "value", -1e300, 1e300)
        for item in items
        if item.get("value") not in (None, "")
    ]
    match around.parameters.get("fn"):
        case "count":
            return {"result": len(items)}
        case "sum":
            return {"result": sum(numbers)}
        case "avg":
            return {"result": sum(numbers) / len(numbers) if numbers else None}
        case "max":
            return {"result": max(numbers, default=None)}
        case "min":
            return {"result": min(numbers, default=None)}
    raise ModuleError("BundleValidationError", "must be avg, sum, count, max or min", field="fn")


def _table(items: list[Json], around: Surroundings) -> Json:
    columns = str(around.parameters.get("columnSeparator", "\t"))
    rows = str(around.parameters.get("rowSeparator", "\n"))
    return {"text": rows.join(columns.join(to_text(value) for value in item.values()) for item in items)}


TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool("util:BasicTrigger", "Basic trigger", _basic_trigger, feeds=True),
        Tool("builtin:BasicFeeder", "Iterator", _feeder, feeds=True),
        Tool("builtin:BasicRepeater", "Repeater", _repeater, feeds=True),
        Tool("builtin:BasicAggregator", "Array aggregator", collect=_array),
        Tool("util:TextAggregator", "Text aggregator", collect=_text),
        Tool("util:FunctionAggregator2", "Numeric aggregator", collect=_numeric),
        Tool("util:AggregateAggregator", "Table aggregator", collect=_table),
        Tool("util:SetVariable2", "Set variable", _set_variable),
        Tool("util:SetVariables", "Set multiple variables", _set_variables),
        Tool("util:GetVariable2", "Get variable", _get_variable),
        Tool("util:GetVariables", "Get multiple variables", _get_variables),
        Tool("util:ComposeTransformer", "Compose a string", _compose),
        Tool("util:FunctionSleep", "Sleep", _sleep),
    )
}
