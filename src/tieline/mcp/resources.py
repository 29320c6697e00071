"""What can be read: a guide, the account's words, records and their timelines."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import mcp_types as types
import msgspec
from mcp.shared.exceptions import MCPError

from tieline.client import ClozeError, NotFound
from tieline.mcp import shrink
from tieline.mcp.schema import VOCABULARY
from tieline.mcp.visit import Visit
from tieline.records.codec import plain
from tieline.records.kinds import KINDS

GUIDE = "tieline://guide"
ENTRIES = 20  # of a timeline at once
PLURALS = {kind.plural: kind for kind in KINDS.values()}
JSON, MARKDOWN = "application/json", "text/markdown"
TEXT = f"""# Relationships

People, companies and projects have a segment (what they are to us), a stage (how far it has come) and a step (what is
next). Their words differ from account to account: read {VOCABULARY} before choosing one.

- A record is named by its syncKey, or by any identifier: e-mail address, mobile phone, domain, app link (source:id).
- Searches give pages of brief bundles with `available`, the number of all that match; ask for `page` 2, or narrow the
  query. `freeformquery` reads words: “active customers in Boston not contacted in 3 months”.
- Create enhances a record that matches, so nothing is doubled. Update leaves fields alone that are not given.
- Writes take `dryRun`: the call is checked and nothing changes. Deleting needs a grant of its own.
- tieline://people/KEY is a whole record, tieline://people/KEY/timeline what happened with it, newest first; the same for
  companies and projects.
"""


def listed() -> list[types.Resource]:
    """The resources that are always there."""
    return [
        types.Resource(
            uri=GUIDE,
            name="guide",
            title="Guide",
            description="How records, searches and writes work.",
            mime_type=MARKDOWN,
        ),
        types.Resource(
            uri=VOCABULARY,
            name="vocabulary",
            title="Vocabulary",
            description="The account's segments, stages, steps and custom fields.",
            mime_type=JSON,
        ),
    ]


def templates() -> list[types.ResourceTemplate]:
    """The resources of every record."""
    made = []
    for plural, kind in PLURALS.items():
        label = kind.label.lower()
        made += [
            types.ResourceTemplate(
                uri_template=f"tieline://{plural}/{{key}}",
                name=kind.name,
                title=kind.label,
                description=f"Everything about a {label}, by its sync key or another identifier.",
                mime_type=JSON,
            ),
            types.ResourceTemplate(
                uri_template=f"tieline://{plural}/{{key}}/timeline{{?stamp}}",
                name=f"{kind.name}-timeline",
                title=f"{kind.label} timeline",
                description=f"What happened with a {label}, newest first, {ENTRIES} entries at a time.",
                mime_type=JSON,
            ),
        ]
    return made


async def read(visit: Visit, uri: str) -> types.ReadResourceResult:
    """A resource. Raises MCPError for one that does not exist, with what does."""
    if uri == GUIDE:
        return _result(uri, MARKDOWN, TEXT)
    try:
        found = await _vocabulary(visit) if uri == VOCABULARY else await _of_record(visit, uri)
    except NotFound as error:
        raise MCPError(
            types.INVALID_PARAMS, f"{error.message} (look it up with a search)", {"uri": uri}
        ) from None
    except ClozeError as error:
        raise MCPError(types.INTERNAL_ERROR, error.message, {"uri": uri}) from None
    return _result(uri, JSON, msgspec.json.encode(found).decode())


def _result(uri: str, mime_type: str, text: str) -> types.ReadResourceResult:
    return types.ReadResourceResult(
        contents=[types.TextResourceContents(uri=uri, mime_type=mime_type, text=text)]
    )


async def _vocabulary(visit: Visit) -> dict[str, Any]:
    user = visit.cloze.user
    words: dict[str, Any] = {}
    for of in ("people", "projects"):
        words[of] = {
            "segments": {str(one.key): one.name for one in await user.segments(of)},
            "stages": {str(one.key): one.name for one in await user.stages(of)},
        }
    tree = await user.steps()
    words["steps"] = sorted(
        {
            str(step["key"]): step.get("name")
            for stages in tree.values()
            for place in stages.values()
            for step in place.get("steps", ())
        }.items()
    )
    words["customFields"] = [plain(field) for field in await user.fields()]
    return shrink.fit(words)


async def _of_record(visit: Visit, uri: str) -> dict[str, Any]:
    parts = urlsplit(uri)
    kind = PLURALS.get(parts.netloc)
    key, _, rest = parts.path.removeprefix("/").partition("/")
    if parts.scheme != "tieline" or kind is None or not key or rest not in {"", "timeline"}:
        known = ", ".join([GUIDE, VOCABULARY, *(one.uri_template for one in templates())])
        raise MCPError(types.INVALID_PARAMS, f"There is no resource {uri} (there are: {known})", {"uri": uri})
    relations = getattr(visit.cloze, kind.plural)
    if not rest:
        return shrink.fitted([plain(await relations.get(unquote(key), detailed=True))])[0]
    stamp = parse_qs(parts.query).get("stamp", [""])[-1]
    return await _timeline(visit, kind.plural, unquote(key), int(stamp) if stamp.isdecimal() else None)


async def _timeline(visit: Visit, plural: str, key: str, stamp: int | None) -> dict[str, Any]:
    page = await getattr(visit.cloze, plural).timeline(key, limit=ENTRIES, stamp=stamp)
    entries = await visit.cloze.timeline.messages(page.messages) if page.messages else []
    made: dict[str, Any] = {"entries": shrink.fitted([plain(entry) for entry in entries])}
    if page.stamp is not None:
        made["older"] = f"tieline://{plural}/{quote(key, safe='')}/timeline?stamp={page.stamp}"
    return made
