"""Free-form queries over HTTP, on both databases (contract 6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.servers import RunningServer

PEOPLE: list[dict[str, Any]] = [
    {"name": "Ada Lovelace", "emails": [{"value": "ada@analytical.example"}], "segment": "customer", "stage": "current",
     "keywords": ["vip"], "addresses": [{"city": "Boston", "postcode": "02110", "street": "Main 1", "latitude": 42.36, "longitude": -71.06}],
     "customFields": [{"id": "budget", "type": "currency", "value": 250000}], "birthday": "1990-12-10", "jobtitle": "Director",
     "workHistory": [{"organization": "Analytical Ltd"}]},
    {"name": "Bob Friend", "emails": [{"value": "bob@acme.example"}], "segment": "partner", "stage": "lead", "keywords": ["donor", "vip"],
     "phones": [{"value": "+1 650 555 0191", "mobile": True}], "socials": [{"type": "twitter", "value": "bobf"}],
     "addresses": [{"city": "New York", "street": "Broadway 2"}], "assignTo": "me"},
    {"name": "Cleo Marsh", "emails": [{"value": "cleo@globex.example"}], "stage": "past", "archived": True},
    {"name": "Dora Quist", "emails": [{"value": "dora@home.example"}], "notes": "Likes sailing",
     "customFields": [{"id": "budget", "type": "currency", "value": 10}, {"id": "lease-end", "type": "date", "value": "2031-05-01"}]},
]  # fmt: skip
A, B, C, D = "Ada", "Bob", "Cleo", "Dora"
ROWS: dict[str, set[str]] = {
    "": {A, B, D},
    "customers": {A},
    "active customers in Boston": {A},
    "active customer": {A},
    "partner": {B},
    "not customers": {B, D},
    "leads": {B},
    "tagged vip": {A, B},
    "tagged vip and donor": {B},
    "tagged vip but not customers": {B},
    "tagged donor or customers": {A, B},
    "with no tags": {D},
    "in New York tagged vip": {B},
    "zip 02110": {A},
    "within 5 km of 42.36, -71.06": {A},
    "near Boston": {A},
    "with phone": {B},
    "without phone": {A, D},
    "no mobile number": {A, D},
    "with twitter": {B},
    "@bobf": {B},
    "twitter:bobf": {B},
    "#budget": {A, D},
    "#budget > 5k": {A},
    "#budget between 1 and 100": {D},
    "without #budget": {B},
    "#lease-end after 2030": {D},
    "#lease-end before 2030": set(),
    "birthday in December": {A},
    "birthday in 1990": {A},
    "missing birthday": {B, D},
    "works at Analytical": {A},
    "works at acme.example": {B},
    "title contains direct": {A},
    "notes mention sailing": {D},
    "name lovelace": {A},
    "name is Ada Lovelace": {A},
    "last name starts with love": {A},
    "email ends with home.example": {D},
    "ada@analytical.example": {A},
    "acme.example": {B},
    "Lovelace": {A},
    "love": {A},
    '"Ada Love"': {A},
    "assigned to me": {B},
    "unassigned": {A, D},
    "never contacted": {A, B, D},
    "added today": {A, B, D},
    "added before 2020": set(),
    "archived": {C},
    "archived or customers": {A, C},
    "segment none": {D},
    "stage != lead": {A, D},
    "Bob Friend": {B},  # read as a segment first, then as a name (rule 14)
    "(tagged vip or in Boston) and not leads": {A},
    "score < 101 tagged vip": {A, B},
    "nobody at all": set(),
}


@pytest.fixture
def office(api: RunningServer) -> RunningServer:
    for person in PEOPLE:
        assert api.post("/v1/people/create", person) == {"errorcode": 0}
    return api


def test_the_language(office: RunningServer) -> None:
    for query, expected in ROWS.items():
        found = office.get("/v1/people/find", freeformquery=query)
        assert {person["name"].split()[0] for person in found["people"]} == expected, query
        assert found["availablecount"] == len(expected), query
        counted = office.get("/v1/people/find", freeformquery=query, countonly="true")
        assert counted["availablecount"] == len(expected), query


def test_order_limit_and_pages(office: RunningServer) -> None:
    def names(**params: Any) -> list[str]:
        return [person["name"].split()[0] for person in office.get("/v1/people/find", **params)["people"]]

    assert names(freeformquery="sort by name") == [A, B, D]
    assert names(freeformquery="sort by name desc") == [D, B, A]
    assert names(freeformquery="sort by name desc", sort="name", sortdir="asc") == [A, B, D]
    assert names(freeformquery="sort by name limit 2") == [A, B]
    assert names(freeformquery="sort by name limit 2", pagesize=1, pagenumber=2) == [B]
    assert names(freeformquery="sort by name limit 2", pagesize=1, pagenumber=3) == []
    found = office.get(
        "/v1/people/find", freeformquery="without phone sort by name", pagesize=1, pagenumber=2
    )
    assert ([person["name"] for person in found["people"]], found["availablecount"]) == (["Dora Quist"], 2)
    assert names(freeformquery="tagged vip", segment="customer") == [A]


@pytest.mark.parametrize(
    "query",
    ["(", '"', "#", "name", "in", "#budget >", "sort by", "a" * 3000, "\x00", "limit 0", "%_\\", "((((" * 50],
)
def test_no_query_fails(office: RunningServer, query: str) -> None:
    for plural in ("people", "companies", "projects"):
        assert office.get(f"/v1/{plural}/find", freeformquery=query)["errorcode"] == 0


SUGGESTED: dict[str, str] = {
    "cust": "customers",
    "active cus": "active customers",
    "leads not con": "leads not contacted in 3 months",
    "tagged v": "tagged vip",
    "customers tagged ": "customers tagged vip",
    "#lead-s": "#lead-source",
    "last talked more": "last talked more than 30 days ago",
    "Customers sorted by n": "Customers sorted by name",
}


def test_how_a_query_may_go_on(office: RunningServer) -> None:
    for text, expected in SUGGESTED.items():
        found = office.get("/v1/x/query/suggest", text=text)
        assert expected in [entry["text"] for entry in found["list"]], text
    assert len(office.get("/v1/x/query/suggest")["list"]) == 10
    assert len(office.get("/v1/x/query/suggest", about="projects", limit=3)["list"]) == 3
    assert office.get("/v1/x/query/suggest", text="zzzz")["list"] == []
    labels = {
        entry["label"] for entry in office.get("/v1/x/query/suggest", about="projects", limit=50)["list"]
    }
    assert "pending" in labels


@pytest.mark.parametrize(
    ("name", "value"), [("about", "things"), ("limit", "0"), ("limit", "x"), ("limit", "51")]
)
def test_suggestions_asked_wrongly(api: RunningServer, name: str, value: str) -> None:
    found = api.get("/v1/x/query/suggest", **{name: value})
    assert found["errorcode"] == 400
    assert name in found["message"]
