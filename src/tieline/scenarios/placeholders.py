"""Modules of apps that this server does not have: kept whole, described by their fields, and made into HTTP calls (1.20)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import msgspec

from tieline.errors import InvalidInput, NotFound
from tieline.expressions import ExpressionError, Reference, compile_template
from tieline.scenarios.blueprint import EXTENSION, Blueprint, Json, Step
from tieline.scenarios.lint.form import runs
from tieline.scenarios.rewriting import rewrite, rewritten
from tieline.scenarios.tools import TOOLS

MOST_DEPTH = 8
BESIDE = (("error",), ("__IMTINDEX__",), ("__IMTLENGTH__",))  # not part of what a module answers
# What only this server has: Make would refuse it.
OURS = frozenset({"builtin:Throw", "builtin:Retry"})


class PlaceholderField(msgspec.Struct, frozen=True):
    """A field of a module, as the blueprint describes it."""

    name: str
    label: str
    type: str
    required: bool = False


class Placeholder(msgspec.Struct, frozen=True):
    """A module that cannot run here, with all that is known of it. `connection`: what it was connected to."""

    module_id: int
    module: str
    app: str
    version: int
    label: str
    pointer: str
    connection: str
    takes: list[PlaceholderField]
    gives: list[PlaceholderField]


class Loss(msgspec.Struct, frozen=True):
    """Something of a blueprint that will not happen, and what to do about it."""

    module_id: int | None
    module: str
    pointer: str
    what: str
    remedy: str


def placeholders(blueprint: Blueprint) -> list[Placeholder]:
    """The modules that this server does not have."""
    return [_placeholder(step) for step in _unknown(blueprint)]


def _unknown(blueprint: Blueprint) -> Iterator[Step]:
    for step in blueprint.walk():
        if step.place != "orphan" and isinstance(step.id, int) and not runs(step.module):
            yield step


def _placeholder(step: Step) -> Placeholder:
    metadata = _object(step.raw.get("metadata"))
    version = step.raw.get("version")
    return Placeholder(
        module_id=step.id,
        module=step.module,
        app=step.module.partition(":")[0],
        version=version if isinstance(version, int) else 1,
        label=str(_object(metadata.get("designer")).get("name") or step.module.rpartition(":")[2]),
        pointer=step.pointer,
        connection=_connection(metadata),
        takes=[*_fields(metadata.get("parameters")), *_fields(metadata.get("expect"))],
        gives=_fields(metadata.get("interface")),
    )


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _connection(metadata: Json) -> str:
    restored = _object(_object(metadata.get("restore")).get("parameters"))
    found = (_object(restored.get(name)).get("label") for name in ("__IMTCONN__", "account", "__IMTHOOK__"))
    return next((str(label) for label in found if label), "")


def _fields(entries: Any) -> list[PlaceholderField]:
    found = [entry for entry in (entries if isinstance(entries, list) else []) if isinstance(entry, dict)]
    return [
        PlaceholderField(
            str(entry.get("name") or ""),
            str(entry.get("label") or entry.get("name") or ""),
            str(entry.get("type") or "any"),
            entry.get("required") is True,
        )
        for entry in found
        if entry.get("name")
    ]


def losses(blueprint: Blueprint) -> list[Loss]:
    """What of a blueprint will not run here, module by module."""
    made = []
    for one in placeholders(blueprint):
        what = f"{one.label}: there is no {one.app} here; with it in place the scenario cannot be switched on"
        remedy = "make an HTTP call of it, or take it out"
        made.append(Loss(one.module_id, one.module, one.pointer, what, remedy))
    for step in blueprint.walk():
        tool = TOOLS.get(step.module)
        if step.place == "orphan":
            if step.position == 0:
                what = "drawn, but nothing leads to it: it is kept and never runs, as in Make"
                made.append(Loss(step.id, step.module, step.pointer, what, "nothing has to be done"))
        elif tool is not None and (problem := tool.problem(_object(step.raw.get("parameters")))):
            made.append(Loss(step.id, step.module, step.pointer, f"{tool.label} {problem}", "change it"))
    return made


def not_in_make(blueprint: Blueprint) -> list[Loss]:
    """What of a blueprint Make would not run: modules and functions that only this server has."""
    made = []
    for step in blueprint.walk():
        if step.module in OURS:
            what = f"Make has no {step.module}"
            made.append(Loss(step.id, step.module, step.pointer, what, "replace it before the export"))
        for name in dict.fromkeys(_extensions(step)):
            what = f"Make has no function {name}"
            made.append(Loss(step.id, step.module, step.pointer, what, "write it with Make's own functions"))
    return made


def _extensions(step: Step) -> Iterator[str]:
    inner = {"onerror", "routes", "branches", "metadata", "parameters"}
    outer = {name: value for name, value in step.raw.items() if name not in inner}
    for text in _texts(outer):
        try:
            yield from compile_template(text).extensions
        except ExpressionError:
            continue


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str) and "{{" in value:
        yield value
    elif isinstance(value, dict | list) and depth < MOST_DEPTH:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item, depth + 1)


def repoint(blueprint: Blueprint, module_id: int, url: str, method: str = "post") -> Blueprint:
    """A blueprint whose unknown module calls `url` instead, with what was mapped into it as a JSON body.

    The module is kept under metadata.x_open, and what others mapped from it they now take from the answer's `data`.
    Raises NotFound when there is no such placeholder, InvalidInput for no address.
    """
    if not any(step.id == module_id for step in _unknown(blueprint)):
        raise NotFound(f"Module {module_id} is no placeholder.")
    if not url.startswith(("http://", "https://", "{{")):
        raise InvalidInput("must be an address", field="url", remedy="write it like https://example.org/hook")
    made = Blueprint(copy.deepcopy(blueprint.raw), blueprint.scheduling)
    for step in made.walk():
        if step.id == module_id:
            _become_http(step.raw, url, method.lower())
        else:
            rewrite(step.raw, lambda text: _redirected(text, module_id))
    return made


def _become_http(raw: Json, url: str, method: str) -> None:
    metadata = _object(raw.get("metadata"))
    original = {name: raw[name] for name in ("module", "version", "parameters", "mapper") if name in raw}
    kept = {
        name: metadata[name] for name in ("restore", "parameters", "expect", "interface") if name in metadata
    }
    given = _object(raw.get("mapper"))
    body = method not in {"get", "head"}
    headers = [{"name": "Content-Type", "value": "application/json"}] if body else []
    raw["module"], raw["version"] = "http:ActionSendData", 3
    raw["parameters"] = {"handleErrors": True, "useNewZLibDeCompress": True}
    raw["mapper"] = {
        "url": url,
        "method": method,
        "headers": headers,
        "qs": [] if body else [{"name": name, "value": value} for name, value in given.items()],
        "bodyType": "raw" if body else "",
        "contentType": "application/json" if body else "",
        "data": given if body else "",
        "parseResponse": True,
    }
    designer = {"designer": metadata["designer"]} if "designer" in metadata else {}
    raw["metadata"] = {**designer, EXTENSION: {"placeholder": {**original, "metadata": kept}}}


def _redirected(text: str, module_id: int) -> str:
    """The same text, with what it takes from the module taken from the answer's data."""

    def led(reference: Reference, name: str) -> str:
        ours = reference.module == module_id and reference.path[:1] not in BESIDE
        return f"{name}.data" if ours else name

    return rewritten(text, led)
