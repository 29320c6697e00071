"""Mapped values for people: `{{1.person.name}}` becomes a coloured token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from markupsafe import Markup, escape

PART = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
REFERENCE = re.compile(r"^\s*(\d+)\.(.+?)\s*$", re.DOTALL)


def shown(value: Any, labels: Mapping[int, str]) -> Markup:
    """A mapper value with its references as tokens."""
    if isinstance(value, str):
        return _text(value, labels)
    if isinstance(value, list):
        return Markup("<br>").join(shown(item, labels) for item in value) if value else Markup("–")
    if isinstance(value, dict):
        rows = Markup("").join(
            Markup("<div><small>{}</small> {}</div>").format(name, shown(item, labels))
            for name, item in value.items()
        )
        return Markup('<div class="nested">{}</div>').format(rows)
    return Markup("<code>{}</code>").format(msgspec.json.encode(value).decode())


def _text(text: str, labels: Mapping[int, str]) -> Markup:
    made, at = Markup(""), 0
    for found in PART.finditer(text):
        made += escape(text[at : found.start()]) + _token(found.group(1), labels)
        at = found.end()
    return made + escape(text[at:])


def _token(expression: str, labels: Mapping[int, str]) -> Markup:
    reference = REFERENCE.match(expression)
    if reference and not re.search(r"[()=;+*<>|&]", reference.group(2)):
        number, path = int(reference.group(1)), reference.group(2).replace("`", "").replace(".", " › ")
        return Markup('<span class="token tone-{}" title="{}">{}. {}</span>').format(
            number % 8, f"{{{{{expression}}}}} of {labels.get(number, 'a module')}", number, path
        )
    return Markup('<span class="token formula" title="Expression">{}</span>').format(expression.strip())
