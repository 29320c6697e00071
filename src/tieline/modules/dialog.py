"""A module's dialog as data for pages, commands and agents, and the choices that are loaded from the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieline import clock
from tieline.client import AsyncCloze
from tieline.client.sender import read_answer
from tieline.modules.module import Field, Module
from tieline.records.kinds import KINDS

CACHE_SECONDS = 60.0
SUGGESTED = 20  # records or to-dos
LOOKED_UP = frozenset({"records", "todos"})  # choices that are suggested while somebody types

_cache: dict[tuple[Any, ...], tuple[float, list[dict[str, str]]]] = {}


def describe_module(module: Module) -> dict[str, Any]:
    """Everything a form needs."""
    return {
        "name": module.name,
        "slug": module.slug,
        "label": module.label,
        "description": module.description,
        "kind": module.kind,
        "idempotent": module.idempotent,
        "extended": module.extended,
        "fields": [describe_field(found) for found in module.fields],
        "output": [describe_field(found) for found in module.output],
        "sample": module.sample,
    }


def describe_field(found: Field) -> dict[str, Any]:
    """A field in the vocabulary of scenario-engine 4.3."""
    made: dict[str, Any] = {"name": found.name, "label": found.label, "type": found.type}
    for name in ("help", "required", "advanced", "multiline", "default", "choices", "extended"):
        if value := getattr(found, name):
            made[name] = value
    if found.options:
        made["options"] = [{"value": option.value, "label": option.label} for option in found.options]
    if found.items:
        made["spec"] = [describe_field(item) for item in found.items]
    if found.when:
        made["when"] = {found.when[0]: found.when[1]}
    return made


async def choices(
    module: Module, found: Field, client: AsyncCloze, values: Mapping[str, Any], account_id: int
) -> list[dict[str, str]]:
    """The live choices of a field, kept for a minute for each account and input.

    `values` are those of the form: steps depend on segment and stage, records on the words of `query`.
    """
    segment, stage = str(values.get("segment") or ""), str(values.get("stage") or "")
    if found.choices == "records":
        return await _records(module, client, str(values.get("query") or ""))
    if found.choices == "todos":
        return await _todos(client)
    projects = module.noun == "project" or "projects" in (values.get("type"), values.get("of"))
    key = (account_id, client.url, projects, found.choices, segment, stage)
    kept = _cache.get(key)
    if kept is not None and kept[0] > clock.now():
        return kept[1]
    loaded = await _load("projects" if projects else "people", found, client, segment, stage)
    _cache[key] = (clock.now() + CACHE_SECONDS, loaded)
    return loaded


async def _records(module: Module, client: AsyncCloze, query: str) -> list[dict[str, str]]:
    """Records that match the words, or those that changed last. They change too often to be kept."""
    kind = KINDS[module.noun]
    page = await getattr(client, kind.plural).find(query or None, pagesize=SUGGESTED, sort="lastchanged")
    return [{"value": str(one.sync_key), "label": str(one.name or one.sync_key)} for one in page.records]


async def _todos(client: AsyncCloze) -> list[dict[str, str]]:
    """Open to-dos, the next one first. They change too often to be kept."""
    query = {"pagesize": SUGGESTED}
    answer = read_answer(await client.sender.exchange("GET", "/v1/x/todos", query=query, repeatable=True))
    return [
        {"value": str(one["key"]), "label": str(one.get("subject") or one["key"])} for one in answer["todos"]
    ]


async def _load(of: str, found: Field, client: AsyncCloze, segment: str, stage: str) -> list[dict[str, str]]:
    if found.choices == "segments":
        return [{"value": str(item.key), "label": str(item.name)} for item in await client.user.segments(of)]
    if found.choices == "stages":
        return [{"value": str(item.key), "label": str(item.name)} for item in await client.user.stages(of)]
    if found.choices == "members":
        return [
            {"value": str(item.email), "label": str(item.name or item.email)}
            for item in await client.user.members()
        ]
    tree = await client.user.steps(segment or None, stage or None if segment else None)
    steps = [step for stages in tree.values() for place in stages.values() for step in place.get("steps", ())]
    return [{"value": str(step["key"]), "label": str(step["name"])} for step in steps]
