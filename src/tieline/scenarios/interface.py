"""The typed inputs and outputs of a scenario that others call (1.1, 1.17)."""

from __future__ import annotations

from typing import Any

from tieline.expressions import BundleValidationError, coerce
from tieline.modules.errors import ModuleError
from tieline.scenarios.blueprint import Blueprint, Json

START = "scenario-service:StartSubscenario"


def inputs_of(blueprint: Blueprint) -> list[Json]:
    """The input fields: beside the flow, else in the interface of its first module."""
    found = _beside(blueprint, "input_spec", "input")
    first = blueprint.flow[0] if blueprint.flow else None
    if not found and isinstance(first, dict) and first.get("module") == START:
        metadata = first.get("metadata")
        found = _fields(metadata.get("interface")) if isinstance(metadata, dict) else []
    return found


def outputs_of(blueprint: Blueprint) -> list[Json]:
    """The output fields."""
    return _beside(blueprint, "output_spec", "output")


def _beside(blueprint: Blueprint, spec: str, name: str) -> list[Json]:
    for holder, key in (("io", spec), ("interface", name)):
        inner = blueprint.raw.get(holder)
        if isinstance(inner, dict) and (found := _fields(inner.get(key))):
            return found
    return []


def _fields(value: Any) -> list[Json]:
    return (
        [item for item in value if isinstance(item, dict) and item.get("name")]
        if isinstance(value, list)
        else []
    )


def typed(fields: list[Json], given: Json, timezone: str) -> Json:
    """Values in the types that the fields declare, defaults filled in. Raises ModuleError naming the field."""
    made = dict(given)
    missing = []
    for field in fields:
        name, value = str(field["name"]), given.get(str(field["name"]))
        if value in (None, ""):
            value = field.get("default")
        if value in (None, ""):
            if field.get("required") is True:
                missing.append(name)
            made[name] = None
            continue
        kind = str(field.get("type") or "any")
        try:
            made[name] = coerce(
                value, "any" if kind in {"json", "dynamicCollection"} else kind, field=name, timezone=timezone
            )
        except BundleValidationError as error:
            raise ModuleError("BundleValidationError", error.message, field=name) from None
    if missing:
        raise ModuleError(
            "BundleValidationError", f"Missing value of required parameter '{missing[0]}'.", field=missing[0]
        )
    return made
