"""The clauses of the language (6.3), each a function from a place in the text to a condition, tried in order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tieline.query import vocabulary as v
from tieline.query.conditions import date_condition, number_condition
from tieline.query.cursor import Cursor
from tieline.query.dates import Moment, instant, read_date, read_span
from tieline.query.filter import And, Condition, Node, Not, Or, both, either
from tieline.query.tokens import Unreadable
from tieline.records.vocabulary import SOCIAL_TYPES

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+$")
DOMAIN = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}$")
PHONE = re.compile(r"\+?[\d(][\d().\-]*$")
NUMBER_PAIR = re.compile(r"-?\d+(?:\.\d+)?$")
EMPTY = ("is empty", "is missing", "is not set", "is unset", "is none", "missing", "is blank", "empty")
PRESENT = ("is set", "exists", "is not empty", "is present", "is known")
METRES = {
    "miles": 1609.344,
    "mile": 1609.344,
    "mi": 1609.344,
    "km": 1000.0,
    "kilometers": 1000.0,
    "kilometres": 1000.0,
}
TRUE, FALSE = ("yes", "true", "on"), ("no", "false", "off")


@dataclass
class Reading:
    """What the clauses share: the place in the text, the account's words, and its moment."""

    cursor: Cursor
    words: v.Words
    moment: Moment

    def starts(self) -> bool:
        """Whether a new clause, or anything that ends a value, stands here."""
        cursor = self.cursor
        if cursor.done:
            return True
        token = cursor.token
        assert token is not None
        if token.kind == "custom" or cursor.low in {"(", ")", ",", "or", "and", "but", "|", "&"}:
            return True
        if token.kind == "text":
            return False
        at = cursor.at
        found = cursor.any(STARTERS) is not None or self.label() is not None
        cursor.at = at
        return found

    def label(self) -> str | None:
        """The field whose label stands here, read."""
        for name in ("view", "stage", "segment"):
            if self.cursor.one(self.words.choices(name)) is not None:
                return name
        return None

    def value(self) -> str:
        """One value (rule 2): a quoted text, or words up to what starts something else. Raises Unreadable."""
        cursor = self.cursor
        token = cursor.token
        if token is None or (token.kind == "sign" and token.text not in "~") or cursor.low in {"or", "and"}:
            raise Unreadable("a value is missing")
        cursor.at += 1
        if token.kind == "text":
            if not token.text.strip():
                raise Unreadable("a value is empty")
            return token.text
        found = [token.text]
        while not self.starts():
            following = cursor.token
            if following is None or following.kind != "word":
                break
            found.append(following.text)
            cursor.at += 1
        return " ".join(found)

    def values(self, one: Callable[[], str], *, both: bool = False) -> tuple[list[str], str]:
        """A list of values (rule 3) and whether it is joined by `or` or `and`."""
        found, joined, cursor = [one()], "or", self.cursor
        while cursor.low in ({"or", "|", ",", "and"} if both else {"or", "|", ","}):
            start = cursor.at
            word = "and" if cursor.low == "and" else "or"
            cursor.at += 1
            if word == "or" and cursor.low in {"or", "and"}:
                cursor.at += 1
            if (
                self.starts()
                or cursor.low in {"not", "except"}
                or (len(found) > 1 and word != joined and self.tokens_differ(start))
            ):
                cursor.at = start
                break
            joined = word
            found.append(one())
        return found, joined

    def tokens_differ(self, at: int) -> bool:
        """A comma goes on in either way of joining; a word that joins otherwise ends the list."""
        return self.cursor.tokens[at].text != ","


def choice(reading: Reading, name: str) -> str:
    """A value of a field with choices: by label, by key, or as it is written."""
    table = reading.words.choices(name)
    found = reading.cursor.one(table)
    if found is not None:
        return found
    token = reading.cursor.token
    if token is not None and token.kind in {"word", "text"}:
        wanted = token.text.lower()
        if wanted in table:
            reading.cursor.at += 1
            return table[wanted]
        for key in table.values():
            if key.lower() == wanted:
                reading.cursor.at += 1
                return key
    return reading.value()


