"""The lenient input forms (contract 0.4): what callers send beside what the contract says, as one table each.

Pure: from the body or the query as sent to the one that the rest of the server understands. `strict_wire` turns all
of it off, and the known behaviour of the live service returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tieline import ids

Wire = dict[str, Any]
NOUNS = frozenset(
    {"person", "company", "project", "communication", "content", "todo", "subscription", "teammember"}
)
# Plain renamings: what is sent -> what is meant. What is sent under its own name wins.
RENAMED: dict[str, dict[str, str]] = {
    "person": {"title": "jobtitle", "firstName": "first", "lastName": "last", "tags": "keywords", "assignee": "assignTo", "assignedTo": "assignTo"},
    "company": {"tags": "keywords", "assignee": "assignTo", "assignedTo": "assignTo"},
    "project": {"tags": "keywords", "assignee": "assignTo", "assignedTo": "assignTo", "description": "summary", "collaborators": "projectTeam"},
    "todo": {"text": "subject", "due": "when", "date": "when", "recipients": "participants"},
    "content": {"text": "body", "type": "style"},
    "communication": {"type": "style"},
    "analyticsquery": {"period_scale": "scale", "periods": "max"},
}  # fmt: skip
# Further names with a meaning of their own (CONVERSIONS has it).
FLAT = {
    "person": ("email", "phone", "company", "twitter", "facebook", "linkedin"),
    "company": ("email", "phone", "domain", "twitter", "facebook", "linkedin"),
    "project": ("value", "picture"),
}
ADDRESS = {"state": "region", "zip": "postcode", "postalcode": "postcode"}
NETWORKS = ("twitter", "facebook", "linkedin")
IDENTIFIERS = ("id", "uniqueid", "identifier", "syncKey", "direct", "email", "phone", "domain", "name")
STRICT_IDENTIFIERS = ("id", "uniqueid")
FIND = {"limit": "pagesize", "max": "pagesize", "query": "freeformquery"}


def unwrap_and_map(noun: str, body: Mapping[str, Any], *, strict_wire: bool) -> Wire:
    """The body of a write as the contract spells it. `noun`: person, company, project, communication, content, todo…"""
    if strict_wire:
        return dict(body)
    made = dict(body)
    if len(made) == 1 and noun in NOUNS and isinstance(made.get(noun), dict):
        made = dict(made[noun])
    for sent, meant in RENAMED.get(noun, {}).items():
        if sent in made:
            value = made.pop(sent)
            made.setdefault(meant, value)
    for convert in CONVERSIONS.get(noun, ()):
        convert(made)
    return made


def also_accepted(noun: str) -> tuple[str, ...]:
    """Names that a body may have beside the declared ones."""
    return (*RENAMED.get(noun, ()), *FLAT.get(noun, ()))


def find_parameters(parameters: Mapping[str, Any]) -> Wire:
    """The parameters of a find as the contract spells them."""
    made = {name: value for name, value in parameters.items() if name not in FIND}
    for sent, meant in FIND.items():
        if parameters.get(sent) not in (None, ""):
            made.setdefault(meant, parameters[sent])
    return made


def identifier_parameter(parameters: Mapping[str, Any], *, strict_wire: bool = False) -> str | None:
    """The identifier of a get or delete: the first of the accepted names that is present and not empty."""
    for name in STRICT_IDENTIFIERS if strict_wire else IDENTIFIERS:
        value = parameters.get(name)
        if (
            value is not None
            and isinstance(value, str | int)
            and not isinstance(value, bool)
            and str(value).strip()
        ):
            return str(value).strip()
    return None


def _flat_lists(made: Wire) -> None:
    """`email: "a@b"` and `phone: "…"` are the first entry of their list."""
    for sent, meant in (("email", "emails"), ("phone", "phones")):
        if isinstance(made.get(sent), str):
            value = made.pop(sent)
            if value.strip() and not made.get(meant):
                made[meant] = [{"value": value}]


def _company_name(made: Wire) -> None:
    """`company: "Acme"` is the name of a company."""
    if isinstance(made.get("company"), str):
        value = made.pop("company")
        if value.strip() and not made.get("companies"):
            made["companies"] = [{"name": value}]


def _handles(made: Wire) -> None:
    """`twitter: "ada"` is a social handle."""
    for network in NETWORKS:
        if isinstance(made.get(network), str):
            value = made.pop(network)
            if value.strip():
                made["socials"] = [*(made.get("socials") or []), {"type": network, "value": value}]


def _domain(made: Wire) -> None:
    """`domain: "acme.example"` is the first of the domains."""
    if isinstance(made.get("domain"), str):
        value = made.pop("domain")
        if value.strip() and not made.get("domains"):
            made["domains"] = [value]


def _addresses(made: Wire) -> None:
    """`state`, `zip` and `postalcode` of an address."""
    if isinstance(made.get("addresses"), list):
        made["addresses"] = [
            {
                ADDRESS.get(name, name) if ADDRESS.get(name) not in entry else name: value
                for name, value in entry.items()
            }
            if isinstance(entry, dict)
            else entry
            for entry in made["addresses"]
        ]


def _custom_fields(made: Wire) -> None:
    """`customFields: {id: value}` instead of a list."""
    if isinstance(made.get("customFields"), dict):
        made["customFields"] = [{"id": name, "value": value} for name, value in made["customFields"].items()]


def _project_value(made: Wire) -> None:
    """`value: 5000` is the custom field of that name; `picture` is the first picture."""
    if (
        "value" in made
        and not isinstance(made["value"], bool)
        and isinstance(made["value"], int | float | str)
    ):
        value = made.pop("value")
        made["customFields"] = [
            *(made.get("customFields") or []),
            {"id": "value", "type": "currency", "value": value},
        ]
    if isinstance(made.get("picture"), str):
        value = made.pop("picture")
        made["pictures"] = (
            [*(made.get("pictures") or []), {"url": value}] if value else made.get("pictures") or []
        )


def _person_of_entry(list_name: str, as_text: bool) -> Callable[[Wire], None]:
    """`person: {"email": …}` names who a to-do or note is about."""

    def convert(made: Wire) -> None:
        person = made.pop("person", None)
        if not isinstance(person, dict):
            return
        value = person.get("email") or person.get("phone") or person.get("syncKey") or person.get("name")
        if isinstance(value, str) and value.strip():
            entry: Any = value if as_text else {"value": value}
            made[list_name] = [*(made.get(list_name) or []), entry]

    return convert


def _participants(made: Wire) -> None:
    """Recipients of a to-do may be objects with a value."""
    if isinstance(made.get("participants"), list):
        made["participants"] = [
            entry.get("value") or entry.get("email") or "" if isinstance(entry, dict) else entry
            for entry in made["participants"]
        ]


def _content_defaults(made: Wire) -> None:
    """What a note lacks is filled in: source, style, unique id."""
    made["source"] = made.get("source") or "api.local"
    made["style"] = made.get("style") or "note"
    if not made.get("uniqueid"):
        made["uniqueid"] = ids.entry()


CONVERSIONS: dict[str, tuple[Callable[[Wire], None], ...]] = {
    "person": (_flat_lists, _company_name, _handles, _addresses, _custom_fields),
    "company": (_flat_lists, _handles, _domain, _addresses, _custom_fields),
    "project": (_addresses, _custom_fields, _project_value),
    "todo": (_person_of_entry("participants", True), _participants),
    "content": (_person_of_entry("references", False), _content_defaults),
}
