"""Fields that several modules share. Labels and helps of record fields come from the records' declarations."""

from __future__ import annotations

from typing import Any

from tieline.modules.module import Field, Option, extended, folded, options
from tieline.records.contact import Address, AppLink, CustomField, Email, Fax, Phone, Url
from tieline.records.fields import FieldInfo, describe_by_wire
from tieline.records.kinds import KINDS
from tieline.records.timeline import Link, Reference
from tieline.records.vocabulary import FORECASTS, SORT_KEYS

SORTS = tuple(Option(word.key, word.label) for word in SORT_KEYS)
TYPES = {"text": "text", "number": "number", "boolean": "boolean", "any": "any", "object": "collection"}


def of_record(kind: str, wire: str, label: str | None = None, **changes: Any) -> Field:
    """A module field for a field of a record."""
    info = describe_by_wire(KINDS[kind].type)[wire]
    return _field(info, label, **changes)


def entries(record: type[Any], *wires: str, labels: dict[str, str] | None = None) -> tuple[Field, ...]:
    """The fields of a list's entries."""
    known = describe_by_wire(record)
    return tuple(_field(known[wire], (labels or {}).get(wire)) for wire in wires)


def _field(info: FieldInfo, label: str | None = None, **changes: Any) -> Field:
    type_ = "array" if info.many else TYPES.get(info.type_name, "text")
    if info.format in {"email", "url", "date"} and not info.many:
        type_ = {"email": "email", "url": "url", "date": "date"}[info.format]
    if info.format == "instant":
        type_ = "any"
    values: dict[str, Any] = {
        "name": info.wire,
        "label": label or info.label,
        "type": type_,
        "help": info.help,
        "required": info.required,
        "multiline": info.multiline,
        "options": options(*info.options) if info.options else (),
    }
    return Field(**{**values, **changes})


def social(network: str, label: str) -> Field:
    """A handle: one entry of the socials."""
    help_ = f"The {network.capitalize()} handle or profile address."
    return Field(
        f"{network}Handle" if network == "twitter" else f"{network}Id",
        label,
        help=help_,
        to="socials[]",
        entry=(("type", network),),
    )


def custom(name: str, label: str, field_id: str, type_: str, **more: Any) -> Field:
    """A value that is kept as a custom field."""
    field_type = {"date": "any", "currency": "number"}.get(type_, "text")
    return Field(
        name,
        label,
        **{"type": field_type, "to": "customFields[]", "entry": (("id", field_id), ("type", type_)), **more},
    )


SEGMENT = Field("segment", "Segment", "select", "Where the relationship belongs.", choices="segments")
STAGE = Field("stage", "Stage", "select", "How far it has come.", choices="stages")
STEP = Field("step", "Step", "select", "What is next.", choices="steps")
TYPE = custom("type", "Type", "type", "keyword", help="Kind within the segment.")
LEAD_SOURCE = custom(
    "leadSource", "Lead Source", "lead-source", "keywords", type="any", help="Where it came from."
)
FORECAST = custom(
    "forecast",
    "Forecast",
    "forecast",
    "keyword",
    type="select",
    options=options(*FORECASTS),
    help="How sure it is.",
)
TEAM = folded(Field("team", "Team", "boolean", "On: the team's copy; off: your own.", to="?team"))
LIMIT = Field("limit", "Limit", "uinteger", "The most bundles that one call gives.", default=10, to="")
EMAIL_ENTRIES = entries(Email, "value", "work", "home")
PHONE_ENTRIES = entries(Phone, "value", "work", "home", "mobile")
FAX_ENTRIES = entries(Fax, "value", "work", "home")
ADDRESS_ENTRIES = entries(
    Address, "street", "city", "region", "country", "postcode", "work", "home", "latitude", "longitude"
)
URL_ENTRIES = entries(Url, "address", "name")
LINK_ENTRIES = entries(Link, "value", "title")
REFERENCE_ENTRIES = entries(Reference, "value", "name", "role")


CUSTOM_ENTRIES = entries(CustomField, "id", "type", "value", "min", "max", "replace")
# What Cloze's API takes and its modules have no field for.
BEYOND: tuple[Field, ...] = tuple(
    extended(found)
    for found in (
        Field("customFields", "Custom Fields", "array", "Values of the account's own fields; an empty value removes.", items=CUSTOM_ENTRIES),
        Field("assignTo", "Assign To", "select", "Who looks after it.", choices="members"),
        Field("shareTo", "Share To", help="“team”, or the e-mail address of a member who gets a copy."),
        Field("shareTimeline", "Share Timeline", "boolean", "Share its timeline too."),
    )
)  # fmt: skip
# Only a Tieline server takes keywords away; another one ignores the field.
BEYOND_UPDATE: tuple[Field, ...] = (
    extended(Field("removeKeywords", "Remove Keywords", "array", "Tags to take away (at a Tieline server).")),
    *BEYOND,
)


