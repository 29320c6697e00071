"""What is wrong with a blueprint, told before anything runs (scenario-engine 1.20)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tieline.errors import InvalidInput
from tieline.scenarios.blueprint import Blueprint, Step, parse
from tieline.scenarios.lint.fields import check_fields
from tieline.scenarios.lint.finding import CODES, Finding, found
from tieline.scenarios.lint.form import NAME, check_form
from tieline.scenarios.lint.mappings import Known, branches_before, check_mappings
from tieline.scenarios.lint.outputs import shapes_of
from tieline.scenarios.resources import of_step

ORDER = {"error": 0, "warning": 1, "info": 2}
REMEDY = "export the scenario from Make again"

__all__ = ["CODES", "Finding", "errors", "lint", "lint_source"]


def lint(blueprint: Blueprint, *, bound: set[tuple[str, str]] | None = None) -> list[Finding]:
    """Every finding, errors first. `bound`: the (kind, foreign id) pairs that have a resource here (BP014).

    Without `bound`, which is how a file is read, only ids that can belong to nothing are told.
    """
    steps = list(blueprint.walk())
    ids = frozenset(step.id for step in steps if isinstance(step.id, int))
    known = Known(ids, shapes_of(steps))
    branches = branches_before(steps)
    made = list(check_form(blueprint, steps))
    for step in steps:
        if step.place != "orphan" and NAME.fullmatch(step.module):
            made += check_mappings(step, known, branches)
            made += check_fields(step, known.shapes)
    made += _resources(steps, bound)
    return sorted(made, key=lambda finding: ORDER[finding.severity])


def lint_source(source: str | bytes | dict[str, Any]) -> list[Finding]:
    """The findings of a text that may not even be a blueprint (BP001)."""
    try:
        blueprint = parse(source)
    except InvalidInput as error:
        return [found("BP001", error.message.removeprefix("BP001: "), "", error.remedy or REMEDY)]
    return lint(blueprint)


def errors(findings: list[Finding]) -> list[Finding]:
    """Those that keep a scenario from running."""
    return [finding for finding in findings if finding.severity == "error"]


def _resources(steps: list[Step], bound: set[tuple[str, str]] | None) -> Iterator[Finding]:
    """Each resource that leads nowhere, where it is named first."""
    told: set[tuple[str, str]] = set()
    for step in steps:
        parameters = step.raw.get("parameters", {})
        if step.place == "orphan" or not isinstance(parameters, dict):
            continue
        for kind, foreign, label in of_step(step):
            missing = not foreign.isdecimal() if bound is None else (kind, foreign) not in bound
            if not missing or (kind, foreign) in told:
                continue
            told.add((kind, foreign))
            called = f"“{label or foreign}”" if label or foreign else "of the module"
            key = next((f"/{name}" for name, value in parameters.items() if str(value) == foreign), "")
            remedy = f"tieline scenario bind ID {kind} {foreign or '-'} NAME"
            where = f"{step.pointer}/parameters{key}" if "parameters" in step.raw else step.pointer
            yield found("BP014", f"the {kind} {called} is not connected here", where, remedy, step.id)
