"""How given values join a record (2.4, merging values): one rule per kind of field, on wire dicts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tieline.crm.settings import AccountSettings, choice_key
from tieline.errors import InvalidInput
from tieline.records import normalize
from tieline.records.vocabulary import MULTIPLE_TYPES

Wire = dict[str, Any]
FLAGS = ("work", "home", "mobile", "preferred", "archived")
WORDS = ("keywords", "domains", "uniqueids", "projectTeam")
NAMING = ("name", "first", "middle", "last")
IDENTITY = (*NAMING, "gender", "formality", "birthday")
MAX_ENTRIES = 1000  # of one list: beyond it a record is a mistake, not a contact


def email_key(entry: Wire, country: str) -> str | None:
    """E-mail addresses are compared in lower case."""
    return normalize.email(str(entry.get("value") or ""))


def phone_key(entry: Wire, country: str) -> str | None:
    """Numbers are compared by digits."""
    return normalize.phone(str(entry.get("value") or ""), country)


def address_key(entry: Wire, country: str) -> str | None:
    """Addresses by street and postal code; one without both, by all that it has."""
    street, postcode = str(entry.get("street") or ""), str(entry.get("postcode") or "")
    if street or postcode:
        return normalize.street_key(street, postcode)
    parts = [
        str(entry.get(part) or "") for part in ("formatted", "suite", "pobox", "city", "region", "country")
    ]
    return normalize.fold("|".join(parts)) if any(parts) else None


def social_key(entry: Wire, country: str) -> str | None:
    """Handles by network and name."""
    return normalize.social(str(entry.get("type") or "twitter"), str(entry.get("value") or ""))


def url_key(entry: Wire, country: str) -> str | None:
    """Web addresses without scheme and closing slash."""
    return normalize.url(str(entry.get("address") or ""))


def link_key(entry: Wire, country: str) -> str | None:
    """App links by source and id."""
    return normalize.app_link(str(entry.get("source") or ""), str(entry.get("uniqueid") or ""))


def job_key(entry: Wire, country: str) -> str | None:
    """Jobs by organization."""
    return normalize.fold(str(entry.get("organization") or "")) or None


def picture_key(entry: Wire, country: str) -> str | None:
    """Pictures by address."""
    return str(entry.get("url") or "") or None


LISTS: dict[str, Callable[[Wire, str], str | None]] = {
    "emails": email_key,
    "phones": phone_key,
    "faxes": phone_key,
    "addresses": address_key,
    "socials": social_key,
    "urls": url_key,
    "appLinks": link_key,
    "workHistory": job_key,
    "pictures": picture_key,
}
CLEARABLE = (*LISTS, *WORDS, "customFields")


def union(field: str, stored: list[Wire], given: list[Wire], country: str) -> list[Wire]:
    """Stored and given entries as one list: a repeated entry has its flags updated, a new one is added."""
    key_of = LISTS[field]
    made: dict[str, Wire] = {}
    for entry in stored:
        made[key_of(entry, country) or repr(entry)] = dict(entry)
    for position, entry in enumerate(given):
        key = key_of(entry, country)
        if key is None:
            _refuse(field, position, entry)
            continue
        _join(made, key, _with_type(field, entry))
    if len(made) > MAX_ENTRIES:
        raise InvalidInput(f"more than {MAX_ENTRIES} entries", field=field, remedy="send fewer")
    return list(made.values())


def _refuse(field: str, position: int, entry: Wire) -> None:
    """An entry without a value is nothing; one with an unusable value is a mistake to be told."""
    value = str(entry.get("value") or "").strip()
    if field == "emails" and value:
        raise InvalidInput(
            f"“{value}” is not an e-mail address",
            field=f"{field}[{position}].value",
            remedy="write it like ada@example.org",
        )
    if field in {"phones", "faxes"} and value:
        raise InvalidInput(
            f"“{value}” is not a number",
            field=f"{field}[{position}].value",
            remedy="write digits, with + and country code",
        )


def _with_type(field: str, entry: Wire) -> Wire:
    """`type: work` is another way to say `work: true` (socials have a real type)."""
    if field in {"socials", "pictures"}:
        return entry
    made = {name: value for name, value in entry.items() if name != "type"}
    if entry.get("type") in {"work", "home", "mobile"}:
        made[str(entry["type"])] = True
    return made


def _join(made: dict[str, Wire], key: str, entry: Wire) -> None:
    if entry.get("preferred"):
        for other in made.values():
            other.pop("preferred", None)
    stored = made.get(key, {})
    joined = {**stored, **{name: value for name, value in entry.items() if value not in (None, "")}}
    if stored.get("value"):
        joined["value"] = stored["value"]
    made[key] = {name: value for name, value in joined.items() if name not in FLAGS or value is True}


def words(value: Any, split_at: str | None = None) -> list[str]:
    """A list of words from a list or a text split on commas or at `splitAt`."""
    if isinstance(value, str):
        value = value.split(split_at) if split_at else re.split(r",", value)
    return [text for item in value or () if (text := str(item).strip())]


def cleared(stored: Wire, names: list[str]) -> Wire:
    """The record without what is in these lists. Raises InvalidInput for a name that is no list."""
    made = dict(stored)
    for name in names:
        field, _, network = name.partition(".")
        if field not in CLEARABLE or (network and field != "socials"):
            raise InvalidInput(
                f"“{name}” is no list", field="clear", remedy=f"one of: {', '.join(CLEARABLE)}"
            )
        if network:
            made[field] = [entry for entry in made.get(field) or [] if entry.get("type") != network]
        else:
            made.pop(field, None)
    return made


def without_words(stored: list[str], removed: list[str]) -> list[str]:
    """The words that are not removed, without regard to case."""
    gone = {word.casefold() for word in removed}
    return [word for word in stored if word.casefold() not in gone]


def texts(value: Any) -> list[str]:
    """The texts of a field that holds one or several; blank ones are left out."""
    found = [value] if isinstance(value, str) else value or ()
    return [text for item in found if (text := str(item).strip())]


def join_words(stored: list[str], given: list[str], replace: bool = False) -> list[str]:
    """Union without regard to case; the first spelling is kept."""
    made: dict[str, str] = {}
    for word in [*([] if replace else stored), *given]:
        made.setdefault(word.casefold(), word)
    if len(made) > MAX_ENTRIES:
        raise InvalidInput(f"more than {MAX_ENTRIES} words", remedy="send fewer")
    return list(made.values())


def custom_fields(
    stored: list[Wire],
    given: list[Wire],
    settings: AccountSettings,
    *,
    strict: bool = False,
    split_at: str | None = None,
) -> list[Wire]:
    """Custom fields joined per id. Raises InvalidInput for an id that is not configured when `strict`."""
    made = {str(entry["id"]).lower(): entry for entry in stored}
    for position, entry in enumerate(given):
        field_id = str(entry.get("id") or "").strip()
        if not field_id:
            raise InvalidInput(
                "is required", field=f"customFields[{position}].id", remedy="name the custom field"
            )
        definition = settings.custom_field(field_id)
        if strict and definition is None:
            raise InvalidInput(
                f"“{field_id}” is not configured",
                field=f"customFields[{position}].id",
                remedy="configure it in the settings",
            )
        key = field_id.lower()
        joined = _custom_field(
            made.get(key), {**entry, "id": definition.id if definition else field_id}, settings, split_at
        )
        if joined is None:
            made.pop(key, None)
        else:
            made[key] = joined
    return list(made.values())


def _custom_field(
    stored: Wire | None, entry: Wire, settings: AccountSettings, split_at: str | None
) -> Wire | None:
    definition = settings.custom_field(entry["id"])
    kind = entry.get("type") or (stored or {}).get("type") or (definition.type if definition else "text")
    made: Wire = {"id": entry["id"], "type": kind}
    for name in ("private", "unit"):
        if entry.get(name):
            made[name] = entry[name]
    if kind == "range" or "min" in entry or "max" in entry:
        made.update({name: entry[name] for name in ("min", "max") if entry.get(name) not in (None, "")})
        return made if "min" in made or "max" in made else None
    value = entry.get("value")
    before = (stored or {}).get("value")
    if kind == "counter":
        value = _number(before) + 1
    elif value in (None, "", []):
        return None
    elif kind == "accumulator":
        value = _number(before) + _number(value)
    elif kind in MULTIPLE_TYPES:
        given = [choice_key(definition, item) for item in _items(value, split_at)]
        value = _unique(([] if entry.get("replace") else _items(before, None)) + given)
    else:
        value = choice_key(definition, value)
    made["value"] = value
    return made


def _items(value: Any, split_at: str | None) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str):
        return list(words(value, split_at))
    return list(value) if isinstance(value, list) else [value]


def _unique(items: list[Any]) -> list[Any]:
    made: dict[str, Any] = {}
    for item in items:
        made.setdefault(item.casefold() if isinstance(item, str) else repr(item), item)
    return list(made.values())


def _number(value: Any) -> int | float:
    try:
        number = float(value or 0)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"“{value}” is not a number", field="customFields", remedy="give a number"
        ) from None
    return int(number) if number.is_integer() else number


def identity(stored: Wire, given: Mapping[str, Any], rule: str) -> Wire:
    """The naming fields of a person after a write. `rule`: replace, merge, or gaps (fill what is empty)."""
    values = {name: given[name] for name in IDENTITY if name in given}
    if "name" in values and not ({"first", "middle", "last"} & set(values)):
        values.update(
            zip(("first", "middle", "last"), normalize.split_name(str(values["name"])), strict=True)
        )
    elif "name" not in values and {"first", "middle", "last"} & set(values):
        parts = [str({**stored, **values}.get(part) or "") for part in ("first", "middle", "last")]
        values["name"] = normalize.join_name(*parts)
    if rule == "replace":
        return values
    filled = {name: value for name, value in values.items() if value not in (None, "")}
    if rule == "gaps":
        if derived_name(stored):
            return {name: value for name, value in filled.items() if name in NAMING or not stored.get(name)}
        filled = {name: value for name, value in filled.items() if not stored.get(name)}
        # A full name that stays keeps its parts.
        if stored.get("name"):
            filled = {
                name: value for name, value in filled.items() if name not in {"first", "middle", "last"}
            }
    elif "name" in filled and {"first", "last"} & set(values):
        # A new full name leaves no part of the old one behind.
        filled.update({part: values.get(part, "") for part in ("first", "middle", "last") if part in values})
    return filled


def derived_name(record: Mapping[str, Any]) -> bool:
    """True when the name was made from an address for want of a better one."""
    name = str(record.get("name") or "")
    if not name:
        return True
    locals_ = {
        str(entry.get("value") or "").partition("@")[0].lower() for entry in record.get("emails") or ()
    }
    numbers = {str(entry.get("value") or "") for entry in record.get("phones") or ()}
    return name.lower() in locals_ or name in numbers


def fallback_name(record: Mapping[str, Any]) -> str:
    """A name for a record that has none: local part, number, domain, handle or app link key."""
    for field, part in (
        ("emails", "value"),
        ("phones", "value"),
        ("socials", "value"),
        ("appLinks", "uniqueid"),
    ):
        for entry in record.get(field) or ():
            if entry.get(part):
                return str(entry[part]).partition("@")[0] if field == "emails" else str(entry[part])
    for field in ("domains", "uniqueids"):
        for word in record.get(field) or ():
            return str(word)
    return ""