def custom(reading: Reading) -> Node | None:
    """`#id`, `#"Label"`, alone or compared (6.1, 2)."""
    cursor = reading.cursor
    token = cursor.token
    if token is None or token.kind != "custom":
        return None
    cursor.at += 1
    field_id = reading.words.custom.get(token.low, token.text)
    name, kind = f"custom:{field_id}", reading.words.types.get(field_id, "")
    if cursor.any(EMPTY):
        return Condition(name, "missing")
    if cursor.any(PRESENT):
        return Condition(name, "exists")
    if kind in {"date", ""} and (found := date_condition(cursor, name, reading.moment)):
        return found
    if found := number_condition(cursor, name):
        return found
    return _compared(reading, name, kind)


def _compared(reading: Reading, name: str, kind: str) -> Node:
    cursor = reading.cursor
    if cursor.any(("is one of", "one of", "is any of", "any of")):
        values, _ = reading.values(reading.value)
        return Condition(name, "in", list(values))
    if op := cursor.one(v.TEXT_OPS):
        return Condition(name, op, reading.value())
    if cursor.any(("=", ":", "is", "equals", "!=", "<>", "is not", "isn't", "not")) is None:
        if cursor.any(v.NUMBER_OPS):
            raise Unreadable("a number is missing")
        return Condition(name, "exists")
    negated = cursor.peek(-1) in {"!=", "<>", "not", "isn't"}
    if negated and (number := number_condition(cursor, name)) is not None:
        return Not(number)
    if cursor.take("none"):
        return Condition(name, "exists" if negated else "missing")
    if kind in {"boolean", "checkbox", ""} and (word := cursor.any((*TRUE, *FALSE))):
        found: Node = Condition(name, "eq", word in TRUE)
    else:
        values, _ = reading.values(reading.value)
        found = Condition(name, "in", values) if len(values) > 1 else Condition(name, "eq", values[0])
    return Not(found) if negated else found


def negative_contact(reading: Reading) -> Node | None:
    """`never contacted`, `haven't talked to in 30 days`, `out of touch for 6 weeks`: includes never."""
    cursor = reading.cursor
    start = cursor.at
    cursor.any(("i", "we", "i've", "we've"))
    if cursor.take("out of touch"):
        cursor.any(("for", "in"))
        return _quiet(read_span(cursor), reading) or Condition("wentquiet", "exists")
    never = cursor.take("never")
    if never or cursor.any(
        ("haven't", "havent", "have not", "hasn't", "has not", "not", "no", "didn't", "did not")
    ):
        cursor.any(("been", "recently"))
        if cursor.any(v.CONTACT):
            here = cursor.at
            if (
                not never
                and cursor.any(("in the last", "in the past", "within", "in", "for", "over"))
                and (span := read_span(cursor))
            ):
                return _quiet(span, reading)
            cursor.at = here
            if not never and cursor.take("since") and (since := read_date(cursor, reading.moment)):
                return _before(instant(since.start))
            cursor.at = here
            if never or cursor.tokens[start].low not in {"no", "not"}:
                return Condition("lasttalked", "missing")
    cursor.at = start
    return None


def _quiet(span: object, reading: Reading) -> Node | None:
    if span is None:
        return None
    try:
        return _before(instant(reading.moment.now - span))  # type: ignore[operator]
    except (OverflowError, ValueError):
        raise Unreadable("too long ago") from None


def _before(when: str) -> Node:
    return Or((Condition("lasttalked", "before", when), Condition("lasttalked", "missing")))


def presence(reading: Reading) -> Node | None:
    """`with email`, `without phone or mobile`, `no next step`, `missing birthday`."""
    cursor = reading.cursor
    start = cursor.at
    word = cursor.any(("with no", "without", "without a", "without an", "without any", "no", "missing", "missing a", "missing an",
                       "has no", "have no", "lacking", "with", "with a", "with an", "has", "has a", "has an", "have", "having"))  # fmt: skip
    if word is None:
        return None
    op = "missing" if "no" in word.split() or word.startswith(("without", "missing", "lacking")) else "exists"
    first = _thing(reading, op)
    if first is None:
        cursor.at = start
        if word.startswith("with") and op == "exists":
            cursor.at += 1  # “deals with collaborator …”: the word only leads to the next clause
            if reading.starts() and not cursor.done and cursor.low not in {"or", "and", ",", ")", "("}:
                found = read_clause(reading)
                if found is not None:
                    return found
            cursor.at = start
        return None
    found_all, joined = [first], None
    while cursor.low in {"or", "and"} and joined in {None, cursor.low}:
        here, joined_here = cursor.at, cursor.low
        cursor.at += 1
        following = _thing(reading, op)
        if following is None:
            cursor.at = here
            break
        joined = joined_here
        found_all.append(following)
    # Without a phone or an e-mail address means that both are missing.
    return either(*found_all) if (joined == "or") == (op == "exists") and joined else both(*found_all)


