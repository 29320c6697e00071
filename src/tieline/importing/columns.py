"""Which column of which program means what. A target is where a cell goes; people may map others by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tieline.importing.draft import Draft

LABEL_SEPARATOR = " ::: "  # how Google joins several values in one cell


@dataclass(frozen=True)
class Target:
    """A place in a person's record that a column can fill."""

    key: str
    label: str


TEXTS = {
    "name": "Full name",
    "first": "First name",
    "middle": "Middle name",
    "last": "Last name",
    "headline": "Headline",
    "jobtitle": "Job title",
    "company": "Company",
    "department": "Department",
    "birthday": "Birthday",
    "picture": "Picture URL",
    "segment": "Segment",
    "stage": "Stage",
    "step": "Next step",
}
LISTS = {
    "notes": "Notes",
    "keywords": "Tags (separated by commas or semicolons)",
    "email": "E-mail",
    "email.work": "E-mail, work",
    "email.home": "E-mail, home",
    "phone": "Phone",
    "phone.mobile": "Phone, mobile",
    "phone.work": "Phone, work",
    "phone.home": "Phone, home",
    "fax": "Fax",
    "url": "Web page",
    "social.twitter": "Twitter handle",
    "social.linkedin": "LinkedIn",
    "social.facebook": "Facebook",
}
PARTS = {
    "street": "street",
    "city": "city",
    "region": "region",
    "postcode": "postal code",
    "country": "country",
}
ADDRESSES = {
    f"address.{slot}.{part}": f"Address{'' if slot == 'main' else f', {slot}'}: {label}"
    for slot in ("main", "work", "home")
    for part, label in PARTS.items()
}
TARGETS: dict[str, Target] = {
    key: Target(key, label) for key, label in {**TEXTS, **LISTS, **ADDRESSES}.items()
}
IGNORE = ""

_PART = {
    "street": "street",
    "address": "street",
    "city": "city",
    "state": "region",
    "region": "region",
    "province": "region",
    "postal code": "postcode",
    "zip": "postcode",
    "zip code": "postcode",
    "country": "country",
    "country/region": "country",
    "po box": "pobox",
    "extended address": "suite",
}
# Exact headings, lower case: plain words, Outlook, Apple and Google alike.
EXACT: dict[str, str] = {
    "name": "name", "full name": "name", "display name": "name", "contact name": "name", "file as": IGNORE,
    "first name": "first", "given name": "first", "first": "first", "firstname": "first", "vorname": "first",
    "middle name": "middle", "additional name": "middle", "middle": "middle",
    "last name": "last", "family name": "last", "last": "last", "lastname": "last", "surname": "last", "nachname": "last",
    "company": "company", "organization": "company", "organisation": "company", "organization name": "company",
    "organization 1 - name": "company", "company name": "company", "firma": "company",
    "job title": "jobtitle", "jobtitle": "jobtitle", "organization title": "jobtitle", "position": "jobtitle",
    "organization 1 - title": "jobtitle", "role": "jobtitle",
    "department": "department", "organization department": "department", "organization 1 - department": "department",
    "headline": "headline", "birthday": "birthday", "birth date": "birthday", "date of birth": "birthday",
    "notes": "notes", "note": "notes", "comments": "notes", "photo": "picture", "picture": "picture",
    "labels": "keywords", "group membership": "keywords", "categories": "keywords", "tags": "keywords",
    "keywords": "keywords", "groups": "keywords",
    "segment": "segment", "stage": "stage", "step": "step", "next step": "step",
    "web page": "url", "website": "url", "url": "url", "personal web page": "url", "homepage": "url",
    "twitter": "social.twitter", "linkedin": "social.linkedin", "facebook": "social.facebook",
    "e-mail": "email", "email": "email", "e-mail address": "email", "email address": "email", "mail": "email",
    "phone": "phone", "phone number": "phone", "telephone": "phone", "primary phone": "phone", "other phone": "phone",
    "mobile": "phone.mobile", "mobile phone": "phone.mobile", "cell": "phone.mobile", "cell phone": "phone.mobile",
    "iphone": "phone.mobile", "car phone": "phone.mobile", "mobile number": "phone.mobile",
    "business phone": "phone.work", "work phone": "phone.work", "company main phone": "phone.work",
    "home phone": "phone.home", "fax": "fax", "business fax": "fax", "home fax": "fax", "other fax": "fax",
}  # fmt: skip
# Headings with a number or a kind in them. The named groups tell what the column is.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), target)
    for pattern, target in (
        (r"e-?mail (?P<n>\d+) - (?P<role>value|type|label)", "email#{n}.{role}"),
        (r"phone (?P<n>\d+) - (?P<role>value|type|label)", "phone#{n}.{role}"),
        (r"website (?P<n>\d+) - (?P<role>value|type|label)", "url#{n}.{role}"),
        (r"address (?P<n>\d+) - (?P<role>type|label)", "address#{n}.label"),
        (
            r"address (?P<n>\d+) - (?P<part>street|city|region|postal code|country|po box|extended address)",
            "address#{n}.{part}",
        ),
        (r"e-?mail (?P<n>\d+) address", "email"),
        (r"e-?mail ?\d+", "email"),
        (r"e-?mail \(?(?P<kind>work|home)\)?", "email.{kind}"),
        (r"(?P<kind>work|home|business) e-?mail( address)?", "email.{kind}"),
        (r"phone \(?(?P<kind>work|home|mobile|iphone|cell)\)?", "phone.{kind}"),
        (r"(?P<kind>business|work|home|mobile|other) ?(phone|telephone) ?\d*", "phone.{kind}"),
        (
            r"(?P<part>street|city|state|region|province|postal code|zip|zip code|country|country/region|address)",
            "address.main.{part}",
        ),
        (
            r"(?P<kind>business|work|home|other) (?P<part>street|city|state|postal code|zip|country|country/region|address)",
            "address.{kind}.{part}",
        ),
        (
            r"(?P<part>street|city|state|postal code|zip|country) \(?(?P<kind>work|home)\)?",
            "address.{kind}.{part}",
        ),
    )
)
_KIND = {"business": "work", "other": "main", "iphone": "mobile", "cell": "mobile"}


