"""How a field is declared: once, as an annotation. Wire format, schema, forms, docs and modules read it from here."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, UnsetType

Access = Literal["rw", "r", "w"]


class Record(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Base of everything on the wire. An absent field is UNSET; null behaves like absent on a write (2.4)."""


def field(
    label: str,
    help: str = "",
    *,
    access: Access = "rw",
    required: bool = False,
    options: Sequence[tuple[str, str]] | None = None,
    format: str | None = None,
    multiline: bool = False,
    advanced: bool = False,
    **constraints: Any,
) -> msgspec.Meta:
    """What people and programs are told of a field.

    `access`: r = only in answers, w = only in requests. `options`: (key, label) pairs. `format`: date, instant,
    email, phone, url, country, locale, image, identifier. `constraints` go to msgspec.Meta (max_length, ge, …).
    """
    extra: dict[str, Any] = {
        "access": access,
        "required": required,
        "options": tuple(options) if options else None,
        "format": format,
        "multiline": multiline,
        "advanced": advanced,
    }
    return msgspec.Meta(title=label, description=help or label, extra=extra, **constraints)


class FieldInfo(msgspec.Struct, frozen=True):
    """A declared field, read back. `items` describes the parts of a nested record; `many` says it is a list."""

    name: str
    wire: str
    label: str
    help: str
    type_name: str
    access: str
    required: bool
    options: tuple[tuple[str, str], ...] | None
    format: str | None
    multiline: bool
    advanced: bool
    many: bool
    items: tuple[FieldInfo, ...]
    record: str | None


@cache
def describe(record: type[msgspec.Struct], _depth: int = 0) -> tuple[FieldInfo, ...]:
    """Every declared field of a record type, in order. Nested records are described two levels deep."""
    hints = typing.get_type_hints(record, include_extras=True)
    return tuple(_info(hints[entry.name], entry, _depth) for entry in msgspec.structs.fields(record))


def describe_by_wire(record: type[Any]) -> dict[str, FieldInfo]:
    """The same, by wire name."""
    found = _by_wire.get(record)
    if found is None:
        found = _by_wire[record] = {info.wire: info for info in describe(record)}  # type: ignore[arg-type]
    return found


_by_wire: dict[type[Any], dict[str, FieldInfo]] = {}


def _info(hint: Any, entry: msgspec.structs.FieldInfo, depth: int) -> FieldInfo:
    meta: msgspec.Meta | None = None
    if get_origin(hint) is Annotated:
        base, *metas = get_args(hint)
        meta = next((m for m in metas if isinstance(m, msgspec.Meta)), None)
        hint = base
    extra = (meta.extra if meta is not None else None) or {}
    type_name, many, nested = _shape(hint)
    return FieldInfo(
        name=entry.name,
        wire=entry.encode_name,
        label=(meta.title if meta is not None else None) or entry.name,
        help=(meta.description if meta is not None else None) or "",
        type_name=type_name,
        access=extra.get("access", "rw"),
        required=extra.get("required", False),
        options=extra.get("options"),
        format=extra.get("format"),
        multiline=extra.get("multiline", False),
        advanced=extra.get("advanced", False),
        many=many,
        items=describe(nested, depth + 1) if nested is not None and depth < 2 else (),
        record=nested.__name__ if nested is not None else None,
    )


def _shape(hint: Any) -> tuple[str, bool, type[msgspec.Struct] | None]:
    """(type name, is a list, nested record) of an annotation without its metadata."""
    choices = [part for part in _alternatives(hint) if part not in {UnsetType, type(None)}]
    for part in choices:
        if get_origin(part) is list:
            name, _, nested = _shape(get_args(part)[0])
            return name, True, nested
    for part in choices:
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return "record", False, part
    plain = [part for part in choices if isinstance(part, type)]
    for kind, name in (
        (bool, "boolean"),
        (str, "text"),
        (int, "number"),
        (float, "number"),
        (dict, "object"),
    ):
        if kind in plain:
            return name, False, None
    return ("text" if any(get_origin(p) is Literal for p in choices) else "any"), False, None


def _alternatives(hint: Any) -> list[Any]:
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if isinstance(hint, typing.ForwardRef | str):
        return [hint]
    if get_origin(hint) in {Union, types.UnionType}:
        return [part for choice in get_args(hint) for part in _alternatives(choice)]
    return [hint]


def is_set(value: Any) -> bool:
    """True for a value that was given: neither absent nor null."""
    return value is not UNSET and value is not None