def _thing(reading: Reading, op: str) -> Node | None:
    cursor = reading.cursor
    found = custom(reading)
    if isinstance(found, Condition) and found.op == "exists":
        return Condition(found.field, op)
    if found is not None:  # “with #budget > 5”
        return found if op == "exists" else Not(found)
    name = cursor.one(v.THINGS)
    if name is None:
        return None
    after = cursor.low
    if after in v.EQUAL or after in {"contains", "starts", "ends", ":", "~"}:
        cursor.at -= 1
        return None  # “with title contains director”: a comparison
    return Condition(name, op)


def geo(reading: Reading) -> Node | None:
    """`near Boston`, `within 10 miles of 02110`."""
    cursor = reading.cursor
    start = cursor.at
    radius = round(25 * METRES["miles"])
    if cursor.take("near"):
        pass
    elif cursor.take("within") and (match := NUMBER_PAIR.match(cursor.low)):
        distance = float(match[0])
        cursor.at += 1
        unit = cursor.one(METRES)
        if unit is None or not cursor.any(("of", "from", "around")):
            cursor.at = start
            return None
        radius = round(distance * unit)
    else:
        cursor.at = start
        return None
    one, two = cursor.low, cursor.peek(2) if cursor.peek(1) == "," else cursor.peek(1)
    if NUMBER_PAIR.match(one) and "." in one and NUMBER_PAIR.match(two):
        cursor.at += 3 if cursor.peek(1) == "," else 2
        return Condition("location", "near", {"lat": float(one), "lon": float(two), "radius_m": radius})
    return Condition("location", "near", {"place": reading.value(), "radius_m": radius})


def assignment(reading: Reading) -> Node | None:
    """`assigned to me`, `unassigned`, `collaborator dana@example.com`."""
    cursor = reading.cursor
    if cursor.any(("assigned to", "owned by", "assignee", "owner")):
        cursor.any(("is", "=", ":"))
        return _who(reading, "assignee")
    if cursor.take("unassigned"):
        return Condition("assignee", "missing")
    if cursor.take("assigned"):
        return Condition("assignee", "exists")
    if cursor.any(("collaborator", "collaborators", "collaborating with")):
        cursor.any(("is", "=", ":"))
        return _who(reading, "collaborator")
    return None


def _who(reading: Reading, field: str) -> Node:
    values, _ = reading.values(reading.value)
    found = ["@me" if value.lower() in {"me", "@me", "myself"} else value for value in values]
    return Condition(field, "in", found) if len(found) > 1 else Condition(field, "eq", found[0])


def birthday(reading: Reading) -> Node | None:
    """`birthday in the next 30 days`, `birthday today`, `birthday in 1980`."""
    cursor, moment = reading.cursor, reading.moment
    start = cursor.at
    if not cursor.any(("birthday", "birthdays", "born")):
        return None
    cursor.any(("is", "are", ":"))
    here = cursor.at
    if cursor.any(("in the next", "within the next", "in next", "within", "in")) and (
        span := read_span(cursor)
    ):
        first = moment.today
        return _recurs(first, (moment.now + span).astimezone(moment.zone).date())
    cursor.at = here
    year = bool(cursor.any(("in", "during"))) and len(cursor.low) == 4 and cursor.low.isdigit()
    cursor.at = here
    whole = year or cursor.low in {"before", "after", "since", "between", "from", "until", "by"}
    if whole and (found := date_condition(cursor, "birthday", moment)):
        return found
    cursor.any(("on", "in", "during"))
    if (found_date := read_date(cursor, moment)) is not None:
        return _recurs(found_date.start.date(), found_date.end.date())
    cursor.at = here
    if cursor.tokens[start].low == "born":
        cursor.at = start
        return None
    return Condition("birthday", "exists")


