"""JSON Schema of a module's input, read from its declaration, and of what every tool gives."""

from __future__ import annotations

from typing import Any

from tieline.modules import Field, Module
from tieline.modules.dialog import LOOKED_UP
from tieline.modules.module import letters
from tieline.records.kinds import KINDS

RECORDS = frozenset(name for kind in KINDS.values() for name in (kind.name, kind.plural))
MOST = 25  # bundles of a search at once: what fits beside a conversation
LISTED = 100  # bundles of a list that has no pages
VOCABULARY = "tieline://vocabulary"
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "select": {"type": "string"},
    "email": {"type": "string"},
    "url": {"type": "string"},
    "date": {"type": "string"},
    "number": {"type": "number"},
    "uinteger": {"type": "integer", "minimum": 0},
    "boolean": {"type": "boolean"},
    "collection": {"type": "object"},
}
PLAIN = frozenset(
    {
        "value",
        "work",
        "home",
        "street",
        "city",
        "region",
        "country",
        "postcode",
        "latitude",
        "longitude",
        "url",
        "name",
    }
)
FORMATS = {"email": "email", "url": "uri"}
# Lists of tools are read by models too: what these say again is left out wherever the name says it.
OUTPUT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "bundles": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["summary", "bundles"],
}
PAGED: dict[str, Any] = {
    **OUTPUT,
    "properties": {
        **OUTPUT["properties"],
        "available": {"type": "integer", "description": "How many match in all."},
        "page": {"type": "integer"},
        "pages": {"type": "integer"},
        "nextPage": {"type": "integer", "description": "Absent on the last page."},
    },
}


def output_schema(module: Module) -> dict[str, Any]:
    """What a tool gives."""
    return PAGED if is_paged(module) else OUTPUT


def is_paged(module: Module) -> bool:
    """True for a search that goes on page by page, and counts all that match."""
    return module.kind == "search" and module.paging == "numbers"


def gives_records(module: Module) -> bool:
    """True when the bundles are records, which may be shown in brief."""
    return module.answer in RECORDS or module.reads_back


def input_schema(module: Module) -> dict[str, Any]:
    """What a tool takes: the module's fields, and how to ask for more, or less, or only for a check."""
    properties = {found.name: field_schema(found) for found in module.fields}
    mandatory = [found.name for found in module.fields if found.required and found.default is None]
    if "limit" in properties:
        properties["limit"] = {
            **properties["limit"],
            "description": "Bundles on a page." if is_paged(module) else "Bundles at once.",
            "minimum": 1,
            "maximum": MOST,
            "default": 10,
        }
    if is_paged(module):
        properties["page"] = {"type": "integer", "minimum": 1, "default": 1, "description": "Which page."}
    if gives_records(module):
        properties["detail"] = {
            "type": "string",
            "enum": ["brief", "full"],
            "default": "brief" if module.kind == "search" else "full",
            "description": "brief: who it is and where it stands; full: every field.",
        }
    if module.kind == "instant_trigger":
        properties["targetUrl"] = {
            "type": "string",
            "format": "uri",
            "description": "Public address that is told of every change.",
        }
        mandatory.append("targetUrl")
    if tries(module):
        properties["dryRun"] = {
            "type": "boolean",
            "default": False,
            "description": "Check it and change nothing.",
        }
    if module.update and module.noun in KINDS:
        properties["erase"] = {
            "type": "array",
            "items": {"type": "string"},
            "description": "Names of fields to empty.",
        }
    return {
        "type": "object",
        "properties": properties,
        "required": mandatory,
        "additionalProperties": False,
    }


def tries(module: Module) -> bool:
    """True when a call can be tried: the API checks it, or for a deletion the record is looked up instead."""
    return module.dry_run or looks_up(module)


def looks_up(module: Module) -> bool:
    """True for a deletion that the API cannot try: the record that it would take is looked up instead."""
    return module.method == "DELETE" and not module.dry_run


def field_schema(found: Field, inside: bool = False) -> dict[str, Any]:
    """One field; one of an entry says only what its name does not."""
    made: dict[str, Any] = {}
    if letters(found.label) != letters(found.name) and not inside:
        made["title"] = found.label
    if (words := _words(found)) and not (inside and found.name in PLAIN):
        made["description"] = words
    if found.type == "array":
        items: dict[str, Any] = {"type": "object" if found.of == "collection" else "string"}
        if found.items:
            items = {
                "type": "object",
                "properties": {item.name: field_schema(item, inside=True) for item in found.items},
                "additionalProperties": False,
            }
        return {**made, "type": "array", "items": items}
    made.update(TYPES.get(found.type, {}))
    if found.type in FORMATS:
        made["format"] = FORMATS[found.type]
    if found.closed:
        made["enum"] = [option.value for option in found.options]
    if found.default is not None:
        made["default"] = found.default
    return made


def _words(found: Field) -> str:
    words = found.help
    if found.options and not found.closed:
        words += f" One of: {', '.join(option.value for option in found.options)}."
    if found.choices and found.choices not in LOOKED_UP:
        words += f" One of the account's {found.choices}: see {VOCABULARY}."
    if found.when:
        words += f" Used when {found.when[0]} is {found.when[1]}."
    return words.strip()
