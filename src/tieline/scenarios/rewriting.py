"""Changes the references in a module's texts: to lead into an answer, or to a module that has another number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tieline.expressions import ExpressionError, Reference, compile_template
from tieline.scenarios.blueprint import Json

FLOWS = frozenset({"onerror", "routes", "branches"})


def rewrite(raw: Json, change: Callable[[str], str]) -> None:
    """Change every text of one module that is evaluated; the flows that hang on it are other modules' affair."""
    for name in ("mapper", "filter", "flags", "outputs", "filters"):
        if name in raw:
            raw[name] = _changed(raw[name], change)
    branches = raw.get("branches")
    for branch in branches if isinstance(branches, list) else []:
        if isinstance(branch, dict) and "conditions" in branch:
            branch["conditions"] = _changed(branch["conditions"], change)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value) if "{{" in value else value
    if isinstance(value, dict):
        return {name: _changed(item, change) for name, item in value.items()}
    return [_changed(item, change) for item in value] if isinstance(value, list) else value


def rewritten(text: str, change: Callable[[Reference, str], str]) -> str:
    """A template with the name of the module in each reference changed; one that cannot be read stays as it is."""
    try:
        references = compile_template(text).references
    except ExpressionError:
        return text
    for reference in sorted(set(references), key=lambda found: found.position, reverse=True):
        start = reference.position
        end = start + len(str(reference.module)) + (2 if text[start] == "`" else 0)
        text = text[:start] + change(reference, text[start:end]) + text[end:]
    return text


def renumber(raw: Json, numbers: Mapping[int, int]) -> None:
    """Give modules other numbers in one module: its own id, its source, its references."""

    def moved(reference: Reference, name: str) -> str:
        return name.replace(str(reference.module), str(numbers.get(reference.module, reference.module)))

    if raw.get("id") in numbers:
        raw["id"] = numbers[raw["id"]]
    parameters = raw.get("parameters")
    if isinstance(parameters, dict) and parameters.get("feeder") in numbers:
        raw["parameters"] = {**parameters, "feeder": numbers[parameters["feeder"]]}
    rewrite(raw, lambda text: rewritten(text, moved))
