"""The columns beside a document: everything that finding and sorting need, computed in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieline.crm.settings import AccountSettings
from tieline.query.findable import searchable
from tieline.records import normalize
from tieline.records.vocabulary import NONE


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
        "search": searchable(record),
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
