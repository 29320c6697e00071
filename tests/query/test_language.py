"""Beyond the examples: what users type, and that nothing they type fails."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.query.test_examples import DATA, NOW
from tieline.query import vocabulary as v
from tieline.query.explain import sentence
from tieline.query.filter import Condition, Filter, plain
from tieline.query.parser import as_text, parse, retry_as_text

PEOPLE = v.words_of(DATA["vocabulary"], "people")
PROJECTS = v.words_of(DATA["vocabulary"], "projects")


def test_(field: str, op: str, *value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, **({"value": value[0]} if value else {})}


test_.__test__ = False  # type: ignore[attr-defined]
ROWS: dict[str, Any] = {
    "talked to in the last 2 weeks": test_("lasttalked", "between", ["2025-06-04T12:00:00Z", "2025-06-18T12:00:00Z"]),
    "last talked less than 30 days ago": test_("lasttalked", "after", "2025-05-19T12:00:00Z"),
    "created after March 5, 2025": test_("created", "after", "2025-03-06T00:00:00Z"),
    "created by 2024": test_("created", "before", "2025-01-01T00:00:00Z"),
    "added from January to March 2025": test_("created", "between", ["2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z"]),
    "last talked to 3 days ago": test_("lasttalked", "between", ["2025-06-15T00:00:00Z", "2025-06-16T00:00:00Z"]),
    "without phone or email": {"and": [test_("phone", "missing"), test_("email", "missing")]},
    "with phone or email": {"or": [test_("phone", "exists"), test_("email", "exists")]},
    "with #budget > 5": test_("custom:budget", "gt", 5),
    "without #budget": test_("custom:budget", "missing"),
    "tagged vip, donor or press": test_("tag", "in", ["vip", "donor", "press"]),
    "tagged vip or customers": {"or": [test_("tag", "eq", "vip"), test_("segment", "eq", "customer")]},
    "stage lead or current": test_("stage", "in", ["lead", "current"]),
    "#lead-source is not zillow": {"not": test_("custom:lead-source", "eq", "zillow")},
    "#lead-source is one of zillow, web": test_("custom:lead-source", "in", ["zillow", "web"]),
    "#beds < 3 or #beds > 5": {"or": [test_("custom:beds", "lt", 3), test_("custom:beds", "gt", 5)]},
    "assigned to me or bob@x.example": test_("assignee", "in", ["@me", "bob@x.example"]),
    "unassigned leads": {"and": [test_("assignee", "missing"), test_("stage", "eq", "lead")]},
    "birthday on March 5": test_("birthday", "recurs", {"from": "03-05", "to": "03-06"}),
    "near 42.36, -71.06": test_("location", "near", {"lat": 42.36, "lon": -71.06, "radius_m": 40234}),
    "+1 650 555 0191": test_("phone", "eq", "+16505550191"),
    'at "Acme, Inc." or Globex': {"or": [test_("company", "contains", "Acme, Inc."), test_("company", "contains", "Globex")]},
    "leads not contacted since May": {"and": [test_("stage", "eq", "lead"), {"or": [test_("lasttalked", "before", "2025-05-01T00:00:00Z"), test_("lasttalked", "missing")]}]},
    "first name Ada last name Lovelace": {"and": [test_("first", "contains", "Ada"), test_("last", "contains", "Lovelace")]},
    "buyers & sellers in Paris": {"and": [test_("segment", "eq", "custom2"), test_("location", "contains", "Paris")]},
    "customers | partners": {"or": [test_("segment", "eq", "customer"), test_("segment", "eq", "partner")]},
    "“Ada Lovelace”": test_("text", "phrase", "Ada Lovelace"),
    "(customers": test_("text", "match", "(customers"),
    '"unbalanced': test_("text", "match", '"unbalanced'),
    "name": test_("text", "match", "name"),
    "show me people": test_("text", "match", "show me people"),
    "()": test_("text", "match", "()"),
}  # fmt: skip


@pytest.mark.parametrize("query", ROWS)
def test_what_people_type(query: str) -> None:
    assert plain(parse(query, PEOPLE, now=NOW))["filter"] == ROWS[query]


def test_directives_are_set_aside() -> None:
    found = plain(parse("top 10 won deals over budget sorted by value newest first", PROJECTS, now=NOW))
    assert found["limit"] == 10
    assert found["sort"] == {"by": "value", "dir": "desc"}
    assert found["target"] == "projects"


def test_an_empty_query_restricts_nothing() -> None:
    assert parse("  ", PEOPLE, now=NOW) == Filter(None)


@pytest.mark.parametrize("query", ["customers " * 300, "(" * 60 + "customers" + ")" * 60])
def test_what_is_too_much_is_text(query: str) -> None:
    assert parse(query, PEOPLE, now=NOW) == as_text(query)


def test_written_dates_are_of_the_account() -> None:
    found = plain(
        parse(
            "updated today", PEOPLE, now=datetime(2025, 3, 30, 0, 30, tzinfo=UTC), timezone="Europe/Stockholm"
        )
    )
    assert found["filter"]["value"] == ["2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"]  # a day of 23 hours
    found = plain(parse("created since 6/1/2025", PEOPLE, now=NOW, day_first=True))
    assert found["filter"]["value"] == "2025-01-06T00:00:00Z"
    found = plain(parse("due this week", PEOPLE, now=NOW, sunday_first=True))
    assert found["filter"]["value"] == ["2025-06-15T00:00:00Z", "2025-06-22T00:00:00Z"]


@pytest.mark.parametrize(
    ("query", "again"),
    [
        ("Jane Friend", True),
        ("tagged vip", True),
        ("a b c leads", False),
        ("#budget", False),
        ('"leads"', False),
        ("ada", False),
    ],
)
def test_which_queries_are_searched_again_as_text(query: str, again: bool) -> None:
    assert retry_as_text(query, parse(query, PEOPLE, now=NOW)) is again


WORDS = sorted({word for table in (v.TEXTUAL, v.LISTED, v.DATED, v.THINGS, v.TARGETS) for word in table})
pieces = st.sampled_from(
    [*WORDS, *v.NOISE, *PEOPLE.segments, *PEOPLE.stages, "and", "or", "not", "(", ")", ",", "|", "&", "#budget", '"', "'", "in", "the",
     "next", "last", "30", "days", "ago", "between", "before", "March", "2025", "99999", "is", "!=", ">", "5k", "near", "within", "miles", "of",
     "ada@x.example", "a:b", ":", "limit", "sort by", "never", "haven't", "talked to", "with", "without", "birthday", "@me", "vip"]
)  # fmt: skip
queries = st.one_of(st.text(max_size=60), st.lists(pieces, max_size=8).map(" ".join))


BATCHES, BATCH = 100, 100


def test_ten_thousand_queries() -> None:
    """Nothing that anybody types fails: 10,000 texts, in batches, since making one up costs more than reading it."""
    read = 0

    @settings(max_examples=BATCHES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(queries, min_size=BATCH, max_size=BATCH), st.sampled_from([PEOPLE, PROJECTS, v.Words()]))
    def every(texts: list[str], words: v.Words) -> None:
        nonlocal read
        for query in texts:
            no_query_fails(query, words)
        read += len(texts)

    every()
    assert read >= 10_000


def no_query_fails(query: str, words: v.Words) -> None:
    found = parse(query, words, now=NOW, timezone="Europe/Stockholm")
    assert json.loads(json.dumps(plain(found))) == plain(found)
    assert sentence(found, words, "people").endswith(".")
    if query.strip() and found.sort is None and found.limit is None:
        assert found.filter is not None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("active customers in Boston", "People where the stage is Active and the segment is Customer and the location contains “Boston”."),
        ("deals worth more than 100k", "Projects where the value is more than 100,000."),
        ("not (customers or partners)", "People where not (the segment is Customer or the segment is Partner)."),
        ("added last month", "People where the creation is between 2025-05-01 and 2025-06-01."),
        ("customers sort by name limit 20", "People where the segment is Customer, sorted by name, at most 20."),
        ("", "All people."),
    ],
)  # fmt: skip
def test_a_query_in_words(query: str, expected: str) -> None:
    assert sentence(parse(query, PEOPLE, now=NOW), PEOPLE, "people") == expected


GUIDE = Path(__file__).resolve().parent.parent.parent / "docs" / "queries.md"
GUIDED = [query for line in GUIDE.read_text().splitlines() if line.startswith("| `") for query in re.findall(r"`([^`]+)`", line.split(" | ")[0])]  # fmt: skip


@pytest.mark.parametrize("query", GUIDED)
def test_the_guide_says_what_is_so(query: str) -> None:
    found = parse(query, PEOPLE, now=NOW)
    as_words = isinstance(found.filter, Condition) and found.filter.field == "text"
    assert as_words == (query in {"ada", '"vice president"'})


@pytest.mark.parametrize(
    ("label", "forms"),
    [
        ("customers", {"customers", "customer"}),
        ("customer", {"customers", "customer"}),
        ("family", {"family", "families"}),
        ("agencies", {"agency"}),
        ("boss", {"boss", "bosses"}),
        ("buyers & sellers", {"buyer & seller"}),
        ("status", {"status"}),
    ],
)
def test_labels_match_in_singular_and_plural(label: str, forms: set[str]) -> None:
    assert forms <= set(v.forms(label))
