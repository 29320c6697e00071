"""The columns beside a document: everything that finding and sorting need, computed in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tieline.crm.settings import AccountSettings
from tieline.records import normalize
from tieline.records.vocabulary import NONE

SEARCH_LIMIT = 8_000  # characters of searchable text


def columns_of(kind: str, record: Mapping[str, Any], settings: AccountSettings) -> dict[str, Any]:
    """Column values of a record in wire form."""
    segment, stage, step = (_set(record.get(name)) for name in ("segment", "stage", "step"))
    name = str(record.get("name") or "")
    first, last = str(record.get("first") or ""), str(record.get("last") or "")
    return {
        "name": name,
        "name_key": normalize.name_key(name),
        "first_key": normalize.name_key(first or name),
        "last_key": normalize.name_key(last or name),
        "segment": segment,
        "stage": stage,
        "step": step,
        "step_position": _position(settings, segment, stage, step),
        "assignee": record.get("assignee") or None,
        "node": record.get("node") or None,
        "archived": record.get("archived") is True,
        "hidden": record.get("visibility") == "hidden",
        "private": record.get("private") is True,
        "value": _value(record),
        "start_date": record.get("startDate") or None,
        "end_date": record.get("endDate") or None,
        "search": " ".join(dict.fromkeys(_words(kind, record)))[:SEARCH_LIMIT],
    }


def custom_value(record: Mapping[str, Any], field_id: str) -> Any:
    """The value of a custom field of a record in wire form."""
    for entry in record.get("customFields") or ():
        if entry.get("id") == field_id:
            return entry.get("value")
    return None


def _set(value: Any) -> str | None:
    return None if value in (None, "", NONE) else str(value)


def _position(
    settings: AccountSettings, segment: str | None, stage: str | None, step: str | None
) -> int | None:
    if step is None:
        return None
    keys = list(settings.steps_of(segment, stage))
    return keys.index(step) if step in keys else len(keys)


def _value(record: Mapping[str, Any]) -> float | None:
    value = custom_value(record, "value")
    try:
        return float(value) if value is not None and not isinstance(value, bool) else None
    except (TypeError, ValueError):
        return None


def _words(kind: str, record: Mapping[str, Any]) -> Iterator[str]:
    """Folded words of the fields that 6.2 `match` looks at."""
    for field in (
        "name",
        "first",
        "middle",
        "last",
        "headline",
        "jobtitle",
        "summary",
        "description",
        "household",
    ):
        yield from normalize.fold(str(record.get(field) or "")).split()
    for entry in record.get("emails") or ():
        yield from normalize.fold(str(entry.get("value") or "")).replace("@", " ").replace(".", " ").split()
        yield from normalize.fold(str(entry.get("value") or "")).split()
    for entry in record.get("phones") or ():
        yield "".join(char for char in str(entry.get("value") or "") if char.isdigit())
    for field in ("domains", "keywords"):
        for word in record.get(field) or ():
            yield from normalize.fold(str(word)).split()
    for entry in record.get("companies") or ():
        yield from normalize.fold(str(entry.get("name") or "")).split()
    for entry in record.get("workHistory") or ():
        yield from normalize.fold(str(entry.get("organization") or "")).split()
    for entry in record.get("addresses") or ():
        yield from normalize.fold(str(entry.get("city") or "")).split()
    for entry in record.get("customFields") or ():
        if isinstance(entry.get("value"), str):
            yield from normalize.fold(entry["value"]).split()
