"""Folders of scenarios with their cases: blueprint.json beside cases/*.yaml; run, compared, told."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tieline.errors import InvalidInput, TielineError
from tieline.expressions import ExpressionError
from tieline.scenarios.blueprint import Blueprint, parse
from tieline.scenarios.lint import errors, lint
from tieline.scenarios.trying.case import Called, Case, load_case
from tieline.scenarios.trying.world import Outcome, Outgoing, World, open_world

BLUEPRINT = "blueprint.json"
CASES = "cases"


class Folder(NamedTuple):
    """A scenario and the files of its cases."""

    path: Path
    cases: list[Path]


class Report(msgspec.Struct):
    """How one case went. `problems` is empty when it passed; `milliseconds`: how long it took."""

    scenario: str
    case: str
    file: str
    passed: bool
    problems: list[str]
    milliseconds: int


def folders(root: Path) -> list[Folder]:
    """Every scenario with cases in a folder and below. Raises InvalidInput when there is none."""
    found = [
        Folder(blueprint.parent, sorted([*(blueprint.parent / CASES).glob("*.y*ml")]))
        for blueprint in sorted(root.rglob(BLUEPRINT))
    ]
    with_cases = [folder for folder in found if folder.cases]
    if not with_cases:
        raise InvalidInput(
            f"{root}: there are no cases in it",
            field="folder",
            remedy=f"put {BLUEPRINT} into a folder, and its cases into {CASES}/ beside it",
        )
    return with_cases


async def run_folders(found: Sequence[Folder]) -> list[Report]:
    """Run every case of these folders."""
    made = []
    async with open_world() as world:
        for folder in found:
            made += [await _run(world, folder, path) for path in folder.cases]
    return made


async def _run(world: World, folder: Folder, path: Path) -> Report:
    began, name, problems = time.monotonic(), path.stem, []
    try:
        blueprint = parse((folder.path / BLUEPRINT).read_bytes())
        case = load_case(path)
        name = case.name
        problems = _cannot_run(blueprint) or compare(case, await world.run(blueprint, case))
    except (TielineError, ExpressionError) as error:
        problems = [str(error)]
    took = round((time.monotonic() - began) * 1000)
    return Report(folder.path.name, name, str(path), not problems, problems, took)


def _cannot_run(blueprint: Blueprint) -> list[str]:
    return [
        f"{found.code} at {found.pointer}: {found.message} ({found.suggestion})"
        for found in errors(lint(blueprint))
    ]


def compare(case: Case, outcome: Outcome) -> list[str]:
    """What is not as expected, each with both sides."""
    return [
        *(
            f"no answer is recorded for {call}: add it to `answers`"
            for call in dict.fromkeys(outcome.unanswered)
        ),
        *_ending(case, outcome),
        *_calls(case.expect.calls, outcome.calls),
        *_modules(case, outcome),
    ]


def _ending(case: Case, outcome: Outcome) -> Iterator[str]:
    run, wanted = outcome.execution.execution, case.expect
    error = run.error or {}
    if run.status != wanted.status:
        why = f": {error.get('module')}: {error.get('message')}" if error else ""
        yield f"it ended with {run.status}, not with {wanted.status}{why}"
    if wanted.error is None:
        return
    for field in ("name", "module"):
        expected = getattr(wanted.error, field)
        if expected is not None and error.get(field) != expected:
            yield f"the error's {field} is {error.get(field)}, not {expected}"
    if wanted.error.message is not None and wanted.error.message not in str(error.get("message")):
        yield f"the error says “{error.get('message')}”, not “{wanted.error.message}”"


def _calls(wanted: list[Called] | None, made: list[Outgoing]) -> Iterator[str]:
    """The calls in order, as a difference of texts when they are not the same."""
    if wanted is None:
        return
    expected = [_written(one) for one in wanted]
    actual = [_seen(call, wanted[n] if n < len(wanted) else None) for n, call in enumerate(made)]
    if expected != actual:
        lines = difflib.unified_diff(_lines(expected), _lines(actual), "expected", "made", lineterm="", n=3)
        yield "the calls are different:\n" + "\n".join(lines)


def _written(one: Called) -> dict[str, Any]:
    made: dict[str, Any] = {"call": one.call}
    if one.query is not msgspec.UNSET:
        made["query"] = {name: _text(value) for name, value in one.query.items()}
    if one.headers:
        made["headers"] = {name.lower(): value for name, value in one.headers.items()}
    if one.body is not msgspec.UNSET:
        made["body"] = one.body
    return made


def _seen(call: Outgoing, wanted: Called | None) -> dict[str, Any]:
    """The call as far as it is compared; one that nobody expected is shown whole."""
    made: dict[str, Any] = {"call": call.call}
    if wanted is None:
        return {**made, "query": call.query, "body": call.body}
    if wanted.query is not msgspec.UNSET:
        made["query"] = call.query
    if wanted.headers:
        headers = {name.lower(): value for name, value in call.headers.items()}
        made["headers"] = {name.lower(): headers.get(name.lower()) for name in wanted.headers}
    if wanted.body is not msgspec.UNSET:
        made["body"] = call.body
    return made


def _modules(case: Case, outcome: Outcome) -> Iterator[str]:
    done = [operation for operation in outcome.execution.operations if operation.state in {"done", "failed"}]
    for number, times in case.expect.operations.items():
        ran = sum(operation.module_id == number for operation in done)
        if ran != times:
            yield f"module {number} ran {ran} times, not {times}"
    for number, wanted in case.expect.outputs.items():
        given = [bundle for one in done if one.module_id == number for bundle in one.output or ()]
        if given != wanted:
            lines = difflib.unified_diff(_lines(wanted), _lines(given), "expected", "given", lineterm="", n=3)
            yield f"module {number} gives something else:\n" + "\n".join(lines)


def _lines(value: Any) -> list[str]:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode().splitlines()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
