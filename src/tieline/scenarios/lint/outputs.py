"""The shape of what each module of a blueprint gives: declared, described by the blueprint, or inferred."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tieline.expressions import ExpressionError
from tieline.scenarios.blueprint import Json, Step
from tieline.scenarios.lint.builtin import BUILT_IN
from tieline.scenarios.lint.inference import Outputs, infer
from tieline.scenarios.lint.shapes import ANY, TEXT, Shape, of_fields, of_interface
from tieline.scenarios.polling import module_of


def shapes_of(steps: list[Step]) -> dict[int, Shape]:
    """Module id to the shape of its bundle; in the order in which they stand, since one may map another."""
    made: dict[int, Shape] = {}
    for step in steps:
        if isinstance(step.id, int):
            made[step.id] = _of_step(step, made)
    return made


def _of_step(step: Step, before: Outputs) -> Shape:
    metadata = step.raw.get("metadata")
    described = of_interface(metadata.get("interface")) if isinstance(metadata, dict) else None
    module = module_of(step.module)
    if module is not None:
        declared = of_fields(module.output) if module.output else Shape("collection")
        # A blueprint may know more fields than are declared here: the account's own.
        return Shape("collection", {**((described or ANY).fields or {}), **(declared.fields or {})} or None)
    if step.module in INFERRED:
        mapper = step.raw.get("mapper")
        return INFERRED[step.module](step, mapper if isinstance(mapper, dict) else {}, before)
    known = BUILT_IN.get(step.module)
    if known is not None and known.gives is not None:
        return of_fields(known.gives)
    return described or Shape("collection")


def of_mapped(value: Any, before: Outputs) -> Shape:
    """The shape of a mapper or a part of one."""
    if isinstance(value, str):
        try:
            return infer(value, before).shape
        except ExpressionError:
            return ANY
    if isinstance(value, dict):
        return Shape("collection", {str(name): of_mapped(item, before) for name, item in value.items()})
    return (
        Shape("array", item=of_mapped(value[0], before) if value else ANY) if isinstance(value, list) else ANY
    )


def _element(step: Step, mapper: Json, before: Outputs) -> Shape:
    """An iterator gives the fields of the list's items, or `value` for items that have none."""
    item = of_mapped(mapper.get("array"), before).item or ANY
    if item.type == "collection":
        return item
    return Shape("collection", {"value": item}) if item.known else Shape("collection")


def _aggregated(step: Step, mapper: Json, before: Outputs) -> Shape:
    return Shape("collection", {"array": Shape("array", item=of_mapped(mapper, before)), "key": ANY})


def _variable(step: Step, mapper: Json, before: Outputs) -> Shape:
    return _named([(mapper.get("name"), of_mapped(mapper.get("value"), before))])


def _variables(step: Step, mapper: Json, before: Outputs) -> Shape:
    given = mapper.get("variables")
    pairs = [
        (entry.get("name"), of_mapped(entry.get("value"), before))
        if isinstance(entry, dict)
        else (entry, ANY)
        for entry in (given if isinstance(given, list) else [])
    ]
    return _named(pairs)


def _read(step: Step, mapper: Json, before: Outputs) -> Shape:
    return _named([(mapper.get("name"), ANY)])


def _named(pairs: list[tuple[Any, Shape]]) -> Shape:
    """A field for each name; nothing is known when a name is mapped."""
    if not pairs or not all(isinstance(name, str) and "{{" not in name for name, _ in pairs):
        return Shape("collection")
    return Shape("collection", dict(pairs))


def _composed(step: Step, mapper: Json, before: Outputs) -> Shape:
    return Shape("collection", {"value": of_mapped(mapper.get("value"), before)})


def _typed(step: Step, mapper: Json, before: Outputs) -> Shape:
    """A basic trigger gives the fields that are written into it."""
    parameters = step.raw.get("parameters")
    values = parameters.get("values") if isinstance(parameters, dict) else None
    names: dict[str, Shape] = {}
    for entry in values if isinstance(values, list) else []:
        spec = entry.get("spec") if isinstance(entry, dict) else None
        for pair in spec if isinstance(spec, list) else []:
            if isinstance(pair, dict) and isinstance(pair.get("name"), str):
                names[pair["name"]] = TEXT if isinstance(pair.get("value"), str) else ANY
    return Shape("collection", names or None)


def _merged(step: Step, mapper: Json, before: Outputs) -> Shape:
    outputs = step.raw.get("outputs")
    named = [entry for entry in (outputs if isinstance(outputs, list) else []) if isinstance(entry, dict)]
    return _named([(entry.get("name"), ANY) for entry in named])


INFERRED: Final[Mapping[str, Callable[[Step, Json, Outputs], Shape]]] = {
    "builtin:BasicFeeder": _element,
    "builtin:BasicAggregator": _aggregated,
    "builtin:BasicMerge": _merged,
    "util:SetVariable2": _variable,
    "util:SetVariables": _variables,
    "util:GetVariable2": _read,
    "util:GetVariables": _variables,
    "util:ComposeTransformer": _composed,
    "util:BasicTrigger": _typed,
}
