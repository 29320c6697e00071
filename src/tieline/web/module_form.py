"""A module's dialog as a form, read from its declaration: for the page that runs one, and for whoever edits a step.

Every field is picked or mapped: a list where there are choices, or text in which `{{…}}` is an expression. `values` is a
mapper as blueprints keep it, so that a form can be made from a stored step and read back into one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from tieline.modules import Field, Module, Option
from tieline.modules.dialog import LOOKED_UP

PREFIX = "f"  # of the names in the form
BOOLEAN = (Option("true", "Yes"), Option("false", "No"))
Sent = Mapping[str, list[str]]
Live = Mapping[str, list[dict[str, str]] | None]


class Control(NamedTuple):
    """One control. `picks` are what can be chosen, None for free text; `mapped` says that an expression is in use."""

    name: str
    field: Field
    value: str
    expression: str
    mapped: bool
    picks: tuple[Option, ...] | None
    rows: list[list[Control]]

    @property
    def can_switch(self) -> bool:
        """True when a list and an expression are both possible."""
        return self.picks is not None or self.field.type == "array"

    @property
    def when(self) -> str:
        """`name=value` of the other control that this one belongs to."""
        return f"{PREFIX}.{self.field.when[0]}={self.field.when[1]}" if self.field.when else ""

    @property
    def suggests(self) -> bool:
        """True when records of the account are suggested while somebody types."""
        return self.field.choices in LOOKED_UP


class Form(NamedTuple):
    """A dialog: the usual controls, and the advanced ones, which are unfolded when one of them has a value."""

    module: Module
    usual: list[Control]
    advanced: list[Control]
    unfolded: bool


def form_of(module: Module, values: Mapping[str, Any], live: Live) -> Form:
    """The form with its values. `live`: the account's choices by field, None where they could not be loaded."""
    controls = [_control(f"{PREFIX}.{f.name}", f, values.get(f.name), live) for f in module.fields]
    advanced = [one for one in controls if one.field.advanced]
    return Form(
        module,
        [one for one in controls if not one.field.advanced],
        advanced,
        any(one.field.name in values for one in advanced),
    )


def _control(name: str, found: Field, value: Any, live: Live) -> Control:
    picks = _picks(found, live)
    text = _text(value)
    known = {option.value for option in picks or ()}
    if found.type == "array":
        mapped = isinstance(value, str) and bool(value)
        return Control(name, found, "", text if mapped else "", mapped, None, _rows(name, found, value, live))
    mapped = bool(text) and picks is not None and text not in known
    if picks is None:
        return Control(name, found, text or _default(found), "", False, None, [])
    return Control(
        name, found, "" if mapped else text or _default(found), text if mapped else "", mapped, picks, []
    )


def _default(found: Field) -> str:
    return "" if found.default is None else _text(found.default)


def _picks(found: Field, live: Live) -> tuple[Option, ...] | None:
    if found.type == "boolean":
        return BOOLEAN
    if found.options:
        return found.options
    loaded = live.get(found.name) if found.type == "select" else None
    return None if loaded is None else tuple(Option(one["value"], one["label"]) for one in loaded)


def _rows(name: str, found: Field, value: Any, live: Live) -> list[list[Control]]:
    """The entries that are there, and an empty one."""
    items = found.items or (
        Field(
            "value",
            found.label.rstrip("s") if found.label.endswith("s") else found.label,
            found.of,
            multiline=found.multiline,
        ),
    )
    entries = list(value) if isinstance(value, list) else []
    made = []
    for number, entry in enumerate([*entries, {}]):
        cells = entry if isinstance(entry, dict) else {items[0].name: entry}
        made.append(
            [_control(f"{name}.{number}.{item.name}", item, cells.get(item.name), live) for item in items]
        )
    return made


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def read(module: Module, sent: Sent) -> dict[str, Any]:
    """The mapper that a form sent: only what is filled in."""
    made: dict[str, Any] = {}
    for found in module.fields:
        value = _read(found, f"{PREFIX}.{found.name}", sent)
        if value not in (None, "", []):
            made[found.name] = value
    return made


def _read(found: Field, name: str, sent: Sent) -> Any:
    if f"{name}.map" in sent:
        return _last(sent, f"{name}.expression")
    if found.type == "array":
        return list(_read_rows(found, name, sent))
    return _last(sent, name)


def _read_rows(found: Field, name: str, sent: Sent) -> Iterator[Any]:
    items = found.items or (Field("value", found.label),)
    start = f"{name}."
    numbers = {key.removeprefix(start).partition(".")[0] for key in sent if key.startswith(start)}
    for number in sorted((n for n in numbers if n.isdecimal()), key=int):
        row = {item.name: _last(sent, f"{start}{number}.{item.name}") for item in items}
        filled = {key: value for key, value in row.items() if value}
        # A box that is ticked without anything beside it is a leftover.
        if any(value != "true" for value in filled.values()):
            yield filled if found.items else filled["value"]


def _last(sent: Sent, name: str) -> str:
    return sent[name][-1] if sent.get(name) else ""