def _recurs(first: object, last: object) -> Node:
    return Condition("birthday", "recurs", {"from": f"{first:%m-%d}", "to": f"{last:%m-%d}"})


def flag(reading: Reading) -> Node | None:
    """Words that are a whole condition."""
    cursor = reading.cursor
    if cursor.take("overdue"):
        return Condition("duenext", "before", instant(reading.moment.now))
    if cursor.any(("strong relationships", "strong relationship", "strong")):
        return Condition("score", "gte", 70)
    if cursor.any(("weak relationships", "weak relationship", "weak")):
        return Condition("score", "lt", 30)
    if cursor.take("hidden"):
        return Condition("visibility", "eq", "hidden")
    word = cursor.any(("private", "archived"))
    return Condition(word, "eq", True) if word else None


def numeric(reading: Reading) -> Node | None:
    """`score over 50`, `worth more than 100k`."""
    cursor = reading.cursor
    start = cursor.at
    word = cursor.any(("score", "relationship score", "value", "worth", "valued at", "deal value", "amount"))
    if word is None:
        return None
    found = number_condition(cursor, "score" if "score" in word else "custom:value")
    if found is None:
        cursor.at = start
    return found


def dated(reading: Reading) -> Node | None:
    """`last talked more than 30 days ago`, `added last month`, `went quiet`."""
    cursor = reading.cursor
    start = cursor.at
    name = cursor.one(v.DATED)
    if name is None:
        return None
    if cursor.any(EMPTY):
        return Condition(name, "missing")
    found = date_condition(cursor, name, reading.moment)
    if found is None and name == "wentquiet":
        return Condition(name, "exists")
    if found is None:
        cursor.at = start
    return found


def listed(reading: Reading) -> Node | None:
    """`tagged vip or donor`, `stage is not lost`, `city is Paris`, `segment none`."""
    cursor = reading.cursor
    start = cursor.at
    cursor.any(("in", "in the", "with"))
    name = cursor.one(v.LISTED)
    if name is None:
        cursor.at = start
        return None
    op = cursor.any((*v.UNEQUAL, *v.EQUAL, ":", *v.TEXT_OPS))
    if op in v.TEXT_OPS and not v.choices_of(name):
        return Condition(name, v.TEXT_OPS[op], reading.value())
    if cursor.any(("none", "empty", "missing")):
        return Condition(name, "exists" if op in v.UNEQUAL else "missing")
    values, joined = reading.values(lambda: choice(reading, name), both=name == "tag")
    found: Node
    if len(values) == 1:
        found = Condition(name, "eq", values[0])
    else:
        found = Condition(name, "all" if joined == "and" else "in", values)
    return Not(found) if op in v.UNEQUAL else found


def identifier(reading: Reading) -> Node | None:
    """An e-mail address, @domain, @handle, network:handle, source:key, phone number or domain."""
    cursor = reading.cursor
    token = cursor.token
    if token is None or token.kind != "word":
        return None
    text, low = token.text, token.low
    head, colon, tail = text.partition(":")
    found: Node | None = None
    if EMAIL.match(low):
        found = Condition("email", "eq", text)
    elif low.startswith("@") and DOMAIN.match(low[1:]):
        found = Condition("domain", "eq", text[1:])
    elif low.startswith("@") and len(low) > 1 and low != "@me":
        found = Condition("social:twitter", "eq", text[1:])
    elif colon and tail and head.lower() in SOCIAL_TYPES:
        found = Condition(f"social:{head.lower()}", "eq", tail)
    elif colon and tail and "." in head and not tail.startswith("//"):
        found = Condition("applink", "eq", {"source": head, "uniqueid": tail})
    elif (number := _phone(cursor)) is not None:
        return Condition("phone", "eq", number)
    elif DOMAIN.match(low):
        found = Condition("domain", "eq", low)
    if found is not None:
        cursor.at += 1
    return found


