"""A condition of a free-form query as SQL, where the database can decide it (contract 6.2).

`matching` says what a condition means; a test holds the two to each other. What is None here is looked at record by
record; `narrowed` then says what such a record must have at least, so that few are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, literal, or_

from tieline import clock
from tieline.crm import scoring
from tieline.crm import selecting as sql
from tieline.crm.access import Caller
from tieline.crm.selecting import Columns, Restriction, Selection
from tieline.crm.settings import AccountSettings
from tieline.query import findable
from tieline.query.filter import And, Condition, Node, Not, Or
from tieline.records import normalize
from tieline.store import search
from tieline.store.search import Needle

CHOICES: Final = frozenset({"segment", "stage", "step"})
INSTANTS: Final[dict[str, Callable[[Columns], ColumnElement[Any]]]] = {
    "lasttalked": lambda columns: columns.last_talked,
    "lastchanged": lambda columns: columns.last_changed,
    "wentquiet": lambda columns: columns.went_quiet,
    "duenext": lambda columns: columns.due_next,
    "firstmet": sql.first_met,
}
FACTS: Final = frozenset(findable.COMPARED) - CHOICES - {"assignee"}
WORDY: Final = frozenset({"name", "first", "last", "headline", "jobtitle", "email", "city", "text"})
TYPED: Final = frozenset({"text", "keyword", "keywords"})  # custom fields whose values are texts
MOST_DAYS: Final = 62


class Conditions:
    """The conditions of one query, for one selection."""

    def __init__(self, selection: Selection, caller: Caller, settings: AccountSettings) -> None:
        self.selection, self.caller, self.settings = selection, caller, settings

    def split(self, node: Node) -> Node | None:
        """Add to the selection what the database decides; what is left to look at."""
        left: list[Node] = []
        for part in node.parts if isinstance(node, And) else (node,):
            made = self._made(part)
            if made is None:
                left.append(part)
                made = self._narrowed(part)
            if made is not None:
                self.selection.add(made)
        return And(tuple(left)) if len(left) > 1 else left[0] if left else None

    def _made(self, node: Node) -> Restriction | None:
        if isinstance(node, Not):
            inner = self._made(node.part)
            return None if inner is None else sql.negated(inner)
        if isinstance(node, And | Or):
            made = [self._made(part) for part in node.parts]
            known = [part for part in made if part is not None]
            if len(known) < len(made):
                return None
            return sql.together(known) if isinstance(node, And) else sql.alternatives(known)
        return self._test(node)

    def _test(self, test: Condition) -> Restriction | None:
        field, op = test.field, test.op
        if op == "ne":
            same = self._test(Condition(field, "eq", test.value))
            return None if same is None else sql.negated(same)
        if op == "missing":
            there = self._test(Condition(field, "exists"))
            return None if there is None else sql.negated(there)
        if field == "text" and op == "match":
            return self._words(str(test.value))
        if field in {"archived", "private"} and op == "eq":
            return sql.flag(field, bool(test.value), counted=field == "archived")
        if field in CHOICES:
            return self._choice(field, op, test.value)
        if field == "assignee":
            wanted = test.value if isinstance(test.value, list) else [test.value]
            return self._choice(
                field, op, [self.caller.email.lower() if one == "@me" else str(one).lower() for one in wanted]
            )
        if field in INSTANTS:
            return self._instant(field, test)
        if field == "score" and op in {"gt", "gte", "lt", "lte", "eq", "range"}:
            return self._score(test)
        return self._fact(field, op, test.value)

    def _words(self, text: str) -> Restriction:
        terms = search.words(normalize.fold(text))
        if not terms:
            return sql.nothing()
        return sql.holding(self.selection, [[Needle(term, True)] for term in terms])

    def _choice(self, column: str, op: str, value: Any) -> Restriction | None:
        if op == "exists":
            return sql.present(column, counted=True, groups=_needles([findable.has(column)]))
        wanted = value if isinstance(value, list) else [value]
        if op == "all" and len(wanted) != 1:
            return None
        if op not in {"eq", "in", "all"}:
            return None
        groups = _needles([findable.fact(column, str(one)) for one in wanted])
        if len(wanted) == 1:
            return sql.equal(self.selection, column, wanted[0], counted=True, groups=groups)
        return sql.among(self.selection, column, wanted, counted=True, groups=groups)

    def _instant(self, field: str, test: Condition) -> Restriction | None:
        column, key = INSTANTS[field], field
        if test.op == "exists":
            return Restriction(f"{key} is set", lambda columns: column(columns).is_not(None))
        if test.op not in {"before", "after", "between"}:
            return None
        ends = [_ms(text) for text in (test.value if isinstance(test.value, list) else [test.value])]
        names = [self.selection.name(end) for end in ends]
        if test.op == "before":
            return Restriction(f"{key} < {names[0]}", lambda columns: column(columns) < bindparam(names[0]))
        if test.op == "after":
            return Restriction(f"{key} >= {names[0]}", lambda columns: column(columns) >= bindparam(names[0]))
        return Restriction(
            f"{key} in {names}",
            lambda columns: and_(
                column(columns) >= bindparam(names[0]), column(columns) < bindparam(names[1])
            ),
        )

    def _score(self, test: Condition) -> Restriction:
        """A score now, as bounds of the stored energy; who was never talked to has 0."""
        low, high = _bounds(test)
        now = clock.now_ms()
        if low > 100 or high < 0 or low > high:
            return sql.nothing()
        least = self.selection.name(scoring.threshold(low, now)) if low > 0 else None
        past = self.selection.name(scoring.threshold(high + 1, now)) if high < 100 else None

        def build(columns: Columns) -> ColumnElement[bool]:
            tests = [columns.energy >= bindparam(least)] if least else []
            tests += [columns.energy < bindparam(past)] if past else []
            within = and_(literal(True), *tests)
            return or_(within, columns.energy.is_(None)) if low <= 0 else within

        return Restriction(f"score {least} {past} {low <= 0}", build)

    def _fact(self, field: str, op: str, value: Any) -> Restriction | None:
        head = field.partition(":")[0]
        if op == "exists":
            known = field in findable.PRESENT or head in {"custom", "social"}
            return self._holding([[findable.has(field)]]) if known else None
        if field == "birthday" and op == "recurs":
            days = _days(value["from"], value["to"])
            return self._holding([[findable.fact("day", day) for day in days]]) if days else None
        if field == "company" and op == "domain":
            host = normalize.domain(str(value))
            return self._holding([[findable.fact("at", host)]]) if host else None
        wanted = value if isinstance(value, list) else [value]
        if op not in {"eq", "in", "all"} or not all(isinstance(one, str) for one in wanted):
            return None
        if field == "collaborator":
            wanted = [self.caller.email if one == "@me" else one for one in wanted]
        elif head == "social":
            wanted = [normalize.social(field[7:], one) or one for one in wanted]
        elif head == "custom":
            return self._custom(field, op, wanted)
        elif field not in FACTS:
            return None
        facts = [findable.fact(field, one) for one in wanted]
        return self._holding([[one] for one in facts] if op == "all" else [facts])

    def _custom(self, field: str, op: str, wanted: Sequence[str]) -> Restriction | None:
        """A choice is stored by its key, and asked for by key or label."""
        definition = self.settings.custom_field(field.partition(":")[2])
        if definition is None or definition.type not in TYPED:
            return None

        def meant(text: str) -> list[str | None]:
            labels = definition.choices.items()
            keys = [key for key, label in labels if normalize.fold(label) == normalize.fold(text)]
            return [findable.fact(field, one) for one in dict.fromkeys([text, *keys])]

        alternatives = [meant(one) for one in wanted]
        return self._holding(
            alternatives if op == "all" else [[one for several in alternatives for one in several]]
        )

    def _holding(self, facts: Sequence[Sequence[str | None]]) -> Restriction | None:
        groups = [_needles(some) for some in facts]
        known = [group[0] for group in groups if group is not None]
        return sql.holding(self.selection, known) if len(known) == len(groups) else None

    def _narrowed(self, node: Node) -> Restriction | None:
        """What a record that fits must hold at least; None where nothing is known."""
        if not isinstance(node, Condition) or node.op in {"ne", "missing"}:
            return None
        head = node.field.partition(":")[0]
        if head == "custom" and not isinstance(node.value, bool):
            return self._holding([[findable.has(node.field)]])
        if node.field in WORDY - FACTS and node.op in {"contains", "phrase", "starts", "ends"}:
            return self._pieces(str(node.value))
        if node.field in findable.COMPARED and node.op in {"contains", "starts", "ends"}:
            return sql.holding_part(self.selection, findable.part(str(node.value)), findable.CUT)
        if node.field in findable.PRESENT and node.op in {"contains", "eq", "starts", "ends"}:
            return self._holding([[findable.has(node.field)]])
        return None

    def _pieces(self, text: str) -> Restriction | None:
        """The words of a text that occurs somewhere: the first may be the end of one, the last the beginning."""
        pieces = findable.words(normalize.fold(text))
        if any(len(piece) >= findable.LONGEST for piece in pieces) or len(pieces) < 2:
            return None
        inner = [Needle(piece) for piece in pieces[1:-1]]
        cut = Needle(findable.CUT)
        return sql.holding(self.selection, [[needle, cut] for needle in [*inner, Needle(pieces[-1], True)]])


def _needles(facts: Sequence[str | None]) -> list[list[Needle]] | None:
    """One group of all of them; None when one is too long to be a fact."""
    known = [Needle(fact) for fact in facts if fact is not None]
    return [known] if len(known) == len(facts) else None


def _bounds(test: Condition) -> tuple[float, float]:
    if test.op in {"eq", "range"}:
        low, high = test.value if test.op == "range" else (test.value, test.value)
        return low, high
    whole = float(test.value).is_integer()
    if test.op in {"gt", "gte"}:
        return (test.value + 1 if test.op == "gt" and whole else math.ceil(test.value)), 100.0
    return 0.0, (test.value - 1 if test.op == "lt" and whole else math.floor(test.value))


def _days(first: str, last: str) -> list[str]:
    """The days of a stretch of the year as MM-DD; empty when they are too many to ask for each."""
    every = [f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 32)]
    found = [day for day in every if (first <= day < last if first <= last else day >= first or day < last)]
    return found if len(found) <= MOST_DAYS else []


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
