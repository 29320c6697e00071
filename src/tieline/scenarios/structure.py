"""The data structure of events: found out from one of them, and held against the next (1.5, 1.13)."""

from __future__ import annotations

from typing import Any

from tieline.expressions import Buffer

Spec = list[dict[str, Any]]

DEEPEST = 20
SYSTEM = frozenset({"__IMTHEADERS__", "__IMTMETHOD__"})


def detect(value: dict[str, Any], depth: int = 0) -> Spec:
    """The fields of a bundle as `metadata.interface` describes them."""
    return [_field(str(name), item, depth) for name, item in value.items() if name not in SYSTEM]


def _field(name: str, value: Any, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "label": name, "type": _type(value)}
    if depth >= DEEPEST:
        return made
    if isinstance(value, dict):
        made["spec"] = detect(value, depth + 1)
    elif isinstance(value, list):
        items = [item for item in value if item is not None]
        if items and all(isinstance(item, dict) for item in items):
            spec: Spec = []
            for item in items:
                spec = merged(spec, detect(item, depth + 1))
            made["spec"] = spec
        elif items:
            made["spec"] = {"type": _type(items[0])}
    return made


def _type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case dict():
            return "collection"
        case list():
            return "array"
        case Buffer():
            return "buffer"
        case str():
            return "text"
    return "any"


def merged(known: Spec, found: Spec) -> Spec:
    """Both structures in one; of a field that both have, the newer type counts, and the fields inside are merged."""
    newer = {field["name"]: field for field in found}
    made = []
    for field in known:
        other = newer.pop(field["name"], None)
        if other is None:
            made.append(field)
        elif isinstance(field.get("spec"), list) and isinstance(other.get("spec"), list):
            made.append({**field, **other, "spec": merged(field["spec"], other["spec"])})
        else:
            made.append({**field, **(other if other["type"] != "any" else {})})
    return [*made, *newer.values()]


def misfit(spec: Any, value: dict[str, Any], where: str = "") -> str | None:
    """The first thing in which a bundle differs from the structure: a type, or a required field that is missing."""
    for field in spec if isinstance(spec, list) else ():
        if not isinstance(field, dict) or not isinstance(field.get("name"), str):
            continue
        name, path = field["name"], f"{where}{field['name']}"
        item = value.get(name)
        if item is None:
            if field.get("required"):
                return f"{path} is missing"
            continue
        kind = str(field.get("type") or "any")
        if not _is(kind, item):
            return f"{path} must be of type {kind}"
        inner = field.get("spec")
        for number, one in enumerate(item if isinstance(item, list) else [item]):
            if isinstance(one, dict):
                at = f"{path}[{number + 1}]." if isinstance(item, list) else f"{path}."
                if problem := misfit(inner, one, at):
                    return problem
    return None


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "collection":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "boolean":
            return isinstance(value, bool) or (isinstance(value, str) and value in {"true", "false"})
        case "number" | "integer" | "uinteger":
            return not isinstance(value, bool) and (isinstance(value, int | float) or _numeric(value))
        case "text" | "date" | "time" | "email" | "url":
            return isinstance(value, str | int | float | bool)
    return True


def _numeric(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
