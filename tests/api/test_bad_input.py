"""Whatever is sent: a clear message naming the field and the remedy, nothing changed, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.servers import Answer, RunningServer
from tieline.api.bodies import MOST_DEPTH
from tieline.api.routes import ENDPOINTS
from tieline.records import Communication, Company, Content, Person, Project, ToDo
from tieline.records.fields import describe
from tieline.store.tables import change, entry, relation, subscription

WRITES = sorted(endpoint.path for endpoint in ENDPOINTS if endpoint.method == "POST")


def stored(api: RunningServer) -> list[int]:
    def count(tx: Any) -> list[int]:
        return [
            int(tx.scalar(select(func.count()).select_from(t).where(t.c.account_id == api.account_id)))
            for t in (relation, entry, change, subscription)
        ]

    return api.read(count)


def send(api: RunningServer, path: str, body: bytes, content_type: str = "application/json") -> Answer:
    return api.request("POST", path, body=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    ("body", "start"),
    [
        (b'{"emails": [', "the body is not valid JSON"),
        (b"{'emails': 1}", "the body is not valid JSON"),
        (b'{"a": NaN}', "the body is not valid JSON"),
        (b'{"a": "\xff"}', "the body is not valid JSON"),
        (b'{"a": "\\ud800"}', "the body is not valid JSON"),
        (b"[]", "body: expected an object, got a list"),
        (b'"text"', "body: expected an object, got a single value"),
        (b"null", "body: expected an object, got a single value"),
        (b"[" * 100_000, "the JSON is nested too deeply"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, ""),
        (b'{"a":' * (MOST_DEPTH + 1) + b"1" + b"}" * (MOST_DEPTH + 1), "a: the JSON is nested too deeply"),
        (b'{"a": 123456789012345678901234567890}', "a: the number is too large"),
    ],
)
def test_what_is_no_usable_json(sqlite_api: RunningServer, path: str, body: bytes, start: str) -> None:
    answer = send(sqlite_api, path, body)
    assert (answer.status, answer.errorcode) == (200, 400)
    assert answer.message.startswith(start)
    assert answer.message.endswith(")"), "a remedy in brackets"


def test_content_types(sqlite_api: RunningServer) -> None:
    body = json.dumps({"emails": [{"value": "a@x.example"}]}).encode()
    for name in ("application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", ""):
        assert send(sqlite_api, "/v1/people/create", body, name).json() == {"errorcode": 0}
    form = send(sqlite_api, "/v1/people/create", b"email=a@x.example", "application/x-www-form-urlencoded")
    assert form.json() == {
        "errorcode": 400,
        "message": "Content-Type: “application/x-www-form-urlencoded” is not understood (send application/json)",
    }
    parts = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    assert send(sqlite_api, "/v1/people/create", parts, "multipart/form-data; boundary=x").errorcode == 400


def test_a_byte_order_mark_and_blanks_do_not_matter(sqlite_api: RunningServer) -> None:
    body = b"\xef\xbb\xbf \r\n" + json.dumps({"emails": [{"value": "bom@x.example"}]}).encode() + b"\n"
    assert send(sqlite_api, "/v1/people/create", body).json() == {"errorcode": 0}


def test_nul_characters_are_dropped(api: RunningServer) -> None:
    sent = {"name": "Ro\0sa", "emails": [{"value": "nul@x.example"}], "no\0tes": "x", "notes": ["a\0b"]}
    assert api.post("/v1/people/create", sent) == {"errorcode": 0}
    person = api.get("/v1/people/get", uniqueid="nul@x.example\0")["person"]
    assert person["name"] == "Rosa"
    assert person["notes"] == "ab"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"emails": "rosa@x.example"}, "emails"),
        ({"emails": {"value": "rosa@x.example"}}, "emails"),
        ({"emails": [1]}, "emails[0]"),
        ({"emails": [{"value": ["a"]}]}, "emails[0].value"),
        ({"emails": [{"value": "rosa@x.example", "work": "perhaps"}]}, "emails[0].work"),
        ({"name": {"first": "Rosa"}}, "name"),
        ({"archived": "perhaps"}, "archived"),
        ({"addresses": [{"street": []}]}, "addresses[0].street"),
        ({"stage": "nonsense"}, "stage"),
        ({"segment": "nonsense"}, "segment"),
        ({"step": "nonsense"}, "step"),
        ({"defaultStage": "nonsense"}, "defaultStage"),
        ({"birthday": "some day"}, "birthday"),
        ({"replaceIdentity": "perhaps"}, "replaceIdentity"),
        ({"assignTo": "nobody@else.example"}, "assignTo"),
    ],
)
def test_fields_of_a_person(api: RunningServer, body: dict[str, Any], field: str) -> None:
    sent = {"emails": [{"value": "rosa@x.example"}], **body}
    before = stored(api)
    answer = api.request("POST", "/v1/people/create", json_body=sent)
    assert (answer.status, answer.errorcode) == (200, 400), answer.body
    assert answer.message.startswith(f"{field}: "), answer.message
    assert stored(api) == before


def test_ten_thousand_elements(sqlite_api: RunningServer) -> None:
    emails = [{"value": f"e{number}@x.example"} for number in range(10_000)]
    answer = sqlite_api.request("POST", "/v1/people/create", json_body={"name": "Many", "emails": emails})
    assert answer.status == 200
    assert (
        sqlite_api.post("/v1/people/create", {"name": "x" * 100_000, "keywords": ["k"] * 10_000})["errorcode"]
        == 11
    )


def test_too_many_parameters(sqlite_api: RunningServer) -> None:
    query = "&".join(f"a{number}=1" for number in range(1001))
    answer = sqlite_api.request("GET", f"/v1/people/find?{query}")
    assert (answer.status, answer.errorcode) == (200, 400)


@pytest.mark.parametrize(
    "query", ["a=%zz", "uniqueid=%ff%fe", "uniqueid=%00", "&&&=", "uniqueid", "uniqueid=" + "x" * 20_000]
)
def test_odd_queries(sqlite_api: RunningServer, query: str) -> None:
    answer = sqlite_api.request("GET", f"/v1/people/get?{query}")
    assert (answer.status, answer.errorcode in {11, 404}) == (200, True)


# --- whatever comes --------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "none",
            "true",
            "1",
            "@",
            "a@b.example",
            "direct:",
            "x.y:z",
            "'; --",
            "%",
            "\\",
            "\x00",
            "2026-13-45",
        ]
    ),
)
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, -1]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
PARTS = (
    "value",
    "type",
    "id",
    "source",
    "uniqueid",
    "street",
    "name",
    "work",
    "archived",
    "address",
    "organization",
    "key",
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(PARTS), TEXTS), inner, max_size=4),
    ),
    max_leaves=8,
)
NAMES = {
    "/v1/people/": Person,
    "/v1/companies/": Company,
    "/v1/projects/": Project,
    "/v1/timeline/communication": Communication,
    "/v1/timeline/content": Content,
    "/v1/timeline/todo": ToDo,
}
OTHERS = (
    "event",
    "target_url",
    "filters",
    "ttl",
    "uniqueids",
    "messages",
    "id",
    "limit",
    "stamp",
    "filter",
    "key",
    "wait",
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    path = draw(st.sampled_from(WRITES))
    record = next((record for start, record in NAMES.items() if path.startswith(start)), None)
    known = [info.wire for info in describe(record)] if record else []
    body = draw(st.dictionaries(st.sampled_from([*known, *OTHERS]), VALUES, max_size=6))
    if draw(st.booleans()):
        body["emails"] = [{"value": "fuzz@x.example"}]
        body.setdefault("name", "Fuzz")
    return path, body


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests())
def test_no_body_brings_the_server_down(api: RunningServer, sent: tuple[str, dict[str, Any]]) -> None:
    path, body = sent
    answer = api.request("POST", path, json_body=body)
    assert answer.status == 200, answer.body
    assert isinstance(answer.errorcode, int)
    assert answer.errorcode != 500


READS = sorted(endpoint.path for endpoint in ENDPOINTS if endpoint.method in {"GET", "DELETE"})
PARAMETERS = (
    "uniqueid", "id", "team", "format", "detailed", "pagesize", "pagenumber", "recordnumber", "countonly", "summaryonly",
    "keysonly", "sort", "sortdir", "group", "scope", "freeformquery", "stage", "segment", "step", "assigned", "assignee",
    "location", "hidelostdone", "collaborator", "email", "phone", "domain", "name", "keyword", "relationtype",
)  # fmt: skip
WORDS = st.one_of(
    TEXTS,
    st.integers().map(str),
    st.sampled_from(
        [
            "any",
            "lead",
            "distance",
            "stage",
            "1,2",
            "nan,nan",
            "inf,1",
            "team",
            "local",
            "asc",
            "duepast",
            "name x",
        ]
    ),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(READS), st.dictionaries(st.sampled_from(PARAMETERS), WORDS, max_size=4))
def test_no_query_brings_the_server_down(api: RunningServer, path: str, params: dict[str, str]) -> None:
    method = "DELETE" if path.endswith("/delete") else "GET"
    api.post("/v1/people/create", {"name": "Somebody", "emails": [{"value": "a@b.example"}]})
    answer = api.request(method, path, **params)
    assert answer.status == 200, answer.body
    assert answer.errorcode != 500
