"""Records as forms and as lists of facts, both read from the declarations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from tieline.crm.settings import AccountSettings, FieldSetting
from tieline.records.fields import FieldInfo, describe
from tieline.records.kinds import Kind
from tieline.records.vocabulary import MULTIPLE_TYPES, NONE

BLANK_ROWS = 1
# Shown elsewhere on the page, or not for people.
HIDDEN = frozenset(
    {"syncKey", "direct", "portableId", "views", "visibility", "userKey", "picture", "pictures", "segment", "stage", "step",
     "name", "headline", "firstSeen", "lastChanged", "companies", "projects", "uniqueids", "node", "private",
     "clientpeople", "partnerpeople", "clientcompanies", "partnercompanies", "doNotContact"}
)  # fmt: skip
FORM_LEFT_OUT = frozenset(
    {"syncKey", "direct", "portableId", "uniqueids", "node", "visibility", "archived", "companies", "projects", "customFields",
     "clientpeople", "partnerpeople", "clientcompanies", "partnercompanies", "pictures", "assignee"}
)  # fmt: skip
FIRST = (
    "name",
    "first",
    "middle",
    "last",
    "headline",
    "jobtitle",
    "summary",
    "description",
    "domains",
    "emails",
    "phones",
    "segment",
    "stage",
    "step",
)


class Input(NamedTuple):
    """One control of a form. `rows` holds the entries of a list, each a list of controls."""

    name: str
    info: FieldInfo
    value: Any
    options: dict[str, str]
    rows: list[list[Input]]


class Group(NamedTuple):
    """A part of a form; `open` groups are unfolded from the start."""

    title: str
    inputs: list[Input]
    open: bool


class Fact(NamedTuple):
    """One line of the "about" list."""

    label: str
    values: list[str]
    href: str | None


def groups(kind: Kind, wire: dict[str, Any], settings: AccountSettings) -> list[Group]:
    """The form of a record: what is usual first, the rest folded."""
    made = {info.wire: _input(info, wire.get(info.wire), kind, settings) for info in _editable(kind)}
    first = [made.pop(name) for name in FIRST if name in made]
    usual = [made.pop(info.wire) for info in _editable(kind) if info.wire in made and not info.advanced]
    own = [_custom_input(field, wire) for field in settings.custom_fields(kind.name)]
    return [
        Group("", first, True),
        Group(
            "More about " + ("them" if kind.name == "person" else "it"),
            usual,
            bool(wire.get("addresses") or wire.get("urls")),
        ),
        Group("Custom fields", own, bool(wire.get("customFields"))),
        Group("Rarely needed", list(made.values()), False),
    ]


def _editable(kind: Kind) -> list[FieldInfo]:
    return [info for info in describe(kind.type) if info.access == "rw" and info.wire not in FORM_LEFT_OUT]


def _input(info: FieldInfo, value: Any, kind: Kind, settings: AccountSettings) -> Input:
    rows: list[list[Input]] = []
    if info.items:
        entries = [*(value or []), *({} for _ in range(BLANK_ROWS))]
        rows = [
            [
                Input(
                    f"{info.wire}.{number}.{item.wire}",
                    item,
                    entry.get(item.wire),
                    dict(item.options or ()),
                    [],
                )
                for item in info.items
                if item.access == "rw" and (not item.advanced or entry.get(item.wire))
            ]
            for number, entry in enumerate(entries)
        ]
    elif info.many and isinstance(value, list):
        value = ", ".join(map(str, value))
    return Input(info.wire, info, value, _options(info, kind, settings), rows)


def _options(info: FieldInfo, kind: Kind, settings: AccountSettings) -> dict[str, str]:
    if info.wire == "segment":
        return settings.segments(kind.name)
    if info.wire == "stage":
        return settings.shown_stages(kind.name)
    if info.wire == "step":
        return {step.key: step.label for step in settings.steps}
    return dict(info.options or ())


def _custom_input(field: FieldSetting, wire: dict[str, Any]) -> Input:
    entry: dict[str, Any] = next((e for e in wire.get("customFields") or () if e.get("id") == field.id), {})
    value = entry.get("value")
    if isinstance(value, list):
        value = ", ".join(str(field.choices.get(str(v), v)) for v in value)
    kind = {"boolean": "boolean", "date": "text", "datetime": "text"}.get(field.type, "text")
    info = FieldInfo(
        name=field.id, wire=f"custom:{field.id}", label=field.label, help=field.description, type_name=kind, access="rw",
        required=False, options=None, format="date" if field.type == "date" else None, multiline=False, advanced=False,
        many=False, items=(), record=None,
    )  # fmt: skip
    return Input(info.wire, info, value, field.choices if field.type == "keyword" else {}, [])


def read(kind: Kind, sent: dict[str, list[str]], settings: AccountSettings) -> dict[str, Any]:
    """The record that a form sent, in wire form; empty texts and lists clear."""
    wire: dict[str, Any] = {}
    for info in _editable(kind):
        if info.items:
            if any(name.startswith(f"{info.wire}.") for name in sent):
                wire[info.wire] = _read_rows(info, sent)
        elif info.type_name == "boolean":
            if f"{info.wire}.shown" in sent:
                wire[info.wire] = info.wire in sent
        elif info.wire in sent:
            text = sent[info.wire][-1]
            wire[info.wire] = (
                [word.strip() for word in text.split(",") if word.strip()] if info.many else text
            )
            if info.wire == "notes":
                wire[info.wire] = text
            if info.wire in {"segment", "stage", "step"}:
                wire[info.wire] = text or NONE
    entries = [
        _read_custom(field, sent)
        for field in settings.custom_fields(kind.name)
        if f"custom:{field.id}" in sent
    ]
    if entries:
        wire["customFields"] = entries
    return wire


def _read_custom(field: FieldSetting, sent: dict[str, list[str]]) -> dict[str, Any]:
    text = sent[f"custom:{field.id}"][-1]
    entry: dict[str, Any] = {"id": field.id, "type": field.type, "value": text or None}
    if field.type in MULTIPLE_TYPES and text:
        entry.update(value=[word.strip() for word in text.split(",") if word.strip()], replace=True)
    return entry


def _read_rows(info: FieldInfo, sent: dict[str, list[str]]) -> list[dict[str, Any]]:
    numbers = sorted(
        {
            int(name.split(".")[1])
            for name in sent
            if name.startswith(f"{info.wire}.") and name.split(".")[1].isdecimal()
        }
    )
    rows = []
    for number in numbers:
        row: dict[str, Any] = {}
        for item in info.items:
            name = f"{info.wire}.{number}.{item.wire}"
            if name in sent and sent[name][-1]:
                row[item.wire] = True if item.type_name == "boolean" else sent[name][-1]
        if any(value is not True for value in row.values()):
            rows.append(row)
    return rows


def facts(kind: Kind, record: dict[str, Any], settings: AccountSettings) -> Iterator[Fact]:
    """Every field of a record that has a value and is not shown elsewhere."""
    for info in describe(kind.type):
        value = record.get(info.wire)
        if info.wire in HIDDEN or info.access == "w" or value in (None, "", []):
            continue
        if info.wire == "customFields":
            yield from _custom_facts(value, settings)
        elif info.items:
            for entry in value:
                yield Fact(_entry_label(info, entry), [_entry_text(entry)], _entry_href(info, entry))
        else:
            yield Fact(
                info.label, [str(item) for item in value] if isinstance(value, list) else [str(value)], None
            )


def _custom_facts(entries: list[dict[str, Any]], settings: AccountSettings) -> Iterator[Fact]:
    for entry in entries:
        field = settings.custom_field(entry["id"])
        choices = field.choices if field else {}
        value = entry.get("value", f"{entry.get('min', '')} – {entry.get('max', '')}")
        values = value if isinstance(value, list) else [value]
        yield Fact(
            field.label if field else entry["id"],
            [str(choices.get(str(item), item)) for item in values],
            None,
        )


def _entry_label(info: FieldInfo, entry: dict[str, Any]) -> str:
    singular = {
        "addresses": "Address",
        "faxes": "Fax",
        "urls": "Web",
        "appLinks": entry.get("label") or "App link",
        "workHistory": "Job",
    }
    label = singular.get(info.wire) or (
        str(entry.get("type", "Social")).capitalize() if info.wire == "socials" else info.label.rstrip("s")
    )
    kinds = [word for word in ("work", "home", "mobile") if entry.get(word)]
    return f"{label}, {kinds[0]}" if kinds else str(label)


def _entry_text(entry: dict[str, Any]) -> str:
    if "street" in entry or "city" in entry or "postcode" in entry:
        parts = [entry.get(part) for part in ("street", "suite", "city", "region", "postcode", "country")]
        return ", ".join(str(part) for part in parts if part)
    if "organization" in entry:
        return ", ".join(part for part in (entry.get("title"), entry["organization"]) if part)
    return str(
        entry.get("value")
        or entry.get("name")
        or entry.get("address")
        or entry.get("uniqueid")
        or entry.get("formatted")
        or ""
    )


def _entry_href(info: FieldInfo, entry: dict[str, Any]) -> str | None:
    text = str(entry.get("value") or "")
    if info.wire == "emails":
        return f"mailto:{text}"
    if info.wire == "phones":
        return "tel:" + "".join(char for char in text if char.isdigit() or char == "+")
    address = str(entry.get("address") or entry.get("url") or "")
    return address if address.startswith(("https://", "http://")) else None


def labels(kind: Kind, settings: AccountSettings) -> dict[str, str]:
    """What people call the fields of a change."""
    return {info.wire: info.label for info in describe(kind.type)} | {
        f.id: f.label for f in settings.custom_fields(kind.name)
    }


def readable(kind: Kind, value: Any, settings: AccountSettings) -> str:
    """The value of a changed field for people: labels for keys, words for lists."""
    if value in (None, "", [], NONE):
        return "none"
    if isinstance(value, str):
        return settings.stages(kind.name).get(value) or settings.segments(kind.name).get(value) or value
    if isinstance(value, list):
        return ", ".join(_entry_text(item) if isinstance(item, dict) else str(item) for item in value)
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else str(value)
