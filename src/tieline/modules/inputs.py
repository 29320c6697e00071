"""From the values of a dialog to a request: required, coerced, placed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tieline.expressions import ERASE, IGNORE, Buffer, BundleValidationError, coerce, to_text
from tieline.expressions.dates import to_ms
from tieline.modules.errors import ModuleError
from tieline.modules.module import Field, Module
from tieline.records import normalize

Values = dict[str, Any]

WORDS = {
    "text": "text",
    "number": "a number such as 12.5",
    "uinteger": "a whole number such as 25",
    "boolean": "true or false",
    "email": "an e-mail address such as ada@example.org",
    "url": "a web address such as https://example.org",
    "date": "a date such as 2026-01-31",
    "array": "a list",
    "collection": "a collection",
}
SOMEDAY = 1
OTHER_NAMES = {"syncKey": ("uniqueid", "id", "identifier"), "qs": ("queryString",)}


@dataclass
class Request:
    """What a module sends: path, query parameters and a body."""

    path: str = ""
    query: Values = field(default_factory=dict)
    body: Values = field(default_factory=dict)


def checked(module: Module, given: Mapping[str, Any], timezone: str = "UTC") -> Values:
    """The input after coercion: only fields that are filled, markers kept. Raises ModuleError naming every problem."""
    problems: list[str] = []
    made: Values = {}
    first: str | None = None
    remedy: str | None = None
    for found in module.fields:
        try:
            value = _checked(found, _given(found, given), timezone, found.name)
        except BundleValidationError as error:
            problems.append(f"{error.field or found.name}: {error.message}")
            first = first or error.field or found.name
            remedy = remedy or error.suggestion or _expected(found, error.field)
            continue
        if value is None and found.default is not None:
            value = found.default
        if found.required and (value is None or value == "" or value is ERASE):
            problems.append(f"Missing value of required parameter '{found.name}' ({found.label}).")
            first = first or found.name
            remedy = remedy or f"fill in {found.label}"
        elif value is not None:
            made[found.name] = value
    if problems:
        text = f"Validation failed for {len(problems)} parameter(s). {' '.join(problems)}"
        raise ModuleError("BundleValidationError", text, module=module.label, field=first, remedy=remedy)
    return made


def _given(found: Field, given: Mapping[str, Any]) -> Any:
    """The value under the field's name, or under another name that blueprints use for it."""
    for name in (found.name, *OTHER_NAMES.get(found.name, ())):
        if name in given:
            return given[name]
    return None


def _checked(found: Field, value: Any, timezone: str, path: str) -> Any:
    if value is IGNORE or value is None:
        return None
    if value is ERASE:
        return ERASE
    if found.type == "select":
        return None if value == "" else _chosen(found, value, path)
    value = coerce(_parsed(found.type, value), found.type, field=path, timezone=timezone)
    if found.reminder and isinstance(value, str) and value.strip().lower() == "someday":
        return SOMEDAY
    if found.milliseconds:
        return _milliseconds(value, timezone, path)
    if found.type == "array" and value is not None:
        return _checked_items(found, value, timezone, path)
    if value == "" and not found.required:
        return None
    return value


def _parsed(kind: str, value: Any) -> Any:
    """A collection that is written as JSON, as forms and commands do."""
    if kind != "collection" or not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value


