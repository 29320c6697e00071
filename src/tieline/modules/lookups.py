"""Beyond the 22: a record by its app link, and what changed since the last time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tieline.modules import common, people
from tieline.modules.module import Bundle, Field, Module
from tieline.records.kinds import BY_PLURAL, KINDS

ANY_RECORD = (
    Field("syncKey", "Sync Key", help="Opaque key of the record."),
    Field("name", "Name", help="The name."),
    Field("segment", "Segment"),
    Field("stage", "Stage"),
    Field("step", "Step"),
    Field("lastChanged", "Last Changed", "number", "When it last changed, in UTC milliseconds."),
)


def the_record(answer: Mapping[str, Any]) -> Iterator[Bundle]:
    """The record of a get, whatever its kind."""
    for name in KINDS:
        if isinstance(answer.get(name), dict):
            yield answer[name]


def changed_records(answer: Mapping[str, Any]) -> Iterator[Bundle]:
    """The records of a feed, each with what changed and with the cursor that goes on behind them (2.7)."""
    cursor = {"cursor": answer.get("cursor")}
    for result in answer.get("results") or ():
        for record in the_record(result):
            yield {**record, "changes": result.get("changes") or {}, **cursor}
    for plural in BY_PLURAL:
        for record in answer.get(plural) or ():
            yield {**record, **cursor}


MODULES = (
    Module(
        slug="searchByAppLink",
        label="Search by App Link",
        description="Gives the record that has this link to another application, or nothing.",
        kind="search",
        noun="other",
        method="GET",
        path="/v1/{type}/get",
        fields=(
            common.RECORD_TYPE,
            Field("source", "Source", help="The application's domain, such as na16.salesforce.com.", required=True, to="?uniqueid+"),
            Field("uniqueid", "Unique ID", help="The record's id there.", required=True, to="?uniqueid+"),
            common.TEAM,
        ),
        output=ANY_RECORD,
        sample=people.SAMPLE,
        idempotent=True,
        extended=True,
        paging="once",
        read=the_record,
    ),
    Module(
        slug="listChanges",
        label="List Changes",
        description="Gives the records that changed, the earliest change first; the cursor of a bundle goes on from there.",
        kind="search",
        noun="other",
        method="GET",
        path="/v1/{type}/feed",
        fields=(
            common.RECORD_TYPE,
            Field("cursor", "Cursor", help="Where an earlier run ended: the cursor of its last bundle. The fields below are then taken from it.", to="?cursor"),
            Field("modifiedafter", "Modified After", "any", "A date, UTC milliseconds, or “now” for what changes from now on.", to="?modifiedafter", milliseconds=True),
            Field("includeauditedchanges", "Audited Changes", "boolean", "Before and after of segment, stage, step and custom fields.", to="?includeauditedchanges"),
            Field("segment", "Segment", "select", "Only records of this segment.", choices="segments", to="?segment"),
            Field("stage", "Stage", "select", "Only records at this stage.", choices="stages", to="?stage"),
            Field("freeformquery", "Free Form Query", help="Only what matches, such as “customers in Boston”.", to="?freeformquery"),
            Field("keysonly", "Keys Only", "boolean", "Only the sync key of each.", advanced=True, to="?keysonly"),
            Field("limit", "Limit", "uinteger", "The most bundles that a run gives; with a cursor, whole batches of the run that began it.", default=10, to=""),
        ),
        output=(
            *ANY_RECORD,
            Field("changes", "Changes", "collection", "Before and after of each audited field."),
            Field("cursor", "Cursor", help="Give it to the next run."),
        ),
        sample={**people.SAMPLE, "changes": {"stage": {"before": "lead", "after": "current"}}, "cursor": "c3Rh…"},
        idempotent=True,
        extended=True,
        paging="cursor",
        read=changed_records,
    ),
)  # fmt: skip
