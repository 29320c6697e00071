"""Which resources of its old home a blueprint names (1.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tieline.scenarios.blueprint import Blueprint, Json, Step

CLOZE = {"__IMTCONN__": "connection", "account": "connection", "__IMTHOOK__": "hook"}
HTTP = ("auth", "key", "account", "__IMTKEY__", "__IMTCONN__")
UNSIGNED = frozenset({"http:ActionSendData", "http:ActionGetFile"})


def resources(blueprint: Blueprint) -> list[tuple[str, str, str]]:
    """(kind, foreign id, label) of every resource that has to be bound on this server."""
    found: dict[tuple[str, str], str] = {}
    for step in blueprint.walk():
        if step.place != "orphan" and isinstance(step.raw.get("parameters", {}), dict):
            for kind, foreign, label in of_step(step):
                found.setdefault((kind, foreign), label)
    return [(kind, foreign, label) for (kind, foreign), label in found.items()]


def of_step(step: Step) -> Iterator[tuple[str, str, str]]:
    """(kind, foreign id, label) of what one module names; its parameters are an object."""
    parameters: Json = step.raw.get("parameters") or {}
    app = step.module.partition(":")[0].lower()
    if app.startswith("cloze") or app == "tieline":
        named = [key for key in CLOZE if key in parameters]
        yield from ((CLOZE[key], str(parameters[key]), _restored(step.raw, key)) for key in named)
        if not named:
            yield "connection", "", ""
    elif app == "http" and step.module not in UNSIGNED:
        yield from _keychain(step, parameters)
    elif app == "datastore":
        yield _named("datastore", step, parameters, "datastore")
    elif step.module == "scenario-service:CallSubscenario":
        yield _named("scenario", step, parameters, "scenario")


def _named(kind: str, step: Step, parameters: Json, key: str) -> tuple[str, str, str]:
    found = parameters.get(key)
    return kind, "" if found is None else str(found), _restored(step.raw, key)


def _keychain(step: Step, parameters: Json) -> Iterator[tuple[str, str, str]]:
    """What an HTTP module signs with. One that has to sign and names nothing stands for what is not chosen yet."""
    if step.module == "http:MakeRequest" and parameters.get("authenticationType") in (None, "", "noAuth"):
        return
    names = [*HTTP, *(name for name in parameters if name.endswith("Keychain"))]
    key = next((name for name in names if parameters.get(name) not in (None, "")), None)
    yield (
        "keychain",
        "" if key is None else str(parameters[key]),
        "" if key is None else _restored(step.raw, key),
    )


def _restored(raw: Json, key: str) -> str:
    try:
        found: Any = raw["metadata"]["restore"]["parameters"][key]["label"]
    except (KeyError, TypeError):
        return ""
    return str(found)