def _milliseconds(value: Any, timezone: str, path: str) -> Any:
    """A moment as UTC milliseconds; numbers and the word “now” stay."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str) and (value.strip().lower() == "now" or value.strip().isdecimal()):
        return value.strip().lower()
    return to_ms(coerce(value, "date", field=path, timezone=timezone))


def _chosen(found: Field, value: Any, path: str) -> Any:
    """A choice by value or label. Other values pass, since servers grow them, unless the list is closed."""
    if isinstance(value, list):
        return value
    text = to_text(value).lower() if isinstance(value, bool) else to_text(value)
    wanted = text.strip().lower()
    for option in found.options:
        if wanted in {option.value.lower(), option.label.lower()}:
            return option.value
    if found.closed:
        raise BundleValidationError(f"“{text}” is unknown", field=path)
    return text


def _expected(found: Field, path: str | None) -> str:
    inner = (path or "").rpartition(".")[2]
    found = next((item for item in found.items if item.name == inner), found)
    if found.options:
        return f"one of: {', '.join(option.value for option in found.options)}"
    if found.type == "array" and (path or "").endswith("]"):
        return f"each entry of {found.label} is {WORDS.get(found.of, found.of)}"
    return f"{found.label} takes {WORDS.get(found.type, 'a ' + found.type)}"


def _checked_items(found: Field, items: list[Any], timezone: str, path: str) -> list[Any] | None:
    made: list[Any] = []
    for number, item in enumerate(items):
        place = f"{path}[{number}]"
        if item is IGNORE or item is None or item == "":
            continue
        if not found.items:
            made.append(coerce(_parsed(found.of, item), found.of, field=place, timezone=timezone))
            continue
        entry = item if isinstance(item, dict) else {found.items[0].name: item}
        filled = {}
        for inner in found.items:
            value = _checked(inner, entry.get(inner.name), timezone, f"{place}.{inner.name}")
            if value is not None and value is not ERASE:
                filled[inner.name] = value
        if filled:
            made.append(filled)
    return made or None


def request_of(module: Module, values: Mapping[str, Any]) -> Request:
    """Where the values go. An erased field is emptied on an update, and left out otherwise."""
    made = Request()
    parts: dict[str, str] = {}
    for found in module.fields:
        if found.name not in values or not found.target:
            continue
        value = plain(values[found.name])
        if value is ERASE:
            if module.update and not found.target.startswith(("?", "{")):
                _erase(made, found)
        elif found.target.startswith("{"):
            parts[found.target] = str(value)
        else:
            _place(made, module, found, value)
    made.path = filled(module.path, parts)
    if module.slug == "createACommunicationRecord":
        _split_references(made.body)
    if module.update and "syncKey" in made.body:
        _address(made.body, module.noun)
    for name in reversed(module.inside):
        made.body = {name: made.body}
    return made


def filled(pattern: str, parts: Mapping[str, str]) -> str:
    """A path or event with its parts, which are choices of closed lists."""
    for name, value in parts.items():
        pattern = pattern.replace(name, value)
    return pattern


def _place(made: Request, module: Module, found: Field, value: Any) -> None:
    target = found.target
    if target.endswith("+"):
        name = target[1:-1]
        made.query[name] = f"{made.query[name]}:{value}" if name in made.query else value
    elif target.startswith("?"):
        made.query[target[1:]] = value
    elif target.endswith("[]"):
        entry = {**dict(found.entry), found.value_in: None if value == "" else value}
        made.body.setdefault(target[:-2], []).append(entry)
    elif module.method in {"GET", "DELETE"}:
        made.query[target] = value
    elif isinstance(value, list):
        made.body.setdefault(target, []).extend(value)
    else:
        made.body[target] = value


def _erase(made: Request, found: Field) -> None:
    """Texts are sent empty, custom fields without a value. Lists only grow (2.4), so a Tieline server is told to empty them."""
    name, entry = found.target.removesuffix("[]"), dict(found.entry)
    if name == "customFields" and found.type != "array":
        made.body.setdefault(name, []).append({**entry, found.value_in: None})
    elif found.type == "array" or found.target.endswith("[]"):
        network = f".{entry['type']}" if name == "socials" else ""
        made.body.setdefault("clear", []).append(f"{name}{network}")
    else:
        made.body[name] = ""


def _split_references(body: Values) -> None:
    """A reference with a role is a recipient (3.8)."""
    references = body.pop("references", None) or []
    people = [entry for entry in references if entry.get("role")]
    others = [entry for entry in references if not entry.get("role")]
    if people:
        body["recipients"] = [*(body.get("recipients") or []), *people]
    if others:
        body["references"] = others


def _address(body: Values, noun: str) -> None:
    """An e-mail address, domain or app link typed where a sync key is expected still names the record (3.8)."""
    key = str(body.get("syncKey") or "")
    list_ = ""
    entry: Any = None
    if address := normalize.email(key):
        list_, entry = "emails", {"value": address}
    elif ":" in key and "." in key.partition(":")[0]:
        source, _, uniqueid = key.partition(":")
        list_, entry = "appLinks", {"source": source, "uniqueid": uniqueid}
    elif noun == "company" and "." in key and normalize.domain(key):
        list_, entry = "domains", key
    if list_:
        del body["syncKey"]
        body[list_] = [entry, *(body.get(list_) or [])]


def identifier_of(body: Values, noun: str) -> str | None:
    """What names the record that a body is about, for reading it back (2.3); None when only a name and an address do."""
    if body.get("syncKey"):
        return str(body["syncKey"])
    for link in body.get("appLinks") or ():
        if link.get("source") and link.get("uniqueid"):
            return f"{link['source']}:{link['uniqueid']}"
    for name in ("domains", "emails", "phones"):
        for entry in body.get(name) or ():
            value = entry.get("value") if isinstance(entry, dict) else entry
            if value:
                return str(value)
    for social in body.get("socials") or ():
        if social.get("value"):
            return f"{social['type']}:{social['value']}"
    return str(body["name"]) if noun == "project" and body.get("name") else None


def plain(value: Any) -> Any:
    """A value of the expression language as JSON carries it: dates as ISO 8601, bytes as text."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if item is not IGNORE}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if value is ERASE or isinstance(value, str | int | float | bool) or value is None:
        return value
    return value.text() if isinstance(value, Buffer) else to_text(value)
