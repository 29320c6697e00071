"""What is wrong with a blueprint, told before anything runs (scenario-engine 1.20)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from tieline.expressions import compile_value, find_errors
from tieline.modules import find_module
from tieline.scenarios.blueprint import Blueprint, Step
from tieline.scenarios.filters import filter_errors
from tieline.scenarios.plan import DIRECTIVES, FORKS, HOOK, IF_ELSE, MERGE, ROUTER
from tieline.scenarios.resources import resources
from tieline.scenarios.tools import TOOLS

NAME = re.compile(r"^[\w-]+(#[\w-]+)?:[\w-]+$")
IGNORED = {"slots": None}


class Finding(msgspec.Struct, frozen=True):
    """One finding. `pointer`: JSON pointer into the blueprint; `module_id`: the module it concerns, if any."""

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    pointer: str = ""
    module_id: int | None = None
    suggestion: str | None = None


def lint(blueprint: Blueprint, *, bound: set[tuple[str, str]] | None = None) -> list[Finding]:
    """Every finding, errors first. `bound`: the (kind, foreign id) pairs that have a resource here (BP014)."""
    steps = list(blueprint.walk())
    known = {step.id for step in steps if isinstance(step.id, int)}
    found = [*_ids(steps)]
    for step in steps:
        found += _step(step, known)
    found += _flows(steps)
    if bound is not None:
        for kind, foreign, label in resources(blueprint):
            if (kind, foreign) not in bound:
                what = "connection" if kind == "connection" else kind
                found.append(
                    Finding(
                        "BP014",
                        "warning",
                        f"the {what} “{label or foreign or 'not chosen'}” is not connected here",
                        suggestion="connect it to an account",
                    )
                )
    found += _settings(blueprint)
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda finding: order[finding.severity])


def errors(findings: list[Finding]) -> list[Finding]:
    """Those that keep a scenario from running."""
    return [finding for finding in findings if finding.severity == "error"]


def _ids(steps: list[Step]) -> Iterator[Finding]:
    counts = Counter(step.id for step in steps if isinstance(step.id, int) and not isinstance(step.id, bool))
    for step in steps:
        if not isinstance(step.id, int) or isinstance(step.id, bool) or step.id < 1:
            yield Finding(
                "BP002", "error", "the id is missing or not a positive number", f"{step.pointer}/id"
            )
        elif counts[step.id] > 1:
            yield Finding(
                "BP002",
                "error",
                f"the id {step.id} occurs {counts[step.id]} times",
                f"{step.pointer}/id",
                step.id,
            )


def _step(step: Step, known: set[int]) -> Iterator[Finding]:
    number = step.id if isinstance(step.id, int) else None
    if not NAME.match(step.module):
        yield Finding(
            "BP003", "error", f"“{step.module}” is not of the form app:Name", f"{step.pointer}/module", number
        )
        return
    if step.place == "orphan":
        return
    if not _runs(step.module):
        yield Finding(
            "BP004",
            "warning",
            f"this server cannot run {step.module}",
            f"{step.pointer}/module",
            number,
            "it is kept; a scenario with it cannot be activated",
        )
    if step.raw.get("filter") and step.place == "main" and step.position == 0:
        yield Finding(
            "BP012",
            "warning",
            "a filter before the first module is ignored",
            f"{step.pointer}/filter",
            number,
        )
    elif step.raw.get("filter"):
        for error in filter_errors(step.raw["filter"]):
            code = "BP005" if "operator" in error.message else "BP006"
            yield Finding(
                code,
                "error",
                error.message,
                f"{step.pointer}/filter/{_pointer(error.field)}",
                number,
                error.remedy,
            )
    mapper = step.raw.get("mapper")
    if mapper:
        problems = find_errors(mapper)
        for problem in problems:
            yield Finding(
                "BP006",
                "error",
                problem.message,
                f"{step.pointer}/mapper/{_pointer(problem.field)}",
                number,
                problem.remedy,
            )
        if not problems:
            yield from _references(step, mapper, known)
    yield from _required(step, mapper)
    yield from _forks(step)
    if step.module in DIRECTIVES and step.place not in {"onerror", "route", "branch"}:
        yield Finding(
            "BP011", "error", f"{step.module} stands outside an error handler", step.pointer, number
        )
    if step.module in DIRECTIVES and step.raw.get("onerror"):
        yield Finding(
            "BP011", "error", "a directive cannot have an error handler", f"{step.pointer}/onerror", number
        )


def _forks(step: Step) -> Iterator[Finding]:
    """The conditions of an if-else's branches, and what a merge makes of them."""
    number = step.id if isinstance(step.id, int) else None
    branches = step.raw.get("branches") if step.module == IF_ELSE else None
    for position, branch in enumerate(branches if isinstance(branches, list) else ()):
        conditions = branch.get("conditions") if isinstance(branch, dict) else None
        for error in filter_errors({"conditions": conditions}):
            code = "BP005" if "operator" in error.message else "BP006"
            where = f"{step.pointer}/branches/{position}/{_pointer(error.field)}"
            yield Finding(code, "error", error.message, where, number, error.remedy)
    if step.module == MERGE:
        outputs = step.raw.get("outputs")
        for problem in find_errors(outputs if isinstance(outputs, list) else []):
            where = f"{step.pointer}/outputs/{_pointer(problem.field)}"
            yield Finding("BP006", "error", problem.message, where, number, problem.remedy)