def app_links(name_label: str, url_label: str) -> Field:
    """The record in other applications; projects use other words than people."""
    labels = {"label": name_label, "url": url_label}
    return Field(
        "appLinks",
        "App Links",
        "array",
        "The record in other applications.",
        items=entries(AppLink, "source", "uniqueid", "label", "url", labels=labels),
        advanced=True,
    )


def array(name: str, label: str, items: tuple[Field, ...], help_: str) -> Field:
    """A list of collections."""
    return Field(name, label, "array", help_, items=items)


def find_fields(kind: str, query_label: str) -> tuple[Field, ...]:
    """What every search asks for."""
    noun = KINDS[kind].label_plural.lower()
    return (
        Field(
            "sort",
            "Sort Order",
            "select",
            "The order of the results.",
            options=SORTS,
            closed=True,
            to="?sort",
        ),
        Field(
            "group",
            "Group Order",
            "select",
            "What to order by first.",
            options=options(("stage", "Stage"), ("subteam", "Sub-team")),
            closed=True,
            to="?group",
            advanced=True,
        ),
        Field(
            "scope",
            "Scope",
            "select",
            f"Whose {noun}.",
            options=options(("local", "Local"), ("team", "Team")),
            closed=True,
            to="?scope",
            advanced=True,
        ),
        Field(
            "freeformquery",
            query_label,
            help="Words, names, addresses, or conditions such as “active customers in Boston”. #field asks for a custom field.",
            to="?freeformquery",
        ),
        Field(
            "segment", "Segment", "select", f"Only {noun} of this segment.", choices="segments", to="?segment"
        ),
        Field("stage", "Stage", "select", f"Only {noun} at this stage.", choices="stages", to="?stage"),
        Field("step", "Step", "select", f"Only {noun} with this next step.", choices="steps", to="?step"),
        Field(
            "assigned",
            "Assigned",
            "boolean",
            "On: only assigned ones; off: only unassigned ones.",
            to="?assigned",
        ),
    )


def watch_fields(*more: Field) -> tuple[Field, ...]:
    """What every trigger asks for."""
    entry = (
        Field("changed", "Changed Field", help="Only when this field changes: segment, stage, step, or a custom field."),
        Field("before", "Before", help="Its value before, by key or label."),
        Field("after", "After", help="Its value after, by key or label."),
        Field("record", "Record", "collection", 'What the record must have, such as {"segment": "customer"}.', multiline=True),
    )  # fmt: skip
    return (
        Field("name", "Webhook Name", help="What the webhook is called in the account.", to=""),
        *more,
        extended(Field("filters", "Filters", "array", "Only what matches one of these.", items=entry, to="")),
        extended(
            Field(
                "scope",
                "Scope",
                "select",
                "Whose records.",
                options=options(("local", "Local"), ("team", "Team")),
                to="",
            )
        ),
        extended(Field("labels", "Labels", "boolean", "On: labels instead of keys.", to="")),
    )


def sync_key(kind: str, to: str) -> Field:
    """Which record: chosen from a list, or any identifier."""
    label = f"{KINDS[kind].label} Sync Key"
    return Field(
        "syncKey",
        label,
        help="The sync key, or another identifier such as an e-mail address.",
        required=True,
        choices="records",
        to=to,
    )


def record_output(kind: str) -> tuple[Field, ...]:
    """The fields of a record as a module gives it."""
    infos = describe_by_wire(KINDS[kind].type).values()
    return tuple(_output(info) for info in infos if info.access != "w")


def _output(info: FieldInfo, depth: int = 0) -> Field:
    items = tuple(_output(item, depth + 1) for item in info.items if item.access != "w") if depth < 2 else ()
    type_ = "array" if info.many else "collection" if items else TYPES.get(info.type_name, "text")
    return Field(info.wire, info.label, type_, info.help, items=items)


def trigger_output(kind: str) -> tuple[Field, ...]:
    """What a trigger gives: the record as it is now, and what changed."""
    pair = (Field("before", "Before", "any"), Field("after", "After", "any"))
    audited = tuple(
        Field(name, name.capitalize(), "collection", items=pair) for name in ("segment", "stage", "step")
    )
    return (
        Field("event", "Event"),
        Field(kind, KINDS[kind].label, "collection", items=record_output(kind)),
        Field("changes", "Changes", "collection", "Before and after of each audited field.", items=audited),
    )


RECORD_TYPE = Field(
    "type",
    "Type",
    "select",
    "Which records.",
    required=True,
    default="people",
    options=options(*((kind.plural, kind.label_plural) for kind in KINDS.values())),
    closed=True,
    to="{type}",
)
DONE = (
    Field("errorcode", "Error code", "number", "0 is success."),
    Field("message", "Message", help="What was skipped."),
)
