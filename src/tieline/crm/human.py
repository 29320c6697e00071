"""The account's words instead of keys: what filters compare with, and what `client_type: human` is sent (5.3, 7 no. 28)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, select

from tieline.crm.dates import day_of
from tieline.crm.filters import Labels
from tieline.crm.settings import AccountSettings, load_settings
from tieline.records.vocabulary import CHOICE_TYPES, NONE
from tieline.store import tables
from tieline.store.database import Statement, Transaction

_TIMEZONE = Statement(select(tables.account.c.timezone).where(tables.account.c.id == bindparam("account_id")))
_DATE_TYPES: Final = frozenset({"date", "datetime", "dates", "datetimes"})
_DATES: Final = ("createdDate", "startDate", "pendingDate", "endDate", "birthday")
_NESTED: Final = {
    "companies": "company",
    "projects": "project",
    "clientpeople": "person",
    "partnerpeople": "person",
    "clientcompanies": "company",
    "partnercompanies": "company",
}
# By identity: settings are decoded once per text and never changed in place.
_cache: dict[tuple[int, str], tuple[AccountSettings, Labels]] = {}


class Words:
    """The labels of one account for every kind of record, and its time zone."""

    def __init__(self, settings: AccountSettings, timezone: str) -> None:
        self._settings = settings
        self._timezone = timezone

    def labels(self, kind: str) -> Labels:
        """Labels of the choices of one kind of record."""
        return labels_of(self._settings, kind)

    def record(self, kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record in wire form with labels for keys and days for dates. Instants stay numbers."""
        labels = self.labels(kind)
        shown = dict(record)
        for name in ("segment", "stage", "step"):
            if name in shown:
                shown[name] = _label(labels, name, shown[name])
        for name in _DATES:
            if name in shown:
                shown[name] = self._day(shown[name])
        if isinstance(shown.get("customFields"), list):
            shown["customFields"] = [self._custom(labels, entry) for entry in shown["customFields"]]
        for name, nested in _NESTED.items():
            if isinstance(shown.get(name), list):
                shown[name] = [
                    self.record(nested, item) if isinstance(item, dict) else item for item in shown[name]
                ]
        return shown

    def changes(self, kind: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """`{field: {"before", "after"}}` with labels for values; the fields keep their ids."""
        labels = self.labels(kind)
        dates = {field.id for field in self._settings.custom_fields(kind) if field.type in _DATE_TYPES}
        return {
            name: {
                moment: self._day(value) if name in dates else _label(labels, name, value)
                for moment, value in change.items()
            }
            for name, change in changes.items()
        }

    def _custom(self, labels: Labels, entry: Mapping[str, Any]) -> dict[str, Any]:
        shown = dict(entry)
        if "value" in shown:
            if shown.get("type") in _DATE_TYPES:
                shown["value"] = self._day(shown["value"])
            else:
                shown["value"] = _label(labels, str(shown.get("id", "")), shown["value"])
        return shown

    def _day(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._day(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return day_of(value, self._timezone)
        return value


def words(tx: Transaction, account_id: int) -> Words:
    """The words of an account."""
    here = {"account_id": account_id}
    timezone = tx.once((_TIMEZONE, account_id), lambda: str(tx.scalar(_TIMEZONE, here) or "UTC"))
    return Words(load_settings(tx, account_id), timezone)


def labels_of(settings: AccountSettings, kind: str) -> Labels:
    """Segments, stages, steps and choice fields of a kind, as filters compare them."""
    known = _cache.get((id(settings), kind))
    if known is not None and known[0] is settings:
        return known[1]
    fields = settings.custom_fields(kind)
    choices: dict[str, Mapping[str, str]] = {
        "segment": _folded(settings.segments(kind)),
        "stage": _folded(settings.stages(kind)),
        "step": _folded({step.key: step.label for step in settings.steps}),
    }
    for field in fields:
        if field.type in CHOICE_TYPES and field.choices:
            choices[field.id.casefold()] = _folded(field.choices)
    made = Labels(choices, {field.label.casefold(): field.id.casefold() for field in fields})
    if len(_cache) > 1000:
        _cache.clear()
    _cache[id(settings), kind] = settings, made
    return made


def _folded(choices: Mapping[str, str]) -> dict[str, str]:
    return {key.casefold(): label for key, label in choices.items()}


def _label(labels: Labels, name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_label(labels, name, item) for item in value]
    if not isinstance(value, str) or value == NONE:
        return value
    return labels.of(name.casefold()).get(value.casefold(), value)
