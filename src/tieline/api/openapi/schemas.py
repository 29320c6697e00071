"""JSON Schemas of the declarations: what msgspec says of the types, and what the fields say of themselves.

Absent and null mean the same on the wire (2.4), so that null is not named as a type of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tieline.api import lenient
from tieline.records.fields import FieldInfo, describe_by_wire
from tieline.records.vocabulary import COMMUNICATION_STYLES, CONTENT_STYLES, OUTCOME_ALIASES, STYLE_ALIASES

Schema = dict[str, Any]
REFERENCE: Final = "#/components/schemas/{name}"
# Names that client generators know from the vendor's document, where a class of ours is called otherwise.
NAMES: Final = {
    "Email": "ContactEmail",
    "Phone": "ContactPhone",
    "Fax": "ContactFax",
    "Social": "ContactSocial",
    "Url": "ContactURL",
    "Address": "ContactAddress",
    "Link": "ContentLink",
    "Reference": "RelationRef",
    "Recipient": "RecipientRef",
    "ToDo": "Todo",
    "BeforeAfter": "AuditChange",
    "Usage": "SubscriptionUsage",
}
# Objects with further members of one type beside those they name.
OPEN: Final[dict[str, Schema]] = {
    "DataBucket": {"type": ["number", "string"]},
    "AuditChanges": {"$ref": "#/components/schemas/AuditChange"},
}
# What a field may say beside the words it offers: other spellings of the wire (2.8, 7).
OTHER_WORDS: Final = {
    ("Communication", "outcome"): tuple(OUTCOME_ALIASES),
    ("Communication", "style"): (*COMMUNICATION_STYLES, *STYLE_ALIASES),
    ("Content", "style"): tuple(CONTENT_STYLES),
}
# Members that are declared loosely, because the store hands them on as they are.
EXACT: Final[dict[tuple[str, str], Schema]] = {
    ("Message", "from"): {"$ref": "#/components/schemas/RecipientRef"},
    ("Message", "changes"): {"$ref": "#/components/schemas/AuditChanges"},
    ("Subscription", "filters"): {"type": "array", "items": {"$ref": "#/components/schemas/WebhookFilter"}},
    ("SubscribeRequest", "filters"): {
        "type": "array",
        "items": {"$ref": "#/components/schemas/WebhookFilter"},
    },
    ("Notification", "changes"): {"$ref": "#/components/schemas/AuditChanges"},
    ("Notification", "person"): {"$ref": "#/components/schemas/Person"},
    ("Notification", "company"): {"$ref": "#/components/schemas/Company"},
    ("Notification", "project"): {"$ref": "#/components/schemas/Project"},
}
# Records that are only answered: their moments are always numbers.
ANSWERED: Final = frozenset({"Message", "MessageRef", "Subscription", "Usage"})
# Fields that answers have in the first of these forms, however a write spells them.
FIRST_FORM: Final = (
    ["integer", "string"],
    ["integer", "number", "string"],
    ["number", "string"],
    ["string", "integer"],
)
INSTANT: Final[Schema] = {"type": "integer", "format": "int64", "minimum": 0}


def components(types: Sequence[type[msgspec.Struct]]) -> dict[str, Schema]:
    """A schema for each type and all they are made of, by the name it has in the document."""
    made, by_name = {}, {found.__name__: found for found in _reached(types)}
    _, schemas = msgspec.json.schema_components(list(by_name.values()), ref_template=REFERENCE)
    for name, schema in schemas.items():
        found = by_name.get(name)
        made[NAMES.get(name, name)] = _tidy(schema) if found is None else _of_struct(found, schema)
    return dict(sorted(made.items()))


def reference(record: type[msgspec.Struct]) -> Schema:
    """Where the schema of a type stands."""
    return {"$ref": REFERENCE.format(name=NAMES.get(record.__name__, record.__name__))}


def _reached(types: Sequence[type[msgspec.Struct]]) -> list[type[msgspec.Struct]]:
    """The types and every struct that their fields name."""
    found: dict[type[msgspec.Struct], None] = {}
    waiting: list[Any] = list(types)
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one not in found:
            found[one] = None
            waiting += [_plain(entry.type) for entry in msgspec.inspect.type_info(one).fields]  # type: ignore[attr-defined]
        elif isinstance(one, tuple):
            waiting += one
    return list(found)


def _plain(info: msgspec.inspect.Type) -> Any:
    """The structs that a type is made of, as nested tuples."""
    match info:
        case msgspec.inspect.StructType():
            return info.cls
        case msgspec.inspect.Metadata():
            return _plain(info.type)
        case msgspec.inspect.UnionType():
            return tuple(_plain(part) for part in info.types)
        case msgspec.inspect.ListType():
            return _plain(info.item_type)
        case msgspec.inspect.DictType():
            return _plain(info.value_type)
    return ()


def _of_struct(record: type[msgspec.Struct], schema: Schema) -> Schema:
    told = describe_by_wire(record)
    properties = {
        name: _of_field(record.__name__, told[name], part) for name, part in schema["properties"].items()
    }
    for noun in (base.__name__.lower() for base in record.__mro__):
        for name in lenient.also_accepted(noun):
            properties.setdefault(name, _also(name))
    required = [*schema["required"], *(name for name, info in told.items() if info.required)]
    made: Schema = {"type": "object", "description": schema.get("description", ""), "properties": properties}
    if required:
        made["required"] = sorted(set(required))
    if record.__name__ in OPEN:
        made["additionalProperties"] = OPEN[record.__name__]
    return made


def _of_field(record: str, info: FieldInfo, schema: Schema) -> Schema:
    made = _one_form(info, _tidy(schema))
    if (record, info.wire) in EXACT:
        made = {**EXACT[record, info.wire], "description": info.help}
    if info.format == "instant" and (info.access == "r" or record in ANSWERED):
        made = {**INSTANT, "title": info.label, "description": info.help}
    words = [*(key for key, _ in info.options or ()), *OTHER_WORDS.get((record, info.wire), ())]
    if words and made.get("type") == "string":
        made["enum"] = words
    if info.access in {"r", "w"}:
        made["readOnly" if info.access == "r" else "writeOnly"] = True
    return made


def _one_form(info: FieldInfo, schema: Schema) -> Schema:
    """The form that answers have, and that a write had best use; what else a write may send is a leniency."""
    if info.format == "date":
        return {**schema, "type": "string"}
    if info.format == "instant" or info.wire in {"ttl", "date"}:
        return schema
    if schema.get("type") in FIRST_FORM:
        return {
            **schema,
            "type": next(
                kind for kind in schema["type"] if kind != "integer" or "number" not in schema["type"]
            ),
        }
    first, *others = schema.get("anyOf", ({},))
    if first.get("type") == "array" and others:
        return {**{name: part for name, part in schema.items() if name != "anyOf"}, **_first_items(first)}
    return _first_items(schema)


def _first_items(schema: Schema) -> Schema:
    items = schema.get("items")
    if isinstance(items, dict) and items.get("type") == ["string", "integer"]:
        return {**schema, "items": {"type": "string"}}
    return schema


def _also(name: str) -> Schema:
    """A further name for something, which only a write may use (0.4)."""
    kind: Any = {
        "value": ["number", "string"],
        "tags": ["array", "string"],
        "collaborators": ["array", "string"],
    }
    return {
        "type": kind.get(name, "string"),
        "description": "Another way to say it, for clients that do.",
        "writeOnly": True,
        "x-evidence": "ext",
    }


def _tidy(schema: Any) -> Any:
    """The same without null, with the names of the document."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _tidy(part) for name, part in schema.items()}
    if "$ref" in made:
        made["$ref"] = REFERENCE.format(name=NAMES.get(name := made["$ref"].rsplit("/", 1)[1], name))
    choices = [part for part in made.pop("anyOf", ()) if part != {"type": "null"}]
    if len(choices) == 1:
        made = {**choices[0], **made}
    elif choices and all(part.keys() == {"type"} for part in choices):
        made["type"] = [part["type"] for part in choices]
    elif choices:
        made["anyOf"] = choices
    return made