def guess(heading: str) -> str:
    """The target of a column with that heading, or "" when it is not recognised."""
    word = re.sub(r"\s+", " ", heading.strip().lower().replace("_", " "))
    if word in EXACT:
        return EXACT[word]
    for pattern, target in PATTERNS:
        if found := pattern.fullmatch(word):
            groups = {name: value or "" for name, value in found.groupdict().items()}
            groups["kind"] = _KIND.get(groups.get("kind", ""), groups.get("kind", ""))
            groups["part"] = _PART.get(groups.get("part", ""), "")
            groups["role"] = "label" if groups.get("role") == "type" else groups.get("role", "")
            return target.format(**groups).replace("phone.main", "phone").rstrip(".")
    return IGNORE


def fill(draft: Draft, row: dict[str, str]) -> None:
    """Pour one row (target -> cell; several cells of one target are joined by LABEL_SEPARATOR) into a draft."""
    for target, cell in row.items():
        base, _, rest = target.partition(".")
        numbered, _, number = base.partition("#")
        if number:
            _fill_numbered(draft, numbered, number, rest, cell, row)
        else:
            for value in cell.split(LABEL_SEPARATOR):
                _fill_plain(draft, base, rest, value)


def _fill_plain(draft: Draft, base: str, rest: str, value: str) -> None:
    kinds = {rest} if rest else set()
    match base:
        case "email":
            draft.email(value, kinds)
        case "phone":
            draft.phone(value, kinds)
        case "fax":
            draft.phone(value, {"fax"})
        case "url":
            draft.url(value)
        case "social":
            draft.social(rest, value)
        case "notes":
            draft.notes.extend([value.strip()] if value.strip() else [])
        case "keywords":
            draft.words(re.split(r"[;,]", value))
        case "address":
            slot, _, part = rest.partition(".")
            draft.address(slot, part, value, {slot} - {"main"})
        case _:
            draft.text(base, value)


def _fill_numbered(draft: Draft, base: str, number: str, role: str, cell: str, row: dict[str, str]) -> None:
    kinds = _kinds(row.get(f"{base}#{number}.label", ""))
    if base == "address":
        if role != "label":
            draft.address(number, role, cell, kinds)
        return
    if role != "value":
        return
    for value in cell.split(LABEL_SEPARATOR):
        if base == "email":
            draft.email(value, kinds)
        elif base == "phone":
            draft.phone(value, kinds)
        else:
            draft.url(value, next(iter(kinds - {"pref", "other"}), ""))


def _kinds(label: str) -> set[str]:
    text = label.strip().lower()
    kinds = {text.removeprefix("* ")} if text else set()
    return kinds | ({"pref"} if text.startswith("* ") else set())
