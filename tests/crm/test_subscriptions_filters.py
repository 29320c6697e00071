"""Filters of contract 5.3, case by case, and properties of the match."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieline.crm.filters import Labels, check_filters, matches
from tieline.errors import InvalidInput

LABELS = Labels(
    choices={
        "segment": {"customer": "Buyer", "partner": "Partners"},
        "stage": {"lead": "Lead", "current": "Active"},
        "step": {"s-00001": "Warm", "s-00002": "done"},
        "lead-source": {"zillow": "Zillow Leads", "trade-fair": "Trade Fair"},
    },
    fields={"lead source": "lead-source", "budget": "budget"},
)
ROSA: dict[str, Any] = {
    "syncKey": "k1",
    "name": "Rosa Lindqvist",
    "segment": "customer",
    "stage": "lead",
    "step": "none",
    "keywords": ["vip", "Trade Fair"],
    "emails": [{"value": "rosa@fjordfoods.example", "work": True}, {"value": "r@home.example"}],
    "companies": [{"name": "Fjord Foods", "stage": "current"}],
    "customFields": [
        {"id": "lead-source", "type": "keywords", "value": ["zillow", "web"]},
        {"id": "budget", "type": "number", "value": 5.0},
        {"id": "active", "type": "boolean", "value": True},
    ],
    "lastChanged": 1746093600000,
}
CHANGES: dict[str, Any] = {
    "stage": {"before": "none", "after": "lead"},
    "lead-source": {"before": None, "after": ["zillow", "web"]},
    "budget": {"before": 4, "after": 5},
}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], True),
        ([{}], True),
        ([{"person": {}}], True),
        # the noun
        ([{"company": {}}], False),
        ([{"company": {"stage": "lead"}}], False),
        ([{"person": {"stage": "lead"}, "company": {}}], False),
        ([{"people": {"stage": "lead"}}], False),
        ([{"unknown": 1}], False),
        # one matching element is enough, all keys of an element must match
        ([{"company": {}}, {"person": {"stage": "lead"}}], True),
        ([{"person": {"stage": "lead"}, "changes": {"stage": "*"}}], True),
        ([{"person": {"stage": "current"}, "changes": {"stage": "*"}}], False),
        ([{"person": {"stage": "lead"}, "changes": {"step": "*"}}], False),
        # keys and labels, any case
        ([{"person": {"stage": "LEAD"}}], True),
        ([{"person": {"segment": "Buyer"}}], True),
        ([{"person": {"segment": "buyer"}}], True),
        ([{"person": {"segment": "Customers"}}], False),
        ([{"person": {"segment": "partner"}}], False),
        ([{"person": {"step": "none"}}], True),
        ([{"person": {"companies": [{"stage": "Active"}]}}], True),
        # the wildcard
        ([{"person": {"step": "*"}}], True),  # unset "none" counts as present
        ([{"person": {"headline": "*"}}], False),
        ([{"person": "*"}], True),
        ([{"changes": "*"}], True),
        ([{"person": {"emails": "*"}}], True),
        ([{"person": {"emails": ["*"]}}], True),
        ([{"person": {"emails": [{"value": "*"}]}}], True),
        ([{"person": {"emails": [{"home": "*"}]}}], False),
        # objects, arrays, scalars
        ([{"person": {"name": "rosa lindqvist"}}], True),
        ([{"person": {"name": "rosa"}}], False),
        ([{"person": {"name": {"first": "rosa"}}}], False),
        ([{"person": {"emails": [{"value": "ROSA@fjordfoods.example"}]}}], True),
        ([{"person": {"emails": [{"value": "rosa@fjordfoods.example", "work": True}]}}], True),
        ([{"person": {"emails": [{"value": "r@home.example", "work": True}]}}], False),
        ([{"person": {"emails": [{"work": True}, {"value": "r@home.example"}]}}], True),
        ([{"person": {"emails": []}}], True),
        ([{"person": {"emails": {"value": "r@home.example"}}}], False),
        ([{"person": {"keywords": ["VIP"]}}], True),
        ([{"person": {"keywords": ["vip", "trade fair"]}}], True),
        ([{"person": {"keywords": ["vip", "donor"]}}], False),
        ([{"person": {"keywords": "vip"}}], False),
        ([{"person": {"name": ["rosa lindqvist"]}}], False),
        ([{"person": {"lastChanged": 1746093600000.0}}], True),
        ([{"person": {"lastChanged": "1746093600000"}}], False),
        ([{"person": {"emails": [{"work": 1}]}}], False),
        ([{"person": {"name": None}}], False),
        ([{"person": []}], False),
        ([{"person": "rosa"}], False),
        # custom fields of the record
        ([{"person": {"customFields": [{"id": "lead-source", "value": "zillow"}]}}], True),
        ([{"person": {"customFields": [{"id": "lead-source", "value": "Zillow Leads"}]}}], True),
        ([{"person": {"customFields": [{"id": "Lead Source", "value": ["web", "zillow leads"]}]}}], True),
        ([{"person": {"customFields": [{"id": "lead-source", "value": "trade-fair"}]}}], False),
        ([{"person": {"customFields": [{"id": "lead-source", "value": ["web", "trade-fair"]}]}}], False),
        ([{"person": {"customFields": [{"id": "lead-source", "value": "*"}]}}], True),
        ([{"person": {"customFields": [{"id": "lead-source"}]}}], True),
        ([{"person": {"customFields": [{"id": "*", "value": 5}]}}], True),
        ([{"person": {"customFields": [{"id": "budget", "value": 5}]}}], True),
        ([{"person": {"customFields": [{"id": "budget", "value": "zillow"}]}}], False),
        ([{"person": {"customFields": [{"id": "active", "value": True}]}}], True),
        ([{"person": {"customFields": [{"id": "active", "value": 1}]}}], False),
        ([{"person": {"customFields": [{"id": "budget"}, {"id": "lead-source", "value": "web"}]}}], True),
        ([{"person": {"customFields": [{"id": "nothing"}]}}], False),
        ([{"person": {"customFields": {"budget": 5}}}], False),
        ([{"person": {"customFields": ["budget"]}}], False),
        # changes
        ([{"changes": {}}], True),
        ([{"changes": {"stage": "*"}}], True),
        ([{"changes": {"stage": {}}}], True),
        ([{"changes": {"stage": {"after": "Lead"}}}], True),
        ([{"changes": {"Stage": {"before": "none", "after": "lead"}}}], True),
        ([{"changes": {"stage": {"before": "*", "after": "lead"}}}], True),
        ([{"changes": {"stage": {"before": "lead"}}}], False),
        ([{"changes": {"stage": "lead"}}], False),
        ([{"changes": {"segment": "*"}}], False),
        ([{"changes": {"lead-source": {"before": "*"}}}], True),  # an unset field was null before
        ([{"changes": {"lead-source": {"before": None}}}], True),
        ([{"changes": {"Lead Source": {"after": "Zillow Leads"}}}], True),
        ([{"changes": {"Lead Source": {"after": ["web"]}}}], True),
        ([{"changes": {"lead-source": {"after": "Trade Fair"}}}], False),
        ([{"changes": {"Budget": {"before": 4.0, "after": 5}}}], True),
        ([{"changes": {"budget": {"after": 5, "since": "*"}}}], False),
        ([{"changes": []}], False),
        ([{"changes": 1}], False),
    ],
)
def test_filter(filters: list[dict[str, Any]], expected: bool) -> None:
    assert check_filters(filters) == filters
    assert matches(filters, "person", ROSA, CHANGES, LABELS) is expected


def test_a_change_filter_never_matches_a_plain_event() -> None:
    assert not matches([{"changes": {"stage": "*"}}], "person", ROSA, {}, LABELS)
    assert matches([{"person": {"stage": "lead"}}], "person", ROSA, {}, LABELS)


@pytest.mark.parametrize("bad", ["x", 1, {}, {"person": {}}, ["x"], [1], [None], [[]], [{}, "x"]])
def test_filters_must_be_an_array_of_objects(bad: object) -> None:
    with pytest.raises(InvalidInput, match="filters"):
        check_filters(bad)


def test_filters_have_a_limit() -> None:
    deep: Any = "*"
    for _ in range(10_000):
        deep = {"a": deep}
    for bad in ([{"person": deep}], [{"person": {"keywords": ["x"] * 10_000}}]):
        with pytest.raises(InvalidInput, match="filters"):
            check_filters(bad)
    assert check_filters(None) == []


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
objects = st.dictionaries(st.text(max_size=5) | st.just("customFields"), json_values, max_size=4)


@given(record=objects)
def test_a_record_matches_itself(record: dict[str, Any]) -> None:
    assert matches([{"person": record}], "person", record, {}, LABELS)


@given(fragment=objects, record=objects, changes=objects, extra=objects)
def test_any_filter_gives_an_answer_and_an_element_more_only_widens(
    fragment: dict[str, Any], record: dict[str, Any], changes: dict[str, Any], extra: dict[str, Any]
) -> None:
    element = {"person": fragment, "changes": extra}
    first = matches([element], "person", record, changes, LABELS)
    assert matches([element, {"person": extra}], "person", record, changes, LABELS) >= first
    assert matches([{"person": fragment}], "person", record, changes, LABELS) >= first
