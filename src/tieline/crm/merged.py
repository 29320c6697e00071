"""What a record says after a write (contract 2.4): every rule of merging values, from wire form to wire form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieline import ids
from tieline.crm import merging
from tieline.crm.access import Caller, member_address, require_node
from tieline.crm.dates import read_day
from tieline.crm.links import LINKED
from tieline.crm.matching import Match
from tieline.crm.merging import Wire
from tieline.crm.settings import AccountSettings, resolve_segment, resolve_stage, resolve_step
from tieline.crm.teams import node_path
from tieline.errors import InvalidInput
from tieline.records import normalize
from tieline.records.fields import describe_by_wire
from tieline.records.kinds import KINDS
from tieline.records.vocabulary import NONE, SHIPPED_FIELDS
from tieline.store.database import Row

DATES = ("createdDate", "startDate", "pendingDate", "endDate", "birthday")
HANDLED = frozenset(
    {
        *merging.LISTS,
        *merging.WORDS,
        *merging.IDENTITY,
        *DATES,
        "segment",
        "stage",
        "step",
        "customFields",
        "notes",
        "archived",
        "syncKey",
        "direct",
        "node",
    }
)
PLACES = frozenset({"segment", "stage", "step"})
WAYS = tuple(
    choice for field in SHIPPED_FIELDS if field.id == "do-not-contact" for choice, _ in field.choices
)
OPEN_STAGES = frozenset({"lead", "future", "current"})


def merged(
    caller: Caller, kind: str, base: Wire, given: Wire, settings: AccountSettings, found: Match, mode: str
) -> Wire:
    """The record after the write, in wire form."""
    after = dict(base)
    if not base:
        after.update(syncKey=ids.sync_key(), direct=ids.direct(), portableId=ids.direct())
    if "clear" in given:
        after = merging.cleared(after, merging.words(given["clear"]))
    info = describe_by_wire(KINDS[kind].type)
    for name, value in given.items():
        if name not in HANDLED and info[name].access == "rw" and name not in LINKED:
            _set(after, name, value)
    _merge_lists(after, given, caller)
    _merge_names(after, kind, given, found, mode)
    _merge_dates(caller, after, given, settings)
    _merge_places(after, kind, given, settings)
    _merge_assignee(caller, after, given)
    _merge_node(caller, after, given)
    if "notes" in given:
        notes = given["notes"]
        _set(after, "notes", "\n".join(map(str, notes)) if isinstance(notes, list) else notes)
    if "archived" in given:
        _archive(after, bool(given["archived"]))
    after.setdefault("visibility", "visible")
    if kind == "person":
        after["doNotContact"] = _do_not_contact(after)
    return {name: value for name, value in after.items() if value not in (None, "", [], {})}


def _set(after: Wire, name: str, value: Any) -> None:
    if value == "" or value == []:
        after.pop(name, None)
    else:
        after[name] = value


def _merge_lists(after: Wire, given: Wire, caller: Caller) -> None:
    if "pictures" in given:
        given["pictures"] = [{"url": one} if isinstance(one, str) else one for one in given["pictures"]]
    for name in merging.LISTS:
        if name in given:
            after[name] = merging.union(name, after.get(name) or [], given[name], caller.country)
    for name in merging.WORDS:
        if name in given:
            words = merging.words(given[name], given.get("splitAt"))
            if name == "domains":
                words = [normalize.domain(word) or word.lower() for word in words]
            after[name] = merging.join_words(after.get(name) or [], words)
    if "removeKeywords" in given:
        removed = merging.words(given["removeKeywords"], given.get("splitAt"))
        after["keywords"] = merging.without_words(after.get("keywords") or [], removed)
    if given.get("allpictures") and "pictures" in given:
        after["pictures"] = merging.union("pictures", [], given["pictures"], caller.country)
    if "picture" in given:
        others = [entry for entry in after.get("pictures") or [] if entry.get("type") != "profile"]
        after["pictures"] = [
            *([{"type": "profile", "url": given["picture"]}] if given["picture"] else []),
            *others,
        ]
    if given.get("jobtitle"):
        after["jobtitle"] = given["jobtitle"]
    elif "workHistory" in given:
        current: Wire = next((job for job in after["workHistory"] if not job.get("archived")), {})
        if current.get("title"):
            after["jobtitle"] = current["title"]


def _merge_names(after: Wire, kind: str, given: Wire, found: Match, mode: str) -> None:
    if kind == "person":
        rule = str(given.get("replaceIdentity") or "safe").lower()
        if rule not in {"replace", "merge", "safe"}:
            raise InvalidInput(
                f"“{rule}” is unknown", field="replaceIdentity", remedy="one of: replace, merge, safe"
            )
        if rule == "safe":
            rule = "merge" if mode == "update" or found.addressed or not found.ids else "gaps"
        values = merging.identity(after, given, rule)
        if "birthday" not in values:
            given.pop("birthday", None)  # a date is read with the others
        for name, value in values.items():
            if name != "birthday":
                _set(after, name, value)
    elif "name" in given:
        _set(after, "name", given["name"].strip())
    if not after.get("name"):
        _set(after, "name", merging.fallback_name(after))


def _merge_dates(caller: Caller, after: Wire, given: Wire, settings: AccountSettings) -> None:
    style = given.get("dateFormat")
    for name in DATES:
        if name in given:
            if given[name] == "":
                after.pop(name, None)
            else:
                after[name] = read_day(given[name], field=name, timezone=caller.timezone, date_format=style)
    if "customFields" in given:
        entries = [dict(entry) for entry in given["customFields"] or ()]
        for position, entry in enumerate(entries):
            definition = settings.custom_field(str(entry.get("id") or ""))
            kind = entry.get("type") or (definition.type if definition else None)
            if kind == "date" and entry.get("value") not in (None, ""):
                entry["value"] = read_day(
                    entry["value"],
                    field=f"customFields[{position}].value",
                    timezone=caller.timezone,
                    date_format=style,
                )
        after["customFields"] = merging.custom_fields(
            after.get("customFields") or [],
            entries,
            settings,
            strict=given.get("validation") == "schema",
            split_at=given.get("splitAt"),
        )


def _merge_places(after: Wire, kind: str, given: Wire, settings: AccountSettings) -> None:
    """Segment, stage and step, with their defaults and recycling."""
    finished = {word.key for word in KINDS[kind].stages if word.finished}
    is_finished = after.get("stage") in finished
    for name, resolve in (("segment", resolve_segment), ("stage", resolve_stage)):
        default, recycle = given.get(f"default{name.capitalize()}"), given.get(f"recycle{name.capitalize()}")
        text = given.get(name)
        if text is None and default and (not _place(after, name) or (recycle and is_finished)):
            text = default
        if text is not None:
            try:
                after[name] = resolve(settings, kind, str(text)) or NONE
            except InvalidInput as error:
                error.field = name if name in given else f"default{name.capitalize()}"
                raise
        after.setdefault(name, NONE)
    text = given.get("step")
    if text is None and given.get("defaultStep") and not _place(after, "step"):
        text = given["defaultStep"]
    if text is not None:
        after["step"] = (
            resolve_step(settings, str(text), _place(after, "segment"), _place(after, "stage")) or NONE
        )
    after.setdefault("step", NONE)


def _place(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    return None if value in (None, "", NONE) else str(value)


def _merge_assignee(caller: Caller, after: Wire, given: Wire) -> None:
    if "assignTo" in given:
        _set(
            after,
            "assignee",
            member_address(caller, given["assignTo"], "assignTo") if given["assignTo"] else "",
        )
    elif given.get("defaultAssignTo") and not after.get("assignee"):
        after["assignee"] = member_address(caller, given["defaultAssignTo"], "defaultAssignTo")


def _merge_node(caller: Caller, after: Wire, given: Wire) -> None:
    """The sub-team (2.4): the one given, else the default, else for a new team copy the member's own."""
    node = given.get("node") or (not after.get("node") and given.get("defaultNode"))
    if node:
        after["node"] = node_path(str(node))
        require_node(caller, after["node"])
    elif caller.on_team_copy and not after.get("node") and caller.team is not None:
        after["node"] = caller.team.node


