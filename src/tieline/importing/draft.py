"""A person in the making: what vCard properties and CSV cells are poured into."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dateutil import parser as dates

from tieline.errors import InvalidInput
from tieline.records.codec import convert
from tieline.records.person import Person

WORK = frozenset({"work", "business", "office", "company", "company main", "arbeit", "geschäftlich"})
HOME = frozenset({"home", "personal", "private", "privat"})
MOBILE = frozenset({"mobile", "cell", "iphone", "handy", "mobil", "work mobile", "home mobile"})
FAX = frozenset({"fax", "work fax", "home fax", "business fax", "homefax", "workfax", "other fax"})
ADDRESS_PARTS = ("street", "suite", "pobox", "city", "region", "postcode", "country")
TEXT_LIMIT = 20_000
Wire = dict[str, Any]


@dataclass
class Draft:
    """Collects values with the words that describe them ("work", "cell", …); `person()` makes the record."""

    texts: dict[str, str] = field(default_factory=dict)
    emails: list[Wire] = field(default_factory=list)
    phones: list[Wire] = field(default_factory=list)
    faxes: list[Wire] = field(default_factory=list)
    addresses: dict[str, dict[str, str]] = field(default_factory=dict)
    address_kinds: dict[str, set[str]] = field(default_factory=dict)
    urls: list[Wire] = field(default_factory=list)
    socials: list[Wire] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self, name: str, value: str) -> None:
        """Set a single field; the first non-empty value wins."""
        if value.strip():
            self.texts.setdefault(name, value.strip()[:TEXT_LIMIT])

    def email(self, value: str, kinds: set[str]) -> None:
        """Add an e-mail address."""
        value = value.strip().removeprefix("mailto:")
        if value:
            flags = _flags(kinds)
            self.emails.append({"value": value, **flags, **({"preferred": True} if "pref" in kinds else {})})

    def phone(self, value: str, kinds: set[str]) -> None:
        """Add a phone or, when so described, a fax number."""
        value = value.strip().removeprefix("tel:").strip()
        if not value:
            return
        if kinds & FAX:
            home = bool(kinds & {"home", "home fax", "homefax"})
            self.faxes.append({"value": value, **({"home": True} if home else {"work": True})})
            return
        flags = _flags(kinds) | ({"mobile": True} if kinds & MOBILE else {})
        self.phones.append({"value": value, **flags})

    def address(self, slot: str, part: str, value: str, kinds: set[str] | None = None) -> None:
        """Add one part of the postal address that `slot` names."""
        if kinds:
            self.address_kinds.setdefault(slot, set()).update(kinds)
        if value.strip():
            self.addresses.setdefault(slot, {}).setdefault(part, value.strip())

    def url(self, value: str, name: str = "") -> None:
        """Add a web address."""
        value = value.strip()
        if value:
            address = value if "://" in value else f"https://{value}"
            self.urls.append({"address": address, **({"name": name} if name else {})})

    def social(self, network: str, value: str) -> None:
        """Add a social handle."""
        if value.strip():
            self.socials.append({"type": network, "value": value.strip()})

    def words(self, values: list[str]) -> None:
        """Add keywords; technical group names of the source are left out."""
        for value in values:
            word = value.strip().removeprefix("* ")
            if word and word.lower() not in {"mycontacts", "my contacts", "other contacts", "starred"}:
                self.keywords.append(word)

    def person(self) -> Person:
        """The record. Raises InvalidInput when nothing names or identifies anybody."""
        texts = dict(self.texts)
        company, department = texts.pop("company", ""), texts.pop("department", "")
        birthday = texts.pop("birthday", "")
        wire: dict[str, Any] = {
            **texts,
            "emails": self.emails,
            "phones": self.phones,
            "faxes": self.faxes,
            "addresses": [self._address(slot) for slot in self.addresses],
            "urls": self.urls,
            "socials": self.socials,
            "keywords": self.keywords,
            "companies": [{"name": company}] if company else [],
            "customFields": [{"id": "department", "type": "keyword", "value": department}]
            if department
            else [],
            "notes": "\n".join(self.notes),
            "birthday": _birthday(birthday) if birthday else None,
        }
        person = convert(Person, {name: value for name, value in wire.items() if value})
        if not texts and not (self.emails or self.phones):
            raise InvalidInput(
                "nothing in this row names anybody", remedy="give a name, an e-mail address or a phone"
            )
        return person

    def _address(self, slot: str) -> Wire:
        return {**self.addresses[slot], **_flags(self.address_kinds.get(slot, set()))}


def _flags(kinds: set[str]) -> dict[str, bool]:
    flags = {}
    if kinds & WORK or any("work" in kind for kind in kinds):
        flags["work"] = True
    if kinds & HOME or any("home" in kind for kind in kinds):
        flags["home"] = True
    return flags


def _birthday(text: str) -> str | None:
    """`yyyy-MM-dd`; a birthday without a year, or one that is no date, is left out."""
    text = text.strip()
    if text.startswith("--") or text in {"0/0/00", "0000-00-00"}:
        return None
    try:
        # Two defaults that differ in every part: a text that leaves a part open gives two results.
        first = dates.parse(text, default=_noon(2001, 1, 1))
        second = dates.parse(text, default=_noon(2002, 2, 2))
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"“{text}” is not a date", field="birthday", remedy="write it as yyyy-mm-dd"
        ) from None
    return date(first.year, first.month, first.day).isoformat() if first.date() == second.date() else None


def _noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12)
