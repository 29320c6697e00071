"""What may stand in a query string or a header, each said once (contract 2.5–2.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tieline.records.vocabulary import SORT_KEYS

Evidence = Literal["doc", "client", "inferred", "ext"]
Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
YES_OR_NO: Schema = {"type": "boolean"}
OFF: Schema = {"type": "boolean", "default": False}
COUNT: Schema = {"type": "integer", "minimum": 1}
MILLISECONDS: Schema = {"type": "integer", "format": "int64", "minimum": 0}
KIND_NAMES = ["person", "company", "project"]


@dataclass(frozen=True)
class Parameter:
    """A parameter: where it stands, what it takes, what it means, and where we know it from (0.1)."""

    name: str
    schema: Schema
    help: str
    evidence: Evidence = "doc"
    where: Literal["query", "header"] = "query"


def described(parameter: Parameter) -> dict[str, Any]:
    """The parameter as OpenAPI has it."""
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": False,
        "description": parameter.help,
        "schema": parameter.schema,
        "x-evidence": parameter.evidence,
    }


def _words(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


USER = Parameter("user", TEXT, "E-mail address of the account, beside `api_key`.")

PAGESIZE = Parameter(
    "pagesize", {**COUNT, "maximum": 1000, "default": 10}, "Records of a page; more are cut."
)
PAGENUMBER = Parameter("pagenumber", {**COUNT, "default": 1}, "Which page.")
KEYSONLY = Parameter("keysonly", OFF, "Only `syncKey` of each record.")
SUMMARYONLY = Parameter("summaryonly", OFF, "Only the best identifier of each record.")
SCOPE = Parameter("scope", TEXT, "Whose records: `local`, `team`, `hierarchy:/A/B`, `hierarchy:/A/B/*`.")
FREEFORMQUERY = Parameter("freeformquery", TEXT, "A query in words; combined with the rest.")
STAGE = Parameter("stage", TEXT, "Key or label, `none` or `any`.")
SEGMENT = Parameter("segment", TEXT, "Key or label, `none` or `any`.")
STEP = Parameter("step", TEXT, "Key or label, `none` or `any`.")
FORMAT = Parameter("format", YES_OR_NO, "Custom fields also carry `name` and `formatted`.", "client")
TEAM = Parameter("team", OFF, "True: the team's copy; false: one's own.")
DETAILED = Parameter("detailed", OFF, "Also the people and companies of a project.")

DETAILED_COMPANY = Parameter("detailed", OFF, "Also the people of a company.", "inferred")

FIND = (
    PAGESIZE,
    PAGENUMBER,
    Parameter("recordnumber", COUNT, "The first record; wins over `pagenumber`."),
    Parameter("countonly", OFF, "Only `availablecount`."),
    SUMMARYONLY,
    Parameter("sort", _words(*(word.key for word in SORT_KEYS)), "The order; `lastchanged` when absent."),
    Parameter("sortdir", _words("asc", "dec"), "Its direction; the key's own when absent.", "client"),
    Parameter("group", _words("stage", "subteam"), "What to order by first."),
    SCOPE,
    FREEFORMQUERY,
    STAGE,
    SEGMENT,
    STEP,
    Parameter("assigned", YES_OR_NO, "Only assigned records, or only others."),
    Parameter("assignee", TEXT, "Only those of this member: e-mail address."),
    Parameter("location", TEXT, "`latitude,longitude`, for `sort=distance`."),
    FORMAT,
    Parameter("limit", COUNT, "Another name of `pagesize`.", "client"),
    Parameter("max", COUNT, "Another name of `pagesize`.", "client"),
    # Beyond what the vendor's document names for find.
    Parameter("keysonly", OFF, KEYSONLY.help, "inferred"),
    Parameter("team", OFF, "The same as `scope=team`.", "client"),
    Parameter("detailed", OFF, DETAILED.help, "client"),
    *(
        Parameter(name, TEXT, "Only records that have exactly this.", "ext")
        for name in ("email", "phone", "domain", "name", "keyword")
    ),
)
FIND_PROJECTS = (
    *FIND,
    Parameter("hidelostdone", YES_OR_NO, "Leave out what is won or lost."),
    Parameter("collaborator", TEXT, "Only projects with this member in their team."),
)
FEED = (
    Parameter("cursor", TEXT, "The cursor of the answer before; nothing else is needed then."),
    KEYSONLY,
    SUMMARYONLY,
    PAGESIZE,
    SCOPE,
    STAGE,
    SEGMENT,
    FREEFORMQUERY,
    Parameter("modifiedafter", TEXT, "UTC milliseconds to start at, or `now`."),
    Parameter("includeauditedchanges", OFF, "Answer `results`, each with what changed."),
    Parameter("step", TEXT, STEP.help, "inferred"),
    Parameter("format", YES_OR_NO, FORMAT.help, "inferred"),
)
IDENTIFIER = (
    Parameter("uniqueid", TEXT, "What identifies the record: e-mail, phone, domain, handle, key, app link."),
    Parameter("id", TEXT, "Another name of `uniqueid`.", "client"),
    Parameter("identifier", TEXT, "Another name of `uniqueid`.", "client"),
)
RELATIONTYPE = Parameter(
    "relationtype", _words("person", "project", "company"), "Only the fields of this kind."
)
KEYWORDS = (
    Parameter("type", _words(*KIND_NAMES), "Only the tags of this kind.", "client"),
    Parameter("limit", COUNT, "At most so many.", "client"),
)
STEPS = (
    Parameter("segment", TEXT, "Only the steps of this segment: key or label."),
    Parameter("stage", TEXT, "Only those of this stage; needs `segment`."),
)
OPENS = (
    Parameter("from", MILLISECONDS, "Messages from this moment on."),
    Parameter("cursor", TEXT, "Where to go on; `next` has it.", "inferred"),
)
UPDATE = (
    Parameter("tag", TEXT, "Only members that carry this tag."),
    Parameter("wait", TEXT, "How long to wait, in milliseconds; nothing here needs waiting for."),
    Parameter("skip", TEXT, "Only tell when it was last done."),
)

# --- extensions ------------------------------------------------------------------------------------------------------


def _ours(name: str, schema: Schema, help: str) -> Parameter:
    return Parameter(name, schema, help, "ext")


IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key", {"type": "string", "maxLength": 200}, "A write with the same key is done once.", "ext", "header"
)  # fmt: skip
IF_MATCH = Parameter("If-Match", TEXT, "Write only if the record still has this ETag.", "ext", "header")
IF_NONE_MATCH = Parameter("If-None-Match", TEXT, "Answer 304 if it still has this ETag.", "ext", "header")
ABOUT = _ours("type", _words("people", "companies", "projects", *KIND_NAMES), "Kind; people when absent.")
SCORE = (
    Parameter("id", TEXT, "What identifies the record.", "ext"),
    _ours("uniqueid", TEXT, "Another name of `id`."),
    ABOUT,
    _ours("team", OFF, TEAM.help),
)
SUGGEST = (
    _ours("text", TEXT, "What was typed so far."),
    _ours("about", ABOUT.schema, "What is looked for; people when absent."),
    _ours("limit", {**COUNT, "maximum": 50, "default": 10}, "At most so many."),
)
TODOS = (
    _ours("state", {**_words("open", "done", "all"), "default": "open"}, "Which."),
    _ours("assignee", TEXT, "Only those of this member."),
    _ours("about", TEXT, "Only those about this record: identifier."),
    _ours("before", TEXT, "Only those due before this day."),
    _ours("after", TEXT, "Only those due from this day on."),
    _ours("pagesize", {**COUNT, "maximum": 1000}, "To-dos of a page."),
    _ours("pagenumber", {**COUNT, "default": 1}, "Which page."),
)
KEY = (
    _ours("key", TEXT, "Key of the entry."),
    _ours("dryrun", OFF, "Check only; change nothing."),
)
DELIVERIES = (
    _ours("uniqueid", TEXT, "Only those of this subscription."),
    _ours("state", _words("waiting", "delivered", "failed", "dropped"), "Only those in this state."),
    _ours("limit", COUNT, "At most so many."),
)
BULK = (
    _ours("mode", {**_words("create", "update"), "default": "create"}, "As the single operation."),
    _ours("dryrun", OFF, "Check only; change nothing."),
)