def _archive(after: Wire, archived: bool) -> None:
    """Archiving is refused silently while somebody works on the record (2.4)."""
    if not archived:
        after.pop("archived", None)
    elif after.get("stage") not in OPEN_STAGES and not after.get("assignee"):
        after["archived"] = True


def _do_not_contact(record: Wire) -> dict[str, bool]:
    """The flags of 3.1, read from the custom field of that name."""
    for entry in record.get("customFields") or ():
        if entry["id"] == "do-not-contact":
            value = entry.get("value")
            said = {str(item) for item in (value if isinstance(value, list) else [value])}
            return {flag: True for flag in WAYS if flag in said}
    return {}


def add_views(after: Wire) -> None:
    organised = (
        after.get("assignee") or after.get("keywords") or any(_place(after, n) for n in ("segment", "stage"))
    )
    after["views"] = ["my", "defined"] if organised else ["my"]


def joined(documents: list[Wire], rows: list[Row], country: str) -> Wire:
    """Several records as one (2.4): values of the one changed last win, lists are united, the first key survives."""
    order = sorted(range(len(rows)), key=lambda n: int(rows[n]["last_changed"]))
    made: Wire = {}
    for n in order:
        document = documents[n]
        if document.get("name"):  # a name comes with its own parts
            for part in ("first", "middle", "last"):
                made.pop(part, None)
        for name, value in document.items():
            if name in merging.LISTS:
                made[name] = merging.union(name, made.get(name) or [], value, country)
            elif name in merging.WORDS:
                made[name] = merging.join_words(made.get(name) or [], value)
            elif name == "customFields":
                kept = {entry["id"]: entry for entry in made.get(name) or []}
                made[name] = list({**kept, **{entry["id"]: entry for entry in value}}.values())
            elif name == "companies":
                kept = {entry.get("syncKey"): entry for entry in made.get(name) or []}
                made[name] = list({**kept, **{entry.get("syncKey"): entry for entry in value}}.values())
            elif value not in (NONE, "") or name not in made:
                made[name] = value
    for key in ("syncKey", "direct", "portableId"):
        made[key] = documents[0][key]
    made["firstSeen"] = min(document["firstSeen"] for document in documents)
    return made