def _phone(cursor: Cursor) -> str | None:
    """A number of at least seven digits, read; it may be written in several pieces."""
    start, pieces = cursor.at, ""
    while (token := cursor.token) is not None and token.kind == "word" and PHONE.match(token.text):
        pieces += token.text
        cursor.at += 1
    digits = re.sub(r"\D", "", pieces)
    if not 7 <= len(digits) <= 15:
        cursor.at = start
        return None
    return ("+" if pieces.startswith("+") else "") + digits


def textual(reading: Reading) -> Node | None:
    """`name Johnstone`, `title contains director`, `email ends with .edu`."""
    cursor = reading.cursor
    start = cursor.at
    name = cursor.one(v.TEXTUAL)
    if name is None:
        return None
    if cursor.any(EMPTY):
        return Condition(name, "missing")
    if op := cursor.one(v.TEXT_OPS):
        pass
    elif cursor.any(v.UNEQUAL):
        return Not(Condition(name, "eq", reading.value()))
    elif cursor.any(v.EQUAL):
        op = "eq"
    elif cursor.done or cursor.low in {")", "(", ",", "or", "and", "|"}:
        raise Unreadable(f"what {cursor.tokens[start].text}?")
    else:
        cursor.take(":")
        op = "contains"
    values, _ = reading.values(reading.value)
    return either(*(Condition(name, op, value) for value in values))


def company(reading: Reading) -> Node | None:
    """`works at Acme or Globex`, `at acme.com`."""
    cursor = reading.cursor
    if not cursor.any(v.COMPANY):
        return None
    cursor.any(("is", "=", ":"))
    values, _ = reading.values(reading.value)
    return either(
        *(
            Condition("company", "domain" if DOMAIN.match(value.lower()) else "contains", value)
            for value in values
        )
    )


def place(reading: Reading) -> Node | None:
    """`in Boston`, `living in Chicago`, `in my network`, `from Lisbon`."""
    cursor = reading.cursor
    if cursor.take("from"):
        values, _ = reading.values(reading.value)
        return either(
            *(Condition(field, "contains", value) for value in values for field in ("company", "location"))
        )
    start = cursor.at
    if not cursor.any(v.PLACE):
        return None
    if cursor.peek(-1) == "in":
        here = cursor.at
        cursor.any(("the",))
        if (found := label(reading)) is not None:
            return found
        cursor.at = here
    if cursor.done:
        cursor.at = start
        raise Unreadable("in what?")
    values, _ = reading.values(reading.value)
    return either(*(Condition("location", "contains", value) for value in values))


def label(reading: Reading) -> Node | None:
    """`active customers`, `leads`, `my network` (rule 4)."""
    cursor, words = reading.cursor, reading.words
    if (view := cursor.one(words.views)) is not None:
        return Condition("view", "eq", view)
    stage = cursor.one(words.stages)
    segment = cursor.one(words.segments)
    found = [
        Condition(name, "eq", key)
        for name, key in (("stage", stage), ("segment", segment))
        if key is not None
    ]
    return And(tuple(found)) if len(found) == 2 else found[0] if found else None


CLAUSES = (custom, negative_contact, presence, geo, assignment, birthday, flag, numeric, dated, listed, identifier,
           textual, company, place, label)  # fmt: skip
STARTERS = frozenset(
    {
        *v.TEXTUAL, *v.LISTED, *v.DATED, *v.COMPANY, *v.PLACE, *v.SORT_WORDS, "from", "near", "within", "with", "without",
        "missing", "has", "have", "having", "no", "not", "except", "excluding", "never", "haven't", "hasn't", "out of touch",
        "assigned", "unassigned", "collaborator", "birthday", "birthdays", "overdue", "private", "archived", "hidden",
        "strong relationships", "weak relationships", "score", "worth", "limit", "who", "that", "whose", "lacking", "owned by",
    }
)  # fmt: skip


def read_clause(reading: Reading) -> Node | None:
    """The clause that stands here, read; None when none does. Raises Unreadable when an operand is missing."""
    start = reading.cursor.at
    for clause in CLAUSES:
        found = clause(reading)
        if found is not None:
            return found
        reading.cursor.at = start
    return None
