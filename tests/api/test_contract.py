"""Every answer of every implemented operation against cloze-openapi.yaml."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import StartServer
from tests.oauth import BACK, ThirdParty
from tests.servers import Answer, RunningServer
from tieline.api import openapi
from tieline.api.routes import ENDPOINTS
from tieline.crm import accounts, teams
from tieline.store.database import Transaction

FILE = Path(__file__).resolve().parent.parent / "data" / "cloze-openapi.yaml"
# Extensions of ours stand under /v1/x and in no document.
CONTRACTED = [endpoint for endpoint in ENDPOINTS if not endpoint.path.startswith("/v1/x/")]
IMPLEMENTED = {
    (endpoint.method.lower(), path) for endpoint in CONTRACTED for path in (endpoint.path, *endpoint.older)
}
# By analogy with the other older paths; no document has them (2.2).
UNDOCUMENTED = {
    ("post", "/v1/createcommunication"),
    ("post", "/v1/createtodo"),
    ("get", "/v1/subscriptions"),
}
LATER: set[tuple[str, str]] = set()  # documented, not there yet: nothing
# Beside the API, with answers of their own (1.4).
OAUTH = {("get", "/oauth/authorize"), ("post", "/oauth/token")}

# What test_every_answer gets a successful answer of; the conformance page reads it.
SUCCEEDED = IMPLEMENTED - UNDOCUMENTED

PERSON = {
    "name": "Rosa Maria Lindqvist",
    "headline": "Buyer",
    "household": "Lindqvist",
    "jobtitle": "Buyer",
    "picture": "https://fjordfoods.example/rosa.png",
    "private": False,
    "stage": "lead",
    "segment": "customer",
    "country": "SE",
    "location": "Oslo",
    "locale": "sv",
    "gender": "female",
    "formality": "informal",
    "birthday": "1980-04-01",
    "atAGlanceNotes": "Likes herring",
    "notes": ["One", "Two"],
    "timelineNotes": ["Met at the fair"],
    "keywords": "fair, vip",
    "uniqueids": ["R-1"],
    "emails": [{"value": "rosa@fjordfoods.example", "work": True, "preferred": True, "type": "work"}],
    "phones": [{"value": "+46 70 555 01 20", "mobile": True}],
    "faxes": [{"value": "+46 70 555 01 21", "work": True}],
    "addresses": [
        {"street": "Strandgatan 1", "city": "Oslo", "postcode": "0150", "country": "NO", "latitude": 59.9, "longitude": 10.7}
    ],
    "socials": [{"type": "twitter", "value": "@rosa"}, {"type": "linkedin", "value": "https://linkedin.com/in/rosa"}],
    "urls": [{"address": "https://rosa.example", "name": "Home"}],
    "appLinks": [{"source": "erp.x.example", "uniqueid": "C-1", "label": "ERP", "url": "https://erp.x.example/1"}],
    "workHistory": [{"organization": "Fjord Foods", "title": "Buyer"}],
    "customFields": [
        {"id": "lead-source", "type": "keywords", "value": ["fair"]},
        {"id": "budget", "type": "range", "min": 1, "max": 5},
        {"id": "role", "type": "keyword", "value": "cxo"},
    ],
    "companies": [{"name": "Fjord Foods", "domains": ["fjordfoods.example"]}],
    "assignTo": "me",
}  # fmt: skip
COMPANY = {
    "name": "Fjord Foods",
    "domains": ["fjordfoods.example"],
    "description": "Fish",
    "industry": "Food",
    "businessSize": "small",
    "employees": "10-50",
    "segment": "customer",
    "stage": "current",
    "keywords": ["fish"],
    "emails": [{"value": "info@fjordfoods.example"}],
    "phones": [{"value": "+46 8 555 01 20", "work": True}],
    "addresses": [{"street": "Strandgatan 1", "city": "Oslo"}],
}
PROJECT = {
    "name": "Harbour",
    "summary": "A new cold store",
    "segment": "project",
    "stage": "current",
    "createdDate": "2026-01-01",
    "startDate": "2026-02-01",
    "endDate": "12/31/2026",
    "projectTeam": ["me@x.example"],
    "pictures": [{"url": "https://x.example/a.png", "type": "picture"}],
    "customFields": [{"id": "value", "type": "currency", "value": 120000}],
    "clientpeople": [{"name": "Rosa", "emails": [{"value": "rosa@fjordfoods.example"}]}],
    "clientcompanies": [{"domains": ["fjordfoods.example"], "name": "Fjord Foods"}],
    "appLinks": [{"source": "erp.x.example", "uniqueid": "7"}],
}
SAMPLES = {
    "people": (PERSON, "rosa@fjordfoods.example"),
    "companies": (COMPANY, "fjordfoods.example"),
    "projects": (PROJECT, "Harbour"),
}
COMMUNICATION = {
    "style": "email",
    "date": "2026-01-05T10:00:00Z",
    "from": "rosa@fjordfoods.example",
    "recipients": [{"value": "otto@x.example", "name": "Otto", "role": "cc"}],
    "references": [{"value": "Harbour", "name": "Harbour"}],
    "subject": "Order",
    "body": "Two pallets",
    "links": [{"value": "https://x.example/order.pdf", "title": "Order", "mimeType": "application/pdf"}],
    "due": "2026-02-01",
    "threadid": "t1",
}  # fmt: skip
CONTENT = {
    "style": "note",
    "uniqueid": "n1",
    "source": "notes.example",
    "body": "x",
    "references": [{"value": "Harbour"}],
}
TODO = {"subject": "Send offer", "when": 1, "participants": ["rosa@fjordfoods.example"]}
SUBSCRIPTION = {
    "event": "person.change",
    "target_url": "http://127.0.0.1:9/",
    "client_reference": "contract",
    "ttl": "60",
    "filters": [{"person": {"segment": "customer"}}],
}


@cache
def document() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return made


@cache
def documented() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        if method in {"get", "post", "delete"}
    }


# Members that we add to what the document names.
ADDED: dict[str, dict[str, Any]] = {"Message": {"bodytype": {"type": "string"}}}


@cache
def closed() -> dict[str, Any]:
    """The schemas as an answer must keep them: no other members than those named, none that only a write has."""
    components = copy.deepcopy(document()["components"])

    def close(schema: Any) -> None:
        if isinstance(schema, list):
            for item in schema:
                close(item)
        if not isinstance(schema, dict):
            return
        properties = schema.get("properties")
        if isinstance(properties, dict):
            schema["properties"] = {
                name: part
                for name, part in properties.items()
                if not (isinstance(part, dict) and part.get("writeOnly"))
            }
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            close(part)

    for name, members in ADDED.items():
        components["schemas"][name]["properties"].update(members)
    close(components["schemas"])
    return {"schemas": components["schemas"]}


def check(method: str, path: str, answer: Answer) -> Any:
    """Raises when the answer is not what the document says of this operation."""
    responses = documented()[method, path]["responses"]
    response = responses[str(answer.status)]
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    body = answer.json()
    schema = {**response["content"]["application/json"]["schema"], "components": closed()}
    jsonschema.Draft202012Validator(schema).validate(body)
    check_own(method, path, answer)
    return body


def check_own(method: str, path: str, answer: Answer) -> None:
    """The same against the document that the server itself hands out."""
    own = openapi.document(ENDPOINTS, "")
    response = own["paths"][path][method]["responses"][str(answer.status)]
    if "$ref" in response:
        response = own["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    schema = {**response["content"]["application/json"]["schema"], "components": own["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.json())


def test_what_is_implemented() -> None:
    """Every documented operation is either there or on the list of what comes later."""
    assert documented().keys() - IMPLEMENTED - OAUTH == LATER
    assert IMPLEMENTED - documented().keys() == UNDOCUMENTED


def test_scopes() -> None:
    for endpoint in CONTRACTED:
        schemes = [
            entry["OAuth2"]
            for entry in documented()[endpoint.method.lower(), endpoint.path]["security"]
            if "OAuth2" in entry
        ]
        # Opens are for a bearer of any kind in the document; their scope is in the contract's table (2.1).
        assert schemes == [[endpoint.scope]] or endpoint.path == "/v1/messages/opens", endpoint.path


class Client:
    """Sends requests and checks every answer; remembers which operations succeeded."""

    def __init__(self, api: RunningServer) -> None:
        self.api = api
        self.succeeded: set[tuple[str, str]] = set()

    def send(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        sent = {} if body is None else {"json_body": body}
        answer = check(method, path, self.api.request(method.upper(), path, **sent, **params))
        grouped = path.startswith("/v1/analytics/") and method == "post"  # without errorcode (2.9)
        assert answer.get("errorcode") == (None if grouped else 0), answer
        self.succeeded.add((method, path))
        return answer


def test_every_answer(api: RunningServer) -> None:
    client = Client(api)
    writes(client)
    reads(client)
    account(client)
    team(client)
    figures(client)
    for plural, (_, identifier) in SAMPLES.items():
        client.send("delete", f"/v1/{plural}/delete", uniqueid=identifier)
    assert client.succeeded == SUCCEEDED


def writes(client: Client) -> None:
    for plural in ("companies", "people", "projects"):
        body, _ = SAMPLES[plural]
        client.send("post", f"/v1/{plural}/create", body)
        client.send("post", f"/v1/{plural}/update", {**body, "step": "none"})
    client.send("post", "/v1/people/submit", {**PERSON, "form": "Viewing", "message": "Hello"})
    client.send("post", "/v1/timeline/communication/create", COMMUNICATION)
    call = {"style": "call", "from": "rosa@fjordfoods.example", "outcome": "connected", "duration": 3}
    client.send("post", "/v1/timeline/communication/create", call)
    client.send("post", "/v1/timeline/content/create", CONTENT)
    client.send("post", "/v1/createcontent", {**CONTENT, "uniqueid": "n2"})
    client.send("post", "/v1/timeline/todo/create", TODO)
    uniqueid = client.send("post", "/v1/webhooks/subscribe", SUBSCRIPTION)["uniqueid"]
    client.send("get", "/v1/webhooks")
    client.send("post", "/v1/webhooks/unsubscribe", {"event": "person.change", "uniqueid": uniqueid})
    client.send("post", "/v1/subscribe", SUBSCRIPTION)
    client.send("post", "/v1/unsubscribe", SUBSCRIPTION)


def reads(client: Client) -> None:
    for plural, (_, identifier) in SAMPLES.items():
        for params in ({}, {"format": "true"}, {"detailed": "true"}):
            client.send("get", f"/v1/{plural}/get", uniqueid=identifier, **params)
        client.send("post", f"/v1/{plural}/get", {"id": identifier})
        client.send("post", f"/v1/{plural}/getmany", {"uniqueids": [identifier], "format": True})
        for params in (
            {},
            {"countonly": 1},
            {"keysonly": 1},
            {"summaryonly": 1},
            {"format": 1},
            {"detailed": 1},
        ):
            client.send("get", f"/v1/{plural}/find", **params)
        client.send("post", f"/v1/{plural}/find", {"query": "f", "limit": 5})
        for params in ({}, {"includeauditedchanges": 1}, {"keysonly": 1}, {"summaryonly": 1}, {"format": 1}):
            stream = client.send("get", f"/v1/{plural}/feed", pagesize=1, **params)
            client.send("get", f"/v1/{plural}/feed", cursor=stream["cursor"])
        page = client.send("post", f"/v1/{plural}/timeline", {"id": identifier, "limit": 1})
        found = client.send("post", "/v1/messages/get", {"messages": page["messages"]})
        for message in found["messages"]:
            client.send("post", "/v1/messages/body", {"key": message["key"]})
    client.send("post", "/v1/projects/similar", {"id": "Harbour"})
    client.send("get", "/v1/projects/similar", uniqueid="Harbour", pagesize=1)
    everything = client.send("post", "/v1/people/timeline", {"id": "rosa@fjordfoods.example"})
    client.send("post", "/v1/messages/get", {"messages": everything["messages"]})


def figures(client: Client) -> None:
    page = client.send("post", "/v1/people/timeline", {"id": "rosa@fjordfoods.example", "filter": ["mail"]})
    opening = {"key": page["messages"][0]["key"], "cookie": "c1", "about": {"agent": "Mail"}}
    assert client.api.post("/v1/x/messages/opened", opening)["errorcode"] == 0
    found = client.send("get", "/v1/messages/opens", **{"from": 0})
    assert len(found["messages"]) == 1
    everything: dict[str, Any] = {"queries": {"all": {}, "year": {"scale": "year", "max": 3}}}
    for name in ("activity", "teamactivity", "leads", "projects"):
        asked = everything if name != "projects" else {"queries": {"all": {}, "year": {"scale": "year"}}}
        assert client.send("post", f"/v1/analytics/{name}", asked).keys() == {"all", "year"}
    funnel = {"all": {}, "steps": {"mode": "step", "metrics": ["stepcount", "lasttouch"]}}
    client.send("post", "/v1/analytics/funnel", {"queries": funnel, "usertags": []})
    client.send("get", "/v1/analytics/teamactivity/update", wait=1000)


def account(client: Client) -> None:
    """The endpoints without parameters."""
    for method, path in sorted(documented().keys() & IMPLEMENTED):
        if method == "get" and (path.startswith(("/v1/user/", "/v1/team/members")) or path.count("/") == 2):
            client.send(method, path)
    client.send("get", "/v1/account/steps", segment="customer")


def team(client: Client) -> None:
    """What only a team has."""

    def found(tx: Transaction) -> None:
        teams.create_team(tx, accounts.caller_by_id(tx, client.api.account_id), "Fjord Office")

    client.api.write(found)
    update = {"key": client.api.email, "node": "/EU/North", "keywords": {"add": ["sales"]}}
    client.send("post", "/v1/team/members/update", update)
    client.send("get", "/v1/team/roles")
    client.send("get", "/v1/team/nodes")


@pytest.mark.parametrize(("method", "path"), sorted(IMPLEMENTED - UNDOCUMENTED))
def test_failures(sqlite_api: RunningServer, method: str, path: str) -> None:
    """A refusal of every operation: without a key, with a wrong bearer, and with nothing to work on."""
    for key in (None, "nobody"):
        answer = sqlite_api.request(method.upper(), path, key=key)
        check(method, path, answer)
        assert answer.status == 401
    check(method, path, sqlite_api.request(method.upper(), path, json_body={}))


def test_oauth(api: RunningServer) -> None:
    """Every documented answer of the two operations that are not the API's own."""
    app = ThirdParty.at(api)
    asked = {"response_type": "code", "client_id": app.app.client_id, "redirect_uri": BACK, "state": "s"}
    seen: set[tuple[str, int]] = set()

    def told(path: str, answer: Answer) -> None:
        method = "get" if path.endswith("authorize") else "post"
        seen.add((path, answer.status))
        documented_here = documented()[method, path]["responses"][str(answer.status)]
        if "application/json" in documented_here.get("content", {}):
            check(method, path, answer)
        elif answer.status == 200:
            assert answer.headers["content-type"].partition(";")[0] in documented_here["content"]

    def page(**given: str) -> Answer:
        return api.request("GET", "/oauth/authorize", key=None, headers=signed_in, **{**asked, **given})

    session = api.write(accounts.create_session, api.account_id, days=1)
    signed_in = {"Cookie": f"tieline_session={session}"}
    told("/oauth/authorize", page())
    told("/oauth/authorize", page(response_type="token"))
    told("/oauth/authorize", page(client_id="nobody"))
    told("/oauth/authorize", page(redirect_uri="https://evil.example"))
    given = {"grant_type": "authorization_code", "code": app.consent(scope="basic")}
    told("/oauth/token", app.token(**given))
    told("/oauth/token", app.token(**given))
    told("/oauth/token", app.token(**given, client_secret="wrong"))
    assert seen == {
        (path, int(status))
        for method, path in OAUTH
        for status in documented()[method, path]["responses"]
    }  # fmt: skip


def test_throttled(start_server: StartServer) -> None:
    server = start_server(rate_limit=1, rate_burst=1)
    server.request("GET", "/v1/user/profile")
    answer = server.request("GET", "/v1/user/profile")
    assert answer.status == 429
    check("get", "/v1/user/profile", answer)
