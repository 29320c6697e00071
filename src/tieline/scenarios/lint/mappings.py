"""Whether the expressions and filters of a module can be read, and refer to what is there (BP005–BP009, BP016, BP019)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from tieline.expressions import ExpressionError, Template, compile_template
from tieline.scenarios.blueprint import Step
from tieline.scenarios.filters import FilterError, filter_errors
from tieline.scenarios.lint.finding import Finding, found
from tieline.scenarios.lint.inference import infer
from tieline.scenarios.lint.outputs import of_mapped
from tieline.scenarios.lint.shapes import Shape
from tieline.scenarios.lint.texts import pointer_of, texts
from tieline.scenarios.plan import IF_ELSE, MERGE

ALWAYS: Final = frozenset(
    {"error", "__IMTINDEX__", "__IMTLENGTH__", "__IMTMATCH__", "__IMTHEADERS__", "__IMTMETHOD__"}
)
CURLY = re.compile("[\u201c\u201d\u201e\u2018\u2019]")
NEVER: Final = {
    "number": frozenset({"array", "collection", "buffer", "boolean", "date"}),
    "date": frozenset({"array", "collection", "buffer", "boolean", "number"}),
    "time": frozenset({"array", "collection", "buffer", "boolean", "number"}),
}
"""Operands that an operator of each family can never compare (1.7.2)."""


class Known(NamedTuple):
    """The modules of a blueprint: their ids, and the shapes of their bundles."""

    ids: frozenset[int]
    shapes: dict[int, Shape]


class Place(NamedTuple):
    """Something that is evaluated: JSON data, where it stands, and the modules it may use."""

    data: Any
    pointer: str
    visible: frozenset[int]


def check_mappings(step: Step, known: Known, branches: dict[str, list[frozenset[int]]]) -> Iterator[Finding]:
    """Every text of a step that is evaluated. `branches`: pointer of a merge to the modules of each branch before it."""
    for asked, pointer in _conditions(step):
        yield from _filter(step, asked, pointer, known)
    for place in _places(step, branches):
        for pointer, text in texts(place.data, place.pointer):
            yield from _text(step, text, pointer, place.visible, known)
    for pointer, text in texts(step.raw.get("parameters"), f"{step.pointer}/parameters"):
        if "{{" in text:
            message = "expressions are not evaluated here: the text stays as it is"
            yield found("BP019", message, pointer, "map it in a field of the module", step.id)


def _places(step: Step, branches: dict[str, list[frozenset[int]]]) -> Iterator[Place]:
    visible = frozenset(step.ancestors)
    yield Place(step.raw.get("mapper"), f"{step.pointer}/mapper", visible)
    flags = step.raw.get("flags")
    if isinstance(flags, dict):
        yield Place(flags.get("groupBy"), f"{step.pointer}/flags/groupBy", visible)
    outputs = step.raw.get("outputs") if step.module == MERGE else None
    for number, output in enumerate(outputs if isinstance(outputs, list) else ()):
        mappings = output.get("mappings") if isinstance(output, dict) else None
        for branch, mapping in enumerate(mappings if isinstance(mappings, list) else ()):
            inside = branches.get(step.pointer, [])
            seen = visible | (inside[branch] if branch < len(inside) else frozenset())
            yield Place(mapping, f"{step.pointer}/outputs/{number}/mappings/{branch}", seen)


def _conditions(step: Step) -> Iterator[tuple[Any, str]]:
    """Filters and the conditions of branches, each with the pointer to the object that holds `conditions`."""
    if step.raw.get("filter") and not (step.place == "main" and step.position == 0):
        yield step.raw["filter"], f"{step.pointer}/filter"
    branches = step.raw.get("branches") if step.module == IF_ELSE else None
    for number, branch in enumerate(branches if isinstance(branches, list) else ()):
        if isinstance(branch, dict):
            yield {"conditions": branch.get("conditions")}, f"{step.pointer}/branches/{number}"
    links = step.raw.get("filters") if step.module == MERGE else None
    for number, link in enumerate(links if isinstance(links, list) else ()):
        if link:
            yield link, f"{step.pointer}/filters/{number}"


def _filter(step: Step, asked: Any, pointer: str, known: Known) -> Iterator[Finding]:
    for error in filter_errors(asked):
        code = "BP005" if isinstance(error, FilterError) else "BP006"
        where = f"{pointer}{pointer_of(error.field)}"
        yield found(code, error.message, where, error.remedy or "see the list of operators", step.id)
    conditions = asked.get("conditions") if isinstance(asked, dict) else None
    for group, members in enumerate(conditions if isinstance(conditions, list) else ()):
        for position, condition in enumerate(members if isinstance(members, list) else ()):
            if isinstance(condition, dict):
                where = f"{pointer}/conditions/{group}/{position}"
                yield from _condition(step, condition, where, known)


def _condition(step: Step, condition: dict[str, Any], pointer: str, known: Known) -> Iterator[Finding]:
    family = str(condition.get("o") or "").partition(":")[0]
    for side in ("a", "b"):
        for where, text in texts(condition.get(side), f"{pointer}/{side}"):
            told = list(_text(step, text, where, frozenset(step.ancestors), known))
            yield from (finding for finding in told if finding.code != "BP006")  # told by the filter itself
        shape = of_mapped(condition.get(side), known.shapes)
        if shape.type in NEVER.get(family, frozenset()):
            message = f"{condition.get('o')} compares {family}s, and this side is {shape}: it never holds"
            yield found(
                "BP016", message, f"{pointer}/{side}", f"map a {family}, or use another operator", step.id
            )


def _text(step: Step, text: str, pointer: str, visible: frozenset[int], known: Known) -> Iterator[Finding]:
    try:
        template = compile_template(text)
    except ExpressionError as error:
        yield found("BP006", error.message, pointer, error.remedy or _how(error), step.id)
        yield from _odd(error, pointer, step)
        return
    for notice in template.notices:
        yield found("BP019", notice.message, pointer, "pick the field from the list", step.id)
    yield from _references(step, template, pointer, visible, known)
    for problem in _impossible(text, known):
        yield found("BP016", problem, pointer, "map a value of the right type", step.id)


def _impossible(text: str, known: Known) -> list[str]:
    try:
        return infer(text, known.shapes).problems
    except ExpressionError:
        return []


def _how(error: ExpressionError) -> str:
    at = f" at character {error.position + 1}" if error.position is not None else ""
    return f"mend the expression{at}"


def _odd(error: ExpressionError, pointer: str, step: Step) -> Iterator[Finding]:
    """What people who come from other languages write."""
    part = (error.template or "")[error.position or 0 :] if error.template else ""
    if CURLY.match(part) or CURLY.search(error.expression or ""):
        yield found("BP019", "curly quotes do not quote", pointer, 'write straight quotes: "…"', step.id)
    elif part.startswith(",") or "," in (error.expression or ""):
        yield found(
            "BP019", "a comma does not separate arguments", pointer, "write ; between arguments", step.id
        )


def _references(
    step: Step, template: Template, pointer: str, visible: frozenset[int], known: Known
) -> Iterator[Finding]:
    for reference in template.references:
        module = reference.module
        if module not in known.ids:
            message, remedy = f"module {module} does not exist", "map a field of a module before this one"
            yield found("BP007", message, pointer, remedy, step.id)
        elif module not in visible:
            message = f"module {module} does not run before this one, or an aggregator hides it"
            yield found("BP008", message, pointer, "map a field of a module before this one", step.id)
        else:
            problem = _missing(known.shapes.get(module), module, reference.path)
            if problem is not None:
                yield found("BP009", problem[0], pointer, problem[1], step.id)


def _missing(shape: Shape | None, module: int, path: tuple[str | int, ...]) -> tuple[str, str] | None:
    """What is wrong with a path, and what would be right; None when it is there, or nothing is known of it."""
    here = str(module)
    for position, part in enumerate(path):
        if shape is None or not shape.known or (position == 0 and part in ALWAYS):
            return None
        if isinstance(part, int):
            if shape.type != "array":
                return (
                    (f"{here} is {shape}, it has no positions", f"write {here}")
                    if shape.type != "collection"
                    else None
                )
            shape, here = shape.item, f"{here}[]"
            continue
        if shape.type == "array":
            return (
                f"{here} is a list: .{part} of it gives nothing",
                f'write {here}[].{part}, or map({here}; "{part}")',
            )
        if shape.type != "collection":
            return f"{here} is {shape}, it has no field {part}", f"write {here}"
        if shape.fields is None:
            return None
        if part not in shape.fields:
            close = get_close_matches(part, list(shape.fields), n=1, cutoff=0.6)
            names = ", ".join(list(shape.fields)[:8])
            remedy = f"did you mean {here}.{close[0]}?" if close else f"it has {names or 'no fields'}"
            return (
                f"module {module} gives no {here.partition('.')[2] + '.' if '.' in here else ''}{part}",
                remedy,
            )
        shape, here = shape.fields[part], f"{here}.{part}"
    return None


def branches_before(steps: list[Step]) -> dict[str, list[frozenset[int]]]:
    """Pointer of each merge to the ids of the modules in each branch of the if-else before it."""
    by_pointer = {step.pointer: step for step in steps}
    made: dict[str, list[frozenset[int]]] = {}
    for step in steps:
        line, _, _ = step.pointer.rpartition("/")
        before = by_pointer.get(f"{line}/{step.position - 1}")
        if step.module != MERGE or before is None or before.module != IF_ELSE:
            continue
        branches = before.raw.get("branches")
        made[step.pointer] = [
            frozenset(
                inner.id
                for inner in steps
                if isinstance(inner.id, int)
                and inner.pointer.startswith(f"{before.pointer}/branches/{number}/")
            )
            for number in range(len(branches) if isinstance(branches, list) else 0)
        ]
    return made
