"""What comes in at a webhook, as bundles: JSON, forms, files, queries, plain text (1.13)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, create_form_parser

from tieline.errors import InvalidInput
from tieline.expressions import Buffer

Bundle = dict[str, Any]

IN_MEMORY = 100_000_000  # bytes: more than a body may have, so that nothing is written to a disk
TEXTS = ("text/", "application/xml", "application/xhtml")


def bundles_of_request(
    headers: Mapping[str, str], query: Mapping[str, Any], body: bytes, *, stringify: bool = False
) -> list[Bundle]:
    """A bundle, or one for each element of a JSON array; the body's fields before those of the query.

    What is no collection stands under `value`; so does the whole body as text with `stringify`. Raises InvalidInput
    for a body that is not what it says to be.
    """
    value = _text(headers, body) if stringify and body else _value(headers, body)
    if isinstance(value, list):
        return [{**query, **item} if isinstance(item, dict) else {**query, "value": item} for item in value]
    if isinstance(value, dict):
        return [{**query, **value}]
    return [{**query, **({} if value is None else {"value": value})}]


def decode_json(body: bytes) -> Any:
    """JSON. Raises InvalidInput."""
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"the body is not JSON: {error}", field="body", remedy="send JSON") from None


def grouped(pairs: list[tuple[str, Any]]) -> Bundle:
    """Fields by name; one that comes several times is an array."""
    made: Bundle = {}
    counts: dict[str, int] = {}
    for name, value in pairs:
        counts[name] = counts.get(name, 0) + 1
        if counts[name] == 1:
            made[name] = value
        elif counts[name] == 2:
            made[name] = [made[name], value]
        else:
            made[name].append(value)
    return made


def _value(headers: Mapping[str, str], body: bytes) -> Any:
    if not body.strip():
        return None
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return grouped(parse_qsl(_text(headers, body), keep_blank_values=True))
    if kind == "multipart/form-data":
        return _form(headers, body)
    if kind.startswith(TEXTS):
        # Many senders call their JSON text; what begins like it and is it counts as it.
        return _maybe_json(body) if body.lstrip()[:1] in {b"{", b"["} else _text(headers, body)
    if kind in {"", "application/json", "application/octet-stream"} or kind.endswith("+json"):
        return decode_json(body) if kind != "application/octet-stream" else _maybe_json(body)
    return Buffer(body)


def _maybe_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return body.decode()
        except UnicodeDecodeError:
            return Buffer(body)


def _text(headers: Mapping[str, str], body: bytes) -> str:
    charset = "utf-8"
    for part in headers.get("content-type", "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"')
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _form(headers: Mapping[str, str], body: bytes) -> Bundle:
    """Fields as texts, files as {name, mime, data}."""
    found: list[tuple[str, Any]] = []

    def on_field(field: Field) -> None:
        found.append((_name(field.field_name), (field.value or b"").decode("utf-8", "replace")))

    def on_file(file: File) -> None:
        file.file_object.seek(0)
        name = _name(file.file_name)
        data = Buffer(file.file_object.read(), None, name or None)
        found.append((_name(file.field_name), {"name": name, "mime": file.content_type or "", "data": data}))
        file.close()

    try:
        parser = create_form_parser(
            {"Content-Type": headers.get("content-type", "").encode("latin-1", "replace")},
            on_field,
            on_file,
            {"MAX_MEMORY_FILE_SIZE": IN_MEMORY},
        )
        stream = io.BytesIO(body)
        while chunk := stream.read(1_000_000):
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise InvalidInput(f"the body is not a form: {error}", field="body", remedy="send it again") from None
    return grouped(found)


def _name(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
