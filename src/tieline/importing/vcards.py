"""vCard files (2.1, 3.0, 4.0): one broken card is one rejected row, never a broken import."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import vobject

from tieline.errors import InvalidInput
from tieline.importing.draft import Draft
from tieline.records.person import Person

BEGIN = re.compile(r"^\s*BEGIN:VCARD\s*$", re.IGNORECASE | re.MULTILINE)
SOCIAL = {"x-twitter": "twitter", "x-linkedin": "linkedin", "x-facebook": "facebook"}
CARD_LIMIT = 2_000_000  # an embedded photograph, not a whole address book without END


def looks_like(text: str) -> bool:
    """True when the text holds cards."""
    return BEGIN.search(text[:65536]) is not None


def cards(text: str) -> Iterator[str]:
    """The text of each card, split at BEGIN so that a broken one does not take its neighbour along."""
    starts = [found.start() for found in BEGIN.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield text[start:end].strip()


def people(text: str) -> Iterator[tuple[list[str], Person | InvalidInput]]:
    """Each card with the person it describes, or why it describes none."""
    for card in cards(text):
        yield [card], _person(card)


def _person(card: str) -> Person | InvalidInput:
    if len(card) > CARD_LIMIT:
        return InvalidInput("this card is larger than 2 MB", remedy="remove its photograph")
    if not re.search(r"^\s*END:VCARD\s*$", card, re.IGNORECASE | re.MULTILINE):
        return InvalidInput("this card has no END:VCARD", remedy="export it again")
    try:
        parsed = vobject.readOne(card, allowQP=True)
    except Exception as error:
        # vobject raises whatever its parser stumbles over; every one of them means an unreadable card.
        return InvalidInput(
            f"this card cannot be read: {error}", remedy="export it again as vCard 3.0 or 4.0"
        )
    draft = Draft()
    try:
        labels = _labels(parsed)
        for properties in parsed.contents.values():
            for item in properties:
                _pour(draft, item, labels)
        return draft.person()
    except InvalidInput as error:
        return error


def _labels(parsed: Any) -> dict[str, str]:
    """Apple's `item1.X-ABLabel:_$!<Home>!$_`: group -> label."""
    found = parsed.contents.get("x-ablabel", [])
    return {
        item.group: str(item.value).removeprefix("_$!<").removesuffix(">!$_").lower()
        for item in found
        if item.group
    }


def _pour(draft: Draft, item: Any, labels: dict[str, str]) -> None:
    name, value, kinds = item.name.lower(), item.value, _kinds(item, labels)
    match name:
        case "fn":
            draft.text("name", _line(value))
        case "n":
            for field, part in (("first", value.given), ("middle", value.additional), ("last", value.family)):
                draft.text(field, _line(part))
        case "email":
            draft.email(_line(value), kinds)
        case "tel":
            draft.phone(_line(value).split(";")[0], kinds)
        case "adr":
            _address(draft, value, kinds)
        case "org":
            parts = value if isinstance(value, list) else [value]
            draft.text("company", _line(parts[0]) if parts else "")
            draft.text("department", ", ".join(_line(part) for part in parts[1:] if part))
        case "title":
            draft.text("jobtitle", _line(value))
        case "bday":
            draft.text("birthday", _line(value).split("T")[0])
        case "note":
            draft.notes.extend([str(value).strip()] if str(value).strip() else [])
        case "categories":
            draft.words(
                [_line(word) for word in (value if isinstance(value, list) else str(value).split(","))]
            )
        case "url":
            draft.url(_line(value), next(iter(kinds - {"pref", "internet", "work", "home"}), ""))
        case "photo":
            if str(value).startswith(("http://", "https://")):
                draft.text("picture", str(value))
        case "x-socialprofile":
            network = next(iter(kinds & set(SOCIAL.values())), "")
            if network:
                draft.social(network, _line(value).rstrip("/").rpartition("/")[2])
        case _ if name in SOCIAL:
            draft.social(SOCIAL[name], _line(value))


def _kinds(item: Any, labels: dict[str, str]) -> set[str]:
    kinds = {word.strip().lower() for value in item.params.get("TYPE", []) for word in str(value).split(",")}
    kinds |= {word.lower() for word in getattr(item, "singletonparams", [])}
    if item.params.get("PREF"):
        kinds.add("pref")
    if item.group and item.group in labels:
        kinds.add(labels[item.group])
    return kinds


def _address(draft: Draft, value: Any, kinds: set[str]) -> None:
    slot = str(len(draft.addresses) + 1)
    parts = {
        "pobox": value.box, "suite": value.extended, "street": value.street, "city": value.city,
        "region": value.region, "postcode": value.code, "country": value.country,
    }  # fmt: skip
    for part, text in parts.items():
        draft.address(slot, part, _line(text), kinds)


def _line(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(part) for part in value if part).strip()
    return str(value or "").strip()
