"""The account's profile and words (contract 2.10)."""

from __future__ import annotations

from typing import Any

from tieline.api import queries
from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.crm import accounts, finding
from tieline.crm import settings as words
from tieline.crm import words as tags
from tieline.crm.access import Caller
from tieline.crm.finding import FindQuery
from tieline.crm.settings import AccountSettings, load_settings
from tieline.errors import InvalidInput
from tieline.records.kinds import KINDS
from tieline.store.database import Transaction


async def profile(call: Call) -> bytes:
    """Whose key this is."""
    return success(profile=await call.read(accounts.profile, call.caller))


async def older_profile(call: Call) -> bytes:
    """The same under both names that clients look for (7, 8)."""
    found = await call.read(accounts.profile, call.caller)
    return success(profile=found, user=found)


async def fields(call: Call) -> bytes:
    """Definitions of custom fields; `relationtype` other than a kind means all."""
    wanted = (queries.text(call.query, "relationtype") or "").lower()
    settings = await _settings(call)
    return success(list=words.definitions(settings, wanted if wanted in KINDS else None))


async def segments(call: Call) -> bytes:
    """The segments of people and companies, or of projects."""
    return success(list=_labelled((await _settings(call)).segments(call.kind.name)))


async def stages(call: Call) -> bytes:
    """The stages of people and companies, or of projects."""
    return success(list=_labelled((await _settings(call)).shown_stages(call.kind.name)))


async def steps(call: Call) -> bytes:
    """Steps by segment and stage, of all or of those asked for by key or label."""
    segment_text, stage_text = queries.text(call.query, "segment"), queries.text(call.query, "stage")
    if stage_text and not segment_text:
        raise InvalidInput("needs a segment", field="stage", remedy="send segment as well")
    settings = await _settings(call)
    segment = stage = None
    if segment_text:
        kind, segment = _segment(settings, segment_text)
        stage = words.resolve_stage(settings, kind, stage_text) if stage_text else None
    return success(segments=words.steps_tree(settings, segment, stage))


async def views(call: Call) -> bytes:
    """The views of each kind."""
    settings = await _settings(call)
    return success(**{kind.plural: words.views(settings, name) for name, kind in KINDS.items()})


async def keywords(call: Call) -> bytes:
    """The tags in use, most used first; `type` other than a kind means all."""
    wanted = (queries.text(call.query, "type") or "").lower()
    kind = next((name for name, found in KINDS.items() if wanted in {name, found.plural}), None)
    limit = queries.whole(call.query, "limit")
    return success(
        keywords=await call.read_slow(
            tags.keywords, call.caller, kind, limit if limit and limit > 0 else None
        )
    )


async def recipients(call: Call) -> bytes:
    """The views of people that serve as mailing lists."""
    return success(list=await call.read_slow(_recipients, call.caller))


def _recipients(tx: Transaction, caller: Caller) -> list[dict[str, Any]]:
    """The shipped views, then the account's own, whose queries say who is in them."""
    found = tags.recipients(tx, caller)
    for view in load_settings(tx, caller.account_id).views:
        if view.kind == "person" and view.query:
            query = FindQuery(freeformquery=view.query, countonly=True)
            count = finding.find(tx, caller, "person", query).available
            found.append({"id": view.id, "name": view.label, "count": count})
    return found


async def _settings(call: Call) -> AccountSettings:
    return await call.read(load_settings, call.caller.account_id)


def _labelled(labels: dict[str, str]) -> list[dict[str, Any]]:
    return [{"name": label, "key": key} for key, label in labels.items()]


def _segment(settings: AccountSettings, text: str) -> tuple[str, str | None]:
    """The segment and a kind of relation that has it: steps exist for contacts and for projects."""
    try:
        return "person", words.resolve_segment(settings, "person", text)
    except InvalidInput as error:
        try:
            return "project", words.resolve_segment(settings, "project", text)
        except InvalidInput:
            known = ", ".join({**settings.segments("person"), **settings.segments("project")})
            raise InvalidInput(error.message, field="segment", remedy=f"one of: {known}") from None
