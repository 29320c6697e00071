"""Beyond the 22: records joined and taken apart, and many records at once."""

from __future__ import annotations

from tieline.modules import common
from tieline.modules.module import Field, Module, options

RESULT = (
    Field("line", "Line", "number", "Which record, from 1."),
    Field("errorcode", "Error code", "number", "0 is success."),
    Field("created", "Created", "boolean"),
    Field("changed", "Changed", "boolean"),
    Field("syncKey", "Sync Key"),
    Field("message", "Message", help="What is wrong with it, or what was skipped."),
)
KIND = Field(
    "type", "Type", "select", "Which records.", required=True, default="people",
    options=common.RECORD_TYPE.options, closed=True,
)  # fmt: skip

MODULES = (
    Module(
        slug="mergeTwoRecords",
        label="Merge Two Records",
        description="Joins two records that mean the same; the first one's key survives, and Unmerge takes it back.",
        kind="action",
        noun="other",
        path="/v1/x/merge",
        fields=(
            KIND,
            Field("into", "Into", help="The record that stays: any identifier, such as an e-mail address.", required=True),
            Field("from", "From", help="The record that joins it: any identifier.", required=True),
        ),
        output=(
            *common.DONE,
            Field("change", "Change", "number", "What Unmerge takes back."),
            Field("syncKey", "Sync Key", help="Key of the joined record."),
        ),
        sample={"errorcode": 0, "change": 4711, "syncKey": "uR0cJr9F"},
        update=True,
        dry_run=True,
        extended=True,
    ),
    Module(
        slug="unmerge",
        label="Unmerge",
        description="Takes a merge apart again, into the records that there were.",
        kind="action",
        noun="other",
        path="/v1/x/unmerge",
        fields=(
            KIND,
            Field("change", "Change", "uinteger", "The number that the merge gave."),
            Field("id", "Record", help="Instead of the number: the record whose latest merge is meant, by any identifier."),
        ),
        output=(*common.DONE, Field("records", "Records", "array", "The records that there are again.", items=(Field("syncKey", "Sync Key"),))),
        sample={"errorcode": 0, "records": [{"syncKey": "uR0cJr9F"}, {"syncKey": "pT0wXk3e"}]},
        update=True,
        dry_run=True,
        extended=True,
    ),
    Module(
        slug="bulkUpsert",
        label="Bulk Upsert",
        description="Adds or updates many records in one call, and says of each what became of it.",
        kind="action",
        noun="other",
        path="/v1/x/{type}/bulk",
        fields=(
            common.RECORD_TYPE,
            Field("records", "Records", "array", 'The records as the API takes them, such as {"name": "Ada", "emails": [{"value": "ada@x.example"}]}.', required=True, of="collection", multiline=True),
            Field("mode", "Mode", "select", "Update replaces names and values; Create only fills gaps of a name.", default="update", options=options(("update", "Update"), ("create", "Create")), closed=True, to="?mode"),
        ),
        output=(
            Field("total", "Total", "number", "How many records were sent."),
            Field("created", "Created", "number"),
            Field("changed", "Changed", "number", "How many are new or different."),
            Field("failed", "Failed", "number", "How many were refused; the others are stored."),
            Field("results", "Results", "array", "What became of each, in the order sent.", items=RESULT),
        ),
        sample={
            "total": 2, "created": 1, "changed": 1, "failed": 1,
            "results": [
                {"line": 1, "errorcode": 0, "created": True, "changed": True, "syncKey": "uR0cJr9F"},
                {"line": 2, "errorcode": 11, "message": "No identifiers available"},
            ],
        },
        idempotent=True,
        update=True,
        dry_run=True,
        extended=True,
        lines="records",
    ),
)  # fmt: skip
