"""Conditions on dates and numbers (6.3, date-cond and number-cond), wherever a clause may have one."""

from __future__ import annotations

import re

from tieline.query.cursor import Cursor
from tieline.query.dates import Moment, instant, read_date, read_span
from tieline.query.filter import Condition, Node, Not
from tieline.query.vocabulary import NUMBER_OPS

NUMBER = re.compile(r"[$€£]?(-?\d[\d,]*(?:\.\d+)?)(k|m|b|mm)?$", re.IGNORECASE)
SCALE = {
    "k": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "mm": 10**6,
    "million": 10**6,
    "b": 10**9,
    "billion": 10**9,
}


def read_number(cursor: Cursor) -> int | float | None:
    """`5`, `1.5m`, `$250,000`, `2 million`; None, and nothing taken, when there is none (rule 9)."""
    match = NUMBER.match(cursor.low)
    if match is None:
        return None
    cursor.at += 1
    scale = SCALE.get((match[2] or "").lower(), 1)
    if not match[2] and cursor.low in {"thousand", "million", "billion"}:
        scale = SCALE[cursor.low]
        cursor.at += 1
    value = float(match[1].replace(",", "")) * scale
    return int(value) if value.is_integer() else value


def number_condition(cursor: Cursor, field: str) -> Node | None:
    """`over 5`, `between 1 and 3`, `at least 100k`, `is 7`; None, and nothing taken, when there is none."""
    start = cursor.at
    if cursor.any(("between", "is between", "from")):
        low = read_number(cursor)
        if low is not None and cursor.any(("and", "to", "-")) and (high := read_number(cursor)) is not None:
            return Condition(field, "range", [low, high])
        cursor.at = start
        return None
    op = cursor.one(NUMBER_OPS)
    if op is None:
        cursor.any(("is", "=", ":", "of", "are", "is equal to", "equals"))
    value = read_number(cursor)
    if value is None:
        cursor.at = start
        return None
    return Condition(field, op or "eq", value)


def date_condition(cursor: Cursor, field: str, moment: Moment) -> Node | None:
    """`more than 30 days ago`, `in March`, `between … and …`; None, and nothing taken, when there is none."""
    start = cursor.at
    cursor.any(("is", "was", "are", ":"))
    negated = cursor.take("not")
    found = _rolling(cursor, field, moment) or _calendar(cursor, field, moment)
    if found is None:
        cursor.at = start
        return None
    return Not(found) if negated else found


def _rolling(cursor: Cursor, field: str, moment: Moment) -> Node | None:
    start = cursor.at
    now = moment.now
    try:
        if cursor.any(("more than", "over", ">", "longer than")):
            if (span := read_span(cursor)) and cursor.take("ago"):
                return Condition(field, "before", instant(now - span))
        elif cursor.any(("less than", "under", "<")):
            if (span := read_span(cursor)) and cursor.take("ago"):
                return Condition(field, "after", instant(now - span))
        elif cursor.any(("in the last", "within the last", "in the past", "within the past", "over the last", "during the last", "in last", "in past")):  # fmt: skip
            if span := read_span(cursor):
                return Condition(field, "between", [instant(now - span), instant(now)])
        elif cursor.any(("in the next", "within the next", "over the next", "during the next", "in next")):
            if span := read_span(cursor):
                return Condition(field, "between", [instant(now), instant(now + span)])
        elif cursor.any(("in", "within")) and (span := read_span(cursor)):
            return Condition(field, "between", [instant(now), instant(now + span)])
    except (OverflowError, ValueError):
        pass
    cursor.at = start
    return None


def _calendar(cursor: Cursor, field: str, moment: Moment) -> Node | None:
    start = cursor.at
    if pair := cursor.any(("between", "from")):
        first = read_date(cursor, moment)
        ends = cursor.any(("and",) if pair == "between" else ("to", "until", "through", "till"))
        last = read_date(cursor, moment) if ends else None
        if first and last:
            return Condition(field, "between", [instant(first.start), instant(last.end)])
        if pair == "between" or first is None:
            cursor.at = start
            return None
        cursor.at = start + 1  # “from March” is since March
        first = read_date(cursor, moment)
        return Condition(field, "after", instant(first.start)) if first else None
    word = cursor.any(("before", "after", "since", "until", "by", "till", "on or after", "on or before",
                       "<", ">", "<=", ">=", "on", "in", "in the", "during", "="))  # fmt: skip
    found = read_date(cursor, moment)
    if found is None:
        cursor.at = start
        return None
    if word in {"before", "<"}:
        return Condition(field, "before", instant(found.start))
    if word in {"after", ">"}:
        return Condition(field, "after", instant(found.end))
    if word in {"since", ">=", "on or after"}:
        return Condition(field, "after", instant(found.start))
    if word in {"until", "by", "till", "<=", "on or before"}:
        return Condition(field, "before", instant(found.end))
    return Condition(field, "between", [instant(found.start), instant(found.end)])
