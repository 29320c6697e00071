"""What an attacker or a broken program sends to every write: refused clearly or stored as it is, never half."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.api.test_bad_input import stored
from tests.servers import Answer, RunningServer
from tieline.api.routes import ENDPOINTS
from tieline.crm import accounts
from tieline.records import Communication, Company, Content, Person, Project, ToDo
from tieline.records.fields import describe

# Writes and the other operations with a body; an Idempotency-Key store, say, must bear it as well.
BODIES = sorted(endpoint.path for endpoint in ENDPOINTS if endpoint.method == "POST")
RECORDS = {
    "/v1/people/create": (Person, {"name": "Rosa", "emails": [{"value": "rosa@x.example"}]}),
    "/v1/people/update": (Person, {"name": "Rosa", "emails": [{"value": "rosa@x.example"}]}),
    "/v1/people/submit": (Person, {"name": "Rosa", "emails": [{"value": "rosa@x.example"}]}),
    "/v1/companies/create": (Company, {"name": "Fjord", "domains": ["fjord.example"]}),
    "/v1/companies/update": (Company, {"name": "Fjord", "domains": ["fjord.example"]}),
    "/v1/projects/create": (Project, {"name": "Harbour"}),
    "/v1/projects/update": (Project, {"name": "Harbour"}),
    "/v1/timeline/communication/create": (Communication, {"style": "email", "from": "rosa@x.example"}),
    "/v1/timeline/content/create": (Content, {"style": "note", "source": "n.example", "uniqueid": "1"}),
    "/v1/timeline/todo/create": (ToDo, {"subject": "Call"}),
}
HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>",
    "sql": "'; DROP TABLE relation; -- \" OR 1=1 /* % _ \\",
    "control": "a\x01\x02\x07\x08\x0b\x1b[31m\x7f\x85b\r\n\t",
    "unicode": "\u202e\u2066\ufeff\U0001f600\u0301" * 20,
    "template": "{{7*7}} ${7*7} <%= 7*7 %> {% raw %}",
    "long": "x" * 100_000,
}
# The largest body is 5 MB by default (docs/reference/settings.md).
TEN_MEGABYTES = b'{"name": "' + b"x" * 10_000_000 + b'"}'


def send(api: RunningServer, path: str, body: Any, **headers: str) -> Answer:
    return api.request("POST", path, json_body=body, headers=headers)


def test_every_record_is_here() -> None:
    assert {path for path in BODIES if path.endswith("/create")} == {
        path for path in RECORDS if path.endswith("/create")
    }


@pytest.mark.parametrize("path", BODIES)
def test_ten_megabytes(sqlite_api: RunningServer, path: str) -> None:
    before = stored(sqlite_api)
    answer = sqlite_api.request("POST", path, body=TEN_MEGABYTES)
    assert (answer.status, answer.errorcode) == (413, 413)
    assert "larger than" in answer.message
    assert stored(sqlite_api) == before


@pytest.mark.parametrize("path", sorted(RECORDS))
@pytest.mark.parametrize(
    ("database", "name"),
    [*(("sqlite", name) for name in HOSTILE), ("postgresql", "control"), ("postgresql", "unicode")],
)
def test_texts(request: pytest.FixtureRequest, path: str, database: str, name: str) -> None:
    """Into every text field in turn: an errorcode or success, never a failure of ours."""
    api: RunningServer = request.getfixturevalue(f"{database}_server").with_account()
    text = HOSTILE[name]
    record, least = RECORDS[path]
    fields = [info for info in describe(record) if info.type_name == "text" and not info.many]
    for info in fields if len(text) < 1000 else [one for one in fields if one.wire not in least][:4]:
        before = stored(api)
        answer = send(api, path, {**least, info.wire: text})
        assert answer.status == 200, (info.wire, answer.body)
        assert answer.errorcode in {0, 11, 400, 403, 404}, (info.wire, answer.body)
        if answer.errorcode:
            assert stored(api) == before, info.wire


def test_what_is_stored_is_what_was_sent(api: RunningServer) -> None:
    """Markup, SQL and odd characters are data: they come back as they were, and pages show them as text."""
    for name, text in HOSTILE.items():
        email = f"{name}@hostile.example"
        sent = {"name": text, "headline": text, "notes": text, "emails": [{"value": email}]}
        assert send(api, "/v1/people/create", sent).errorcode == 0
        found = api.get("/v1/people/get", uniqueid=email)["person"]
        assert found["headline"] == text
        assert found["notes"] == text
    session = api.write(accounts.create_session, api.account_id, days=1)
    cookie = {"Cookie": f"tieline_session={session}"}
    key = api.get("/v1/people/get", uniqueid="html@hostile.example")["person"]["syncKey"]
    for page in ("/people", f"/people/{key}"):
        shown = api.request("GET", page, key=None, headers=cookie)
        assert shown.status == 200
        assert b"<script>alert" not in shown.body
        assert b"<img src=x" not in shown.body


@pytest.mark.parametrize("path", sorted(RECORDS))
def test_ten_thousand_elements(sqlite_api: RunningServer, path: str) -> None:
    """In every list: stored whole or refused whole, within seconds."""
    record, least = RECORDS[path]
    for info in describe(record):
        if not info.many or info.access == "r":
            continue
        required = {part.wire: "x" for part in info.items if part.required}
        element: Any = required or ({} if info.record else "x")
        before, started = stored(sqlite_api), time.monotonic()
        answer = send(sqlite_api, path, {**least, info.wire: [element] * 10_000})
        assert answer.status == 200, (info.wire, answer.body[:200])
        assert answer.errorcode in {0, 11, 400, 404}, (info.wire, answer.body[:200])
        if answer.errorcode:
            assert stored(sqlite_api) == before, info.wire
        assert time.monotonic() - started < 20, info.wire


@pytest.mark.parametrize("path", BODIES)
def test_content_types_that_are_none_of_ours(sqlite_api: RunningServer, path: str) -> None:
    if path.endswith("/bulk"):
        return  # reads lines whatever they are called; each is judged by itself
    before = stored(sqlite_api)
    for name, body in (
        ("application/xml", b"<person><name>Rosa</name></person>"),
        ("application/x-www-form-urlencoded", b"name=Rosa&email=rosa@x.example"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nRosa\r\n--b--'),
        ("application/octet-stream", b"\x80\x81\x82"),
        ("application/json", b"name: Rosa"),
    ):  # fmt: skip
        answer = sqlite_api.request("POST", path, body=body, headers={"Content-Type": name})
        assert (answer.status, answer.errorcode) == (200, 400), (name, answer.body)
    zipped = sqlite_api.request("POST", path, body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert (zipped.status, zipped.errorcode) == (200, 400)
    assert stored(sqlite_api) == before


HALVES: dict[str, Any] = {
    "/v1/people/create": {"companies": [{"name": "Fjord", "domains": ["fjord.example"]}, {"domains": [{}]}]},
    "/v1/companies/create": {"emails": [{"value": "a@fjord.example"}], "stage": "nonsense"},
    "/v1/projects/create": {
        "clientpeople": [{"emails": [{"value": "new@x.example"}]}, {"emails": [{"value": "b@x.example"}], "stage": "?"}]
    },
    "/v1/timeline/communication/create": {
        "recipients": [{"value": "new@x.example", "role": "to"}, {"value": "x@x.example", "role": "witness"}]
    },
    "/v1/timeline/content/create": {"references": [{"value": "new@x.example"}], "due": "whenever"},
    "/v1/timeline/todo/create": {"participants": ["new@x.example"], "when": "whenever"},
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(HALVES))
def test_never_half_a_write(api: RunningServer, path: str) -> None:
    """What is fine stands before what is wrong; nothing of either is kept, and the same key may be used again."""
    _, least = RECORDS[path]
    before = stored(api)
    key = {"Idempotency-Key": "half"}
    refused = send(api, path, {**least, **HALVES[path]}, **key)
    assert refused.errorcode == 400, refused.body
    assert stored(api) == before
    mended = send(api, path, least, **key)
    assert mended.errorcode in {0, 409}
    assert (stored(api) != before) == (mended.errorcode == 0)


def test_several_members_up_to_the_first_that_fails(sqlite_api: RunningServer) -> None:
    """2.11: each in turn. Without a team nothing is applied at all."""
    members = [{"key": sqlite_api.email, "role": "member"}] * 10_000
    assert send(sqlite_api, "/v1/team/members/update", {"members": members}).errorcode == 403


def test_links_in_a_circle(api: RunningServer) -> None:
    """People, companies and projects that lead to each other: read, renamed and deleted without going round."""
    person = {"name": "Rosa", "emails": [{"value": "rosa@x.example"}]}
    harbour = {"name": "Harbour", "appLinks": [{"source": "erp.example", "uniqueid": "1"}]}
    for _ in range(3):
        assert send(api, "/v1/people/create", {**person, "projects": [harbour], "companies": [{"domains": ["x.example"], "name": "X"}]}).errorcode == 0  # fmt: skip
        assert send(api, "/v1/projects/create", {**harbour, "clientpeople": [{**person, "projects": [harbour]}], "clientcompanies": [{"domains": ["x.example"]}]}).errorcode == 0  # fmt: skip
    project = api.get("/v1/projects/get", uniqueid="erp.example:1", detailed=1)["project"]
    assert [one["name"] for one in project["clientpeople"]] == ["Rosa"]
    assert len(json.dumps(project)) < 10_000
    company = api.get("/v1/companies/get", uniqueid="x.example", detailed=1)["company"]
    assert [one["name"] for one in company["people"]] == ["Rosa"]
    assert send(api, "/v1/projects/update", {**harbour, "name": "Port"}).errorcode == 0
    shown = api.get("/v1/people/get", uniqueid="rosa@x.example")["person"]["projects"]
    assert [one["name"] for one in shown] == ["Port"]
    assert api.request("DELETE", "/v1/projects/delete", uniqueid="erp.example:1").errorcode == 0
    assert api.request("DELETE", "/v1/people/delete", uniqueid="rosa@x.example").errorcode == 0
    assert api.get("/v1/companies/get", uniqueid="x.example", detailed=1)["company"].get("people", []) == []


def test_merges_in_a_circle(api: RunningServer) -> None:
    """A into B, taken back, B into A, and once more: every key leads to one record, none to itself."""
    emails = ["a@x.example", "b@x.example"]
    for email in emails:
        assert send(api, "/v1/people/create", {"name": email, "emails": [{"value": email}]}).errorcode == 0
    for into, other in (emails, emails[::-1], emails):
        assert send(api, "/v1/x/merge", {"into": into, "from": into}).errorcode == 400
        assert send(api, "/v1/x/merge", {"into": into, "from": other}).errorcode == 0
        keys = {api.get("/v1/people/get", uniqueid=email)["person"]["syncKey"] for email in emails}
        assert len(keys) == 1
        assert send(api, "/v1/x/unmerge", {"id": into}).errorcode == 0
        keys = {api.get("/v1/people/get", uniqueid=email)["person"]["syncKey"] for email in emails}
        assert len(keys) == 2
