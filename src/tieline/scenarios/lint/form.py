"""Whether a blueprint is built as blueprints are: ids, names, places, settings (BP002–BP004, BP010–BP013, BP017–BP020)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tieline.modules import find_module
from tieline.scenarios.blueprint import Blueprint, Step
from tieline.scenarios.lint.builtin import BUILT_IN
from tieline.scenarios.lint.finding import Finding, found
from tieline.scenarios.plan import DIRECTIVES, FORKS, HOOK, IF_ELSE, MERGE, ROUTER
from tieline.scenarios.polling import POLLING, module_of
from tieline.scenarios.tools import TOOLS

NAME = re.compile(r"[\w-]+(#[\w-]+)?:[\w-]+")
IGNORED = {"slots": None}


def check_form(blueprint: Blueprint, steps: list[Step]) -> Iterator[Finding]:
    """Everything that can be told without looking into mappings."""
    yield from _ids(steps)
    for step in steps:
        yield from _name(step)
        if step.place != "orphan":
            yield from _directive(step)
            yield from _trigger(step)
            yield from _break(step, blueprint)
    yield from _aggregators([step for step in steps if step.place != "orphan"])
    yield from _lines(steps)
    yield from _settings(blueprint)


def runs(module: str) -> bool:
    """Whether this server can run a module of that name."""
    return (
        module in TOOLS or module in DIRECTIVES or module in FORKS | {HOOK} or module_of(module) is not None
    )


def _ids(steps: list[Step]) -> Iterator[Finding]:
    numbers = [step.id for step in steps if isinstance(step.id, int) and not isinstance(step.id, bool)]
    counts, free = Counter(numbers), max([0, *numbers]) + 1
    for step in steps:
        where = f"{step.pointer}/id"
        if not isinstance(step.id, int) or isinstance(step.id, bool) or step.id < 1:
            message = "the id is missing or not a positive whole number"
            yield found("BP002", message, where, f"give it an id of its own, such as {free}")
        elif counts[step.id] > 1:
            message = f"the id {step.id} occurs {counts[step.id]} times"
            yield found("BP002", message, where, f"give it an id of its own, such as {free}", step.id)


def _name(step: Step) -> Iterator[Finding]:
    where = f"{step.pointer}/module"
    if not NAME.fullmatch(step.module):
        message = f"“{step.module}” is not of the form app:Name"
        yield found("BP003", message, where, "write it like cloze:createAToDo", step.id)
        return
    if step.place == "orphan":
        return
    if not runs(step.module):
        remedy = "it is kept; make an HTTP call of it, or take it out before switching the scenario on"
        yield found("BP004", f"this server cannot run {step.module}", where, remedy, step.id)
        return
    version, latest = step.raw.get("version", 1), _latest(step.module)
    if isinstance(version, int) and version > latest:
        message = f"version {version} of {step.module} is not known: it runs like version {latest}"
        yield found("BP004", message, f"{step.pointer}/version", "check its fields", step.id)


def _latest(module: str) -> int:
    known = BUILT_IN.get(module)
    return known.version if known is not None else 1


def _directive(step: Step) -> Iterator[Finding]:
    if step.module not in DIRECTIVES:
        return
    if "/onerror/" not in step.pointer:
        message = f"{step.module} stands outside an error handler"
        yield found("BP011", message, step.pointer, "move it into the error handler of a module", step.id)
    if step.raw.get("onerror"):
        message = "a directive cannot have an error handler"
        yield found("BP011", message, f"{step.pointer}/onerror", "take the handler away", step.id)


def _trigger(step: Step) -> Iterator[Finding]:
    first = step.place == "main" and step.position == 0
    if first and step.raw.get("filter"):
        message = "a filter before the first module is ignored"
        yield found("BP012", message, f"{step.pointer}/filter", "move it to the next module", step.id)
    if not first and starts(step.module):
        message = "a trigger has to be the first module, and the only one"
        yield found("BP018", message, step.pointer, "put it first, or take it out", step.id)


def starts(module: str) -> bool:
    """Whether a module starts with events and can only be the first."""
    known, tool = find_module(module), TOOLS.get(module)
    return (
        module in {HOOK, "util:BasicTrigger", *POLLING}
        or (known is not None and known.kind == "instant_trigger")
        or (tool is not None and tool.event)
    )


def _break(step: Step, blueprint: Blueprint) -> Iterator[Finding]:
    if step.module == "builtin:Break" and blueprint.settings.get("dlq") is not True:
        message = "the scenario does not store incomplete executions: Break ends the execution instead"
        yield found("BP017", message, step.pointer, "set metadata.scenario.dlq to true", step.id)


def _aggregators(steps: list[Step]) -> Iterator[Finding]:
    taken: dict[tuple[str, Any], int] = {}
    for step in steps:
        if step.module not in TOOLS or not TOOLS[step.module].aggregates:
            continue
        parameters = step.raw.get("parameters")
        feeder = parameters.get("feeder") if isinstance(parameters, dict) else None
        where, line = f"{step.pointer}/parameters/feeder", step.pointer.rpartition("/")[0]
        remedy = "choose a module in front of it as its source"
        if "feeder" in step.raw:
            message = "feeder stands beside the parameters, where nothing reads it"
            yield found("BP010", message, f"{step.pointer}/feeder", "move it into parameters", step.id)
        elif not isinstance(feeder, int):
            yield found("BP010", "it has no source module", where, remedy, step.id)
        elif (line, feeder) in taken:
            message = (
                f"module {taken[line, feeder]} already gathers the bundles of module {feeder} in this line"
            )
            yield found("BP010", message, where, "put them into routes of a router", step.id)
        elif feeder not in step.ancestors:
            yield found("BP010", f"its source module {feeder} does not run before it", where, remedy, step.id)
        else:
            taken[line, feeder] = step.id


def _lines(steps: list[Step]) -> Iterator[Finding]:
    """What may stand behind what in one flow."""
    places = {step.pointer: step.module for step in steps}
    for step in steps:
        line = step.pointer.rpartition("/")[0]
        before, after = (places.get(f"{line}/{step.position + move}") for move in (-1, 1))
        if step.module == MERGE and before != IF_ELSE:
            message = "a merge has to follow an if-else"
            yield found("BP013", message, step.pointer, "put it right behind the if-else", step.id)
        if step.module == ROUTER and after is not None:
            message = "nothing can follow a router: it runs after all routes"
            yield found("BP013", message, step.pointer, "move what follows into a route", step.id)


def _settings(blueprint: Blueprint) -> Iterator[Finding]:
    for name, default in IGNORED.items():
        if blueprint.settings.get(name) != default:
            where = f"/metadata/scenario/{name}"
            yield found("BP020", f"the setting {name} has no effect here", where, "leave it as it is")
    metadata = blueprint.raw.get("metadata")
    if isinstance(metadata, dict) and metadata.get("zone"):
        message = f"it comes from {metadata['zone']}; that has no effect here"
        yield found("BP020", message, "/metadata/zone", "leave it as it is")
