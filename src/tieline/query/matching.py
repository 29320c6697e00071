"""Whether a record fits a Filter (contract 6.2, operators). Pure; the reference for what the database decides."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tieline.query import findable
from tieline.query.filter import And, Condition, Node, Not, Or
from tieline.query.values import Record, company_domains, values
from tieline.records import normalize

Choices = Mapping[str, Mapping[str, str]]  # custom field id -> key -> label


def fits(node: Node, record: Record, row: Record, *, me: str, zone: ZoneInfo, choices: Choices) -> bool:
    """`row`: derived values beside the record. `me`: the caller's address. `zone` dates days without a time."""
    if isinstance(node, Not):
        return not fits(node.part, record, row, me=me, zone=zone, choices=choices)
    if isinstance(node, And | Or):
        every = all if isinstance(node, And) else any
        return every(fits(part, record, row, me=me, zone=zone, choices=choices) for part in node.parts)
    return _Tester(node, record, row, me, zone, choices).fits()


class _Tester:
    def __init__(
        self, test: Condition, record: Record, row: Record, me: str, zone: ZoneInfo, choices: Choices
    ) -> None:
        self.test, self.record, self.row, self.me, self.zone = test, record, row, me, zone
        self.found = values(test.field, record, row)
        self.labels = choices.get(test.field.removeprefix("custom:").lower(), {})

    def fits(self) -> bool:
        op, wanted = self.test.op, self.test.value
        if op == "exists":
            return bool(self.found) and self.found != [False]
        if op == "missing":
            return not self.found or self.found == [False]
        if op in {"eq", "ne", "in", "all"}:
            return self._equal(op, wanted)
        return bool(MORE[op](self, wanted))

    def _equal(self, op: str, wanted: Any) -> bool:
        if op == "all":
            return all(self._has(value) for value in wanted)
        has = any(self._has(value) for value in wanted) if op == "in" else self._has(wanted)
        return not has if op == "ne" else has

    def _has(self, wanted: Any) -> bool:
        if wanted == "@me":
            wanted = self.me
        if isinstance(wanted, bool) and not self.found:
            return wanted is False
        return any(self._same(value, wanted) for value in self.found)

    def _same(self, value: Any, wanted: Any) -> bool:
        field = self.test.field
        if isinstance(wanted, bool) or isinstance(value, bool):
            return value is wanted or str(value).lower() in ({"true", "yes"} if wanted else {"false", "no"})
        if isinstance(wanted, Mapping):
            return isinstance(value, Mapping) and all(
                normalize.fold(str(value.get(part))) == normalize.fold(str(text))
                for part, text in wanted.items()
            )
        if isinstance(wanted, int | float):
            return number(value) == wanted
        if field in {"phone", "mobile"}:
            return _digits(value).endswith(_digits(wanted)) and len(_digits(wanted)) >= 7
        if field.startswith("social:"):
            return normalize.social(field[7:], str(value)) == normalize.social(field[7:], str(wanted))
        text = normalize.fold(str(wanted))
        return text in {normalize.fold(str(value)), normalize.fold(self.labels.get(str(value), str(value)))}

    def _text(self, compare: Callable[[str, str], bool]) -> Callable[[Any], bool]:
        wanted = normalize.fold(str(self.test.value))
        return lambda value: (
            compare(normalize.fold(str(value)), wanted)
            or (str(value) in self.labels and compare(normalize.fold(self.labels[str(value)]), wanted))
        )

    def contains(self, _: Any) -> bool:
        return any(map(self._text(lambda value, wanted: wanted in value), self.found))

    def starts(self, _: Any) -> bool:
        return any(map(self._text(str.startswith), self.found))

    def ends(self, _: Any) -> bool:
        return any(map(self._text(str.endswith), self.found))

    def match(self, wanted: Any) -> bool:
        found = {word for value in self.found for word in findable.words(normalize.fold(str(value)))}
        parts = findable.words(normalize.fold(str(wanted)))
        return bool(parts) and all(any(word.startswith(part) for word in found) for part in parts)

    def compare(self, wanted: Any) -> bool:
        return any(
            _COMPARE[self.test.op](found, wanted)
            for value in self.found
            if (found := number(value)) is not None
        )

    def range(self, wanted: Any) -> bool:
        return any(
            wanted[0] <= found <= wanted[1] for value in self.found if (found := number(value)) is not None
        )

    def dated(self, wanted: Any) -> bool:
        ends = [_ms(text) for text in (wanted if isinstance(wanted, list) else [wanted])]
        times = [at for value in self.found if (at := self._time(value)) is not None]
        if self.test.op == "before":
            return any(at < ends[0] for at in times)
        return any(ends[0] <= at and (len(ends) == 1 or at < ends[1]) for at in times)

    def _time(self, value: Any) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=self.zone)).timestamp() * 1000

    def recurs(self, wanted: Any) -> bool:
        first, last = wanted["from"], wanted["to"]
        days = [str(value)[-5:] for value in self.found if len(str(value)) >= 5]
        return any(first <= day < last if first <= last else day >= first or day < last for day in days)

    def domain(self, wanted: Any) -> bool:
        return any(
            normalize.domain(str(value)) == normalize.domain(str(wanted))
            for value in company_domains(self.record)
        )

    def near(self, wanted: Any) -> bool:
        if "lat" in wanted:
            origin = (wanted["lat"], wanted["lon"])
            return any(metres(origin, place) <= wanted["radius_m"] for place in places(self.record))
        return any(normalize.fold(str(wanted["place"])) in normalize.fold(str(value)) for value in self.found)


MORE: dict[str, Callable[[_Tester, Any], bool]] = {
    "contains": _Tester.contains, "phrase": _Tester.contains, "starts": _Tester.starts, "ends": _Tester.ends, "match": _Tester.match,
    "gt": _Tester.compare, "gte": _Tester.compare, "lt": _Tester.compare, "lte": _Tester.compare, "range": _Tester.range,
    "before": _Tester.dated, "after": _Tester.dated, "between": _Tester.dated, "recurs": _Tester.recurs,
    "domain": _Tester.domain, "near": _Tester.near,
}  # fmt: skip
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
}  # fmt: skip


def number(value: Any) -> float | None:
    """A number, also one written as text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        found = float(str(value).replace(",", "").lstrip("$€£"))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def places(record: Record) -> Sequence[tuple[float, float]]:
    """Latitude and longitude of every address that has them."""
    found = []
    for entry in record.get("addresses") or ():
        try:
            found.append((float(entry["latitude"]), float(entry["longitude"])))
        except (KeyError, TypeError, ValueError):
            continue
    return found


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The distance of two places on a sphere."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 12_742_000 * math.asin(math.sqrt(min(half, 1.0)))


def _digits(value: Any) -> str:
    return "".join(char for char in str(value) if char.isdigit())


def _ms(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000
