"""What a module is: data. The dialog, command, documentation and tests are read from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Bundle = dict[str, Any]
Kind = Literal["instant_trigger", "search", "action", "universal"]
Paging = Literal["numbers", "cursor", "stamp", "once"]


@dataclass(frozen=True)
class Option:
    """A choice of a select field."""

    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """A field of a module's dialog.

    `type` is one of Make's field types (scenario-engine 4.2). `to` says where the value goes in the request:

        name              body member, or query parameter of a GET
        name[]            one entry of a list in the body; the rest of the entry is in `entry`
        ?name             query parameter, whatever the method
        ?name+            the same, joined by a colon with what is there already
        {name}            a part of the path, or of a trigger's event

    `milliseconds`: a date is sent as UTC milliseconds. `reminder`: “someday” is sent as the number 1 (0.3.8). `of`: the type of a list's entries that are no collections with fields of their own. `extended`: not in Cloze's module.
    `choices` names a list that is loaded from the account: segments, stages, steps,
    members, records, todos. `closed`: no value besides
    `options` is taken. `when` shows the field only for one value of another field.
    """

    name: str
    label: str
    type: str = "text"
    help: str = ""
    required: bool = False
    advanced: bool = False
    multiline: bool = False
    default: Any = None
    options: tuple[Option, ...] = ()
    closed: bool = False
    choices: str | None = None
    items: tuple[Field, ...] = ()
    of: str = "text"
    milliseconds: bool = False
    reminder: bool = False
    to: str | None = None
    entry: tuple[tuple[str, Any], ...] = ()
    value_in: str = "value"
    when: tuple[str, str] | None = None
    extended: bool = False

    @property
    def target(self) -> str:
        """Where the value goes."""
        return self.name if self.to is None else self.to


@dataclass(frozen=True)
class Module:
    """One operation on a Cloze-compatible API.

    `answer`: member of the answer that holds the bundles (a record, or for a search a list); `read` finds them where that
    is not enough. `idempotent`: repeating the call changes nothing more. `dry_run`: the API can check the call without
    changing anything (contract 2.4, 2.8). `extended`: Tieline's own, not one of Cloze's 22.

    `paging`: how a search goes on. numbers: page by page (2.6); cursor: the feed (2.7); stamp: a timeline (2.8); once: it
    does not. `inside`: members of the body that the fields are put into. `reads_back`: the record is read after the write,
    since writes answer none. `lines`: the list that is sent as JSON lines, answered line by line.
    """

    slug: str
    label: str
    description: str
    kind: Kind
    noun: str
    fields: tuple[Field, ...]
    method: str = "POST"
    path: str = ""
    answer: str | None = None
    output: tuple[Field, ...] = ()
    sample: Bundle = field(default_factory=dict)
    idempotent: bool = False
    event: str | None = None
    update: bool = False
    dry_run: bool = False
    extended: bool = False
    paging: Paging = "numbers"
    read: Callable[[Mapping[str, Any]], Iterable[Bundle]] | None = None
    inside: tuple[str, ...] = ()
    reads_back: bool = False
    lines: str | None = None

    @property
    def app(self) -> str:
        """The app that the module belongs to in a blueprint."""
        return "tieline" if self.extended else "cloze"

    @property
    def name(self) -> str:
        """The name in a blueprint."""
        return f"{self.app}:{self.slug}"

    @property
    def needs_tieline(self) -> bool:
        """True when only a Tieline server has what the module calls."""
        return self.path.startswith("/v1/x/") or self.event == "{event}"

    @property
    def writes(self) -> bool:
        """True when a call may change something."""
        return self.kind in {"action", "universal"} and not (self.idempotent and self.method == "GET")

    @property
    def deletes(self) -> bool:
        """True when a call may take something away for good."""
        return self.method == "DELETE" or self.kind == "universal"

    def field_of(self, name: str) -> Field | None:
        """The field of that name."""
        return next((f for f in self.fields if f.name == name), None)


def options(*pairs: tuple[str, str]) -> tuple[Option, ...]:
    """Choices from (value, label) pairs."""
    return tuple(Option(value, label) for value, label in pairs)


def required(found: Field) -> Field:
    """The same field, mandatory."""
    return replace(found, required=True)


def folded(found: Field) -> Field:
    """The same field, among the advanced ones."""
    return replace(found, advanced=True)


def extended(found: Field) -> Field:
    """The same field, among the advanced ones, as an extension of Cloze's module."""
    return replace(found, advanced=True, extended=True)


def letters(name: str) -> str:
    """How module names are compared: letters only, case ignored."""
    return re.sub(r"[^a-z]", "", name.lower())


def walk(fields: tuple[Field, ...]) -> Iterator[Field]:
    """Every field, those inside collections included."""
    for found in fields:
        yield found
        yield from walk(found.items)