def _runs(module: str) -> bool:
    return (
        module in TOOLS or module in DIRECTIVES or module in FORKS | {HOOK} or find_module(module) is not None
    )


def _references(step: Step, mapper: Any, known: set[int]) -> Iterator[Finding]:
    compiled = compile_value(mapper)
    number = step.id if isinstance(step.id, int) else None
    for reference in compiled.references:
        where = f"{step.pointer}/mapper"
        if reference.module not in known:
            yield Finding(
                "BP007",
                "error",
                f"module {reference.module} does not exist",
                where,
                number,
                "map a field of a module before this one",
            )
        elif reference.module not in step.ancestors:
            yield Finding(
                "BP008",
                "error",
                f"module {reference.module} does not run before this one",
                where,
                number,
                "map a field of a module before this one",
            )
    for path, notice in compiled.notices:
        yield Finding("BP019", "warning", notice.message, f"{step.pointer}/mapper/{_pointer(path)}", number)


def _required(step: Step, mapper: Any) -> Iterator[Finding]:
    """A mandatory field that is not mapped at all (BP015)."""
    module = find_module(step.module)
    if module is None or module.kind == "instant_trigger":
        return
    given = {**(step.raw.get("parameters") or {}), **(mapper if isinstance(mapper, dict) else {})}
    number = step.id if isinstance(step.id, int) else None
    for found in module.fields:
        names = {found.name, "uniqueid", "id", "identifier"} if found.name == "syncKey" else {found.name}
        if (
            found.required
            and found.default is None
            and not any(given.get(name) not in (None, "") for name in names)
        ):
            if module.slug in {"createACompany"} and found.name == "requiredField":
                continue
            yield Finding(
                "BP015",
                "error",
                f"{found.label} is required",
                f"{step.pointer}/mapper/{found.name}",
                number,
                "map it",
            )


def _flows(steps: list[Step]) -> Iterator[Finding]:
    for step in steps:
        number = step.id if isinstance(step.id, int) else None
        module = find_module(step.module)
        trigger = step.module == HOOK or (module is not None and module.kind == "instant_trigger")
        if trigger and not (step.place == "main" and step.position == 0) and step.place != "orphan":
            yield Finding("BP018", "warning", "a trigger has to be the first module", step.pointer, number)
        if step.module in TOOLS and TOOLS[step.module].aggregates:
            feeder = (step.raw.get("parameters") or {}).get("feeder")
            if feeder not in step.ancestors:
                yield Finding(
                    "BP010",
                    "error",
                    "its source module is missing or does not run before it",
                    f"{step.pointer}/parameters/feeder",
                    number,
                )
    places = {(s.pointer.rpartition("/")[0], s.position): s.module for s in steps}
    for step in steps:
        before = places.get((step.pointer.rpartition("/")[0], step.position - 1))
        if step.module == MERGE and before != IF_ELSE:
            yield Finding(
                "BP013",
                "error",
                "a merge has to follow an if-else",
                step.pointer,
                step.id if isinstance(step.id, int) else None,
                "put it right behind the if-else",
            )
    for step in steps:
        if step.module == ROUTER and (step.pointer.rpartition("/")[0], step.position + 1) in places:
            yield Finding(
                "BP013",
                "error",
                "nothing can follow a router",
                step.pointer,
                step.id if isinstance(step.id, int) else None,
                "move it into a route",
            )


def _settings(blueprint: Blueprint) -> Iterator[Finding]:
    for name, default in IGNORED.items():
        if blueprint.settings.get(name) != default:
            yield Finding(
                "BP020", "info", f"the setting {name} has no effect here", f"/metadata/scenario/{name}"
            )
    breaks = [step for step in blueprint.walk() if step.module == "builtin:Break"]
    if breaks:
        yield Finding(
            "BP017",
            "warning",
            "Break ends the execution here: incomplete executions are not stored yet",
            breaks[0].pointer,
            breaks[0].id,
        )


def _pointer(field: str | None) -> str:
    """`emails[0].value` as `emails/0/value`."""
    return re.sub(r"\[(\d+)\]", r"/\1", field or "").replace(".", "/").strip("/")
