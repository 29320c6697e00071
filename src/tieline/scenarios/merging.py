"""Joins two changes of the same version of a blueprint: what only one of them touched is taken from it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from tieline.scenarios.blueprint import Blueprint, Json
from tieline.scenarios.diff import label
from tieline.scenarios.rewriting import renumber

FLOWS = frozenset({"flow", "onerror"})
DRAWN = frozenset({"x", "y"})


class Clash(msgspec.Struct, frozen=True):
    """A place that both changed, each in its own way. `field`: where it is, from the module or the scenario on."""

    module_id: int | None
    label: str
    field: str
    base: Any
    mine: Any
    theirs: Any

    def __str__(self) -> str:
        of = f"{self.label} (module {self.module_id})" if self.module_id is not None else self.label
        return f"{of} {self.field}".strip()


class Merged(msgspec.Struct):
    """The joined blueprint, and where the two could not be joined; there, `theirs` is kept."""

    raw: Json
    clashes: list[Clash]


class _Absent:
    """Stands for a member that is not there."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()


def merge(base: Blueprint, mine: Blueprint, theirs: Blueprint) -> Merged:
    """Three blueprints made one. Modules that both added under one number: mine get other numbers."""
    own = _with_free_numbers(base, mine, theirs)
    joining = _Joining()
    raw = joining.value(base.raw, own, theirs.raw, "", None)
    joining.clashes += _twice(raw)
    return Merged(raw, joining.clashes)


def _with_free_numbers(base: Blueprint, mine: Blueprint, theirs: Blueprint) -> Json:
    numbers = [{step.id for step in one.walk() if isinstance(step.id, int)} for one in (base, mine, theirs)]
    known, ours, others = numbers
    same = {step.id: step.raw for step in theirs.walk()}
    taken = {
        step.id
        for step in mine.walk()
        if isinstance(step.id, int)
        and step.id in others
        and step.id not in known
        and same[step.id] != step.raw
    }
    free = max(ours | others | {0}) + 1
    given = {number: free + position for position, number in enumerate(sorted(taken))}
    raw = copy.deepcopy(mine.raw)
    if given:
        for step in Blueprint(raw).walk():
            renumber(step.raw, given)
    return raw


def _twice(raw: Json) -> Iterator[Clash]:
    """A module that one moved and the other left or moved elsewhere now stands in two places."""
    seen: set[int] = set()
    for step in Blueprint(raw).walk():
        if isinstance(step.id, int):
            if step.id in seen:
                yield Clash(step.id, label(step.raw), "was moved to two places", None, None, step.pointer)
            seen.add(step.id)


class _Joining:
    def __init__(self) -> None:
        self.clashes: list[Clash] = []

    def value(self, base: Any, mine: Any, theirs: Any, field: str, module: Json | None) -> Any:
        """One value of three; ABSENT when it is gone."""
        if _same(mine, theirs) or _same(base, mine):
            return theirs
        if _same(base, theirs):
            return mine
        if isinstance(mine, dict) and isinstance(theirs, dict):
            return self._object(base if isinstance(base, dict) else {}, mine, theirs, field, module)
        if isinstance(mine, list) and isinstance(theirs, list) and isinstance(base, list):
            if _is_flow(field, base, mine, theirs):
                return self._flow(base, mine, theirs, field)
            if len(base) == len(mine) == len(theirs):
                return [
                    self.value(was, own, other, f"{field}/{position}", module)
                    for position, (was, own, other) in enumerate(zip(base, mine, theirs, strict=True))
                ]
        return self._clash(base, mine, theirs, field, module)

    def _clash(self, base: Any, mine: Any, theirs: Any, field: str, module: Json | None) -> Any:
        name = field.rpartition("/")[2]
        if name in DRAWN and "/designer/" in field:
            return theirs  # where a module is drawn is worth no question
        known = [None if one is ABSENT else one for one in (base, mine, theirs)]
        called = label(module) if module is not None else "Scenario"
        number = module.get("id") if module is not None else None
        self.clashes.append(Clash(number, called, field, *known))
        return theirs

    def _object(self, base: Json, mine: Json, theirs: Json, field: str, module: Json | None) -> Json:
        names = [*theirs, *(name for name in mine if name not in theirs)]
        made: Json = {}
        for name in names:
            was, own, other = (one.get(name, ABSENT) for one in (base, mine, theirs))
            value = self.value(was, own, other, f"{field}/{name}", module)
            if value is not ABSENT:
                made[name] = value
        return made

    def _flow(self, base: list[Any], mine: list[Any], theirs: list[Any], field: str) -> list[Any]:
        """Modules by their numbers: added by either, gone when one took it out and the other left it alone."""
        before, own, others = (_by_id(flow) for flow in (base, mine, theirs))
        made: dict[int, Any] = {}
        for number in [*others, *(number for number in own if number not in others)]:
            three = [known.get(number, ABSENT) for known in (before, own, others)]
            module = next(one for one in reversed(three) if one is not ABSENT)
            joined = self.value(three[0], three[1], three[2], "", module)
            if joined is not ABSENT:
                made[number] = joined
        # The order of whoever changed it; what the other added goes behind what it stood behind.
        kept = [n for n in before if n in own and n in others]
        own_order, other_order = ([n for n in one if n in kept] for one in (own, others))
        if kept not in (own_order, other_order) and own_order != other_order:
            self.clashes.append(Clash(None, "Scenario", "order of modules", kept, own_order, other_order))
        changed = other_order != kept
        first, second = (list(others), list(own)) if changed else (list(own), list(others))
        return [made[number] for number in _ordered(first, second) if number in made]


def _ordered(first: list[int], second: list[int]) -> list[int]:
    order = list(first)
    for position, number in enumerate(second):
        if number not in order:
            before = next((n for n in reversed(second[:position]) if n in order), None)
            order.insert(order.index(before) + 1 if before is not None else 0, number)
    return order


def _by_id(flow: list[Any]) -> dict[int, Any]:
    return {module["id"]: module for module in flow}


def _is_flow(field: str, *lists: list[Any]) -> bool:
    return field.rpartition("/")[2] in FLOWS and all(
        isinstance(module, dict) and isinstance(module.get("id"), int) for flow in lists for module in flow
    )


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and one is not ABSENT and one == other)
