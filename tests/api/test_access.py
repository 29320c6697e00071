"""Every operation as everybody: owner, administrator, manager, member elsewhere, outsider, nobody, each OAuth scope.

What an operation is about is the team's copy of a record at /US/West, or something in Wes's own account. A new
operation without a line in RULES fails the first test.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from tests.api.test_contract import check_own
from tests.oauth import ThirdParty
from tests.servers import Answer, RunningServer
from tieline.api.call import Endpoint
from tieline.api.routes import ENDPOINTS
from tieline.crm import accounts, teams
from tieline.records.vocabulary import SCOPES
from tieline.store.database import Transaction
from tieline.store.tables import delivery

EVERYBODY = ("owner", "admin", "manager", "elsewhere", "outsider")
Codes = tuple[int, ...]  # the errorcode for each of EVERYBODY
OWN: Codes = (0, 0, 0, 0, 0)  # of one's own account
OWNERS: Codes = (0, 404, 404, 404, 404)  # somebody's thing: to all others it does not exist
SEEN: Codes = (0, 0, 0, 404, 403)  # the team's record, seen at and above its place
MEMBERS: Codes = (0, 0, 0, 0, 403)
PLACED: Codes = (0, 0, 0, 403, 403)  # writing at a place: at and above it
NOT_A_MEMBERS: Codes = (403, 0, 0, 404, 403)  # the team's record is deleted by who manages it
ADMINISTRATORS: Codes = (403, 0, 403, 403, 403)
ON_BEHALF: Codes = (0, 0, 403, 403, 403)  # into a member's account: the member, and administrators
EMPTY: Codes = (0, 0, 0, 0, 0)  # a list, which is empty for who sees nothing


@dataclass
class Stage:
    """Who is there, and what they can ask for."""

    owner: RunningServer  # member at /US/West
    admin: RunningServer
    manager: RunningServer  # /US
    elsewhere: RunningServer  # member at /EU
    outsider: RunningServer
    things: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, who: str) -> RunningServer:
        found: RunningServer = getattr(self, who)
        return found


@pytest.fixture(scope="module")
def stage(sqlite_server: RunningServer) -> Stage:
    made = Stage(*(sqlite_server.with_account(name=name) for name in ("Wes", "Ada", "Max", "Nora", "Olaf")))

    def found(tx: Transaction) -> None:
        team = teams.create_team(tx, accounts.caller_by_id(tx, made.admin.account_id), "Fjord Office")
        teams.add_member(tx, team, made.manager.email, role="Manager", node="/US")
        teams.add_member(tx, team, made.owner.email, node="/US/West")
        teams.add_member(tx, team, made.elsewhere.email, node="/EU")

    made.admin.write(found)
    shared = {"shareTo": "team", "shareTimeline": True, "node": "/US/West"}
    everybody = {
        "people": RECORDS["people"],
        "companies": RECORDS["companies"],
        "projects": RECORDS["projects"],
    }
    for plural, sent in everybody.items():
        assert done(made.owner.request("POST", f"/v1/{plural}/create", json_body=sent)) == 0
    for plural, sent in everybody.items():
        about = {"style": "note", "uniqueid": plural, "source": "n.example", "body": "b", "references": [{"value": IDS[plural]}]}  # fmt: skip
        assert made.owner.post("/v1/timeline/content/create", about)["errorcode"] == 0
        assert made.owner.post(f"/v1/{plural}/update", {**sent, **shared})["errorcode"] == 0
    todo = {"subject": "Call", "participants": [IDS["people"]]}
    assert made.owner.post("/v1/timeline/todo/create", todo)["errorcode"] == 0
    mail = {"style": "email", "from": IDS["people"], "recipients": [{"value": made.owner.email}], "subject": "Hi"}  # fmt: skip
    assert made.owner.post("/v1/timeline/communication/create", mail)["errorcode"] == 0
    made.things["todo"] = made.owner.get("/v1/x/todos")["todos"][0]["key"]
    entries = made.owner.post("/v1/people/timeline", {"id": IDS["people"]})["messages"]
    for message in made.owner.post("/v1/messages/get", {"messages": entries})["messages"]:
        made.things.setdefault(message["style"], message["key"])
    made.things["west"] = made.owner.email
    sent = {"event": "person.change", "target_url": "http://127.0.0.1:9/"}
    made.things["subscription"] = made.owner.post("/v1/webhooks/subscribe", sent)["uniqueid"]
    return made


IDS = {"people": "rosa@x.example", "companies": "fjord.example", "projects": "erp.x.example:1"}
RECORDS: dict[str, dict[str, Any]] = {
    "people": {"name": "Rosa", "emails": [{"value": "rosa@x.example"}]},
    "companies": {"name": "Fjord", "domains": ["fjord.example"]},
    "projects": {"name": "Harbour", "appLinks": [{"source": "erp.x.example", "uniqueid": "1"}]},
}


@dataclass(frozen=True)
class Rule:
    """A request, and who may. `sent` gets the stage's things; `before` makes what the request uses up."""

    codes: Codes
    sent: Callable[[dict[str, Any]], Any] | None = None
    params: dict[str, Any] = field(default_factory=dict)
    before: Callable[[Stage], Any] | None = None


def done(answer: Answer) -> int | None:
    return answer.errorcode


def _of_kind(plural: str) -> dict[tuple[str, str], Rule]:
    about, record = IDS[plural], RECORDS[plural]
    theirs = {"uniqueid": about, "team": "true"}
    fresh = {"people": {"emails": [{"value": "gone@x.example"}]}, "companies": {"domains": ["gone.example"]}, "projects": {"appLinks": [{"source": "erp.x.example", "uniqueid": "gone"}]}}[plural]  # fmt: skip
    gone = {"people": "gone@x.example", "companies": "gone.example", "projects": "erp.x.example:gone"}[plural]

    def make(stage: Stage) -> None:
        sent = {"name": "Gone", "account": "team", "node": "/US/West", **fresh}
        assert stage.admin.post(f"/v1/{plural}/create", sent)["errorcode"] == 0

    return {
        ("GET", "find"): Rule(MEMBERS, params={"scope": "team"}),
        ("POST", "find"): Rule(MEMBERS, lambda _: {"scope": "team"}),
        ("GET", "feed"): Rule(MEMBERS, params={"scope": "team"}),
        ("GET", "get"): Rule(SEEN, params=theirs),
        ("POST", "get"): Rule(SEEN, lambda _: {"id": about, "team": True}),
        ("POST", "getmany"): Rule(MEMBERS, lambda _: {"uniqueids": [about], "team": True}),
        ("POST", "create"): Rule(PLACED, lambda _: {**record, "account": "team", "node": "/US/West"}),
        ("POST", "update"): Rule(PLACED, lambda _: {**record, "account": "team", "node": "/US/West"}),
        ("DELETE", "delete"): Rule(NOT_A_MEMBERS, params={"uniqueid": gone, "team": "true"}, before=make),
        ("POST", "timeline"): Rule(SEEN, lambda _: {"id": about, "shared": True}),
    }


def _key(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda things: {"key": things[name]}


def _by(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda things: {"uniqueid": things[name]}


def _new_todo(stage: Stage) -> None:
    _made(stage, "spare", "/v1/timeline/todo/create", {"subject": secrets.token_hex(4), "participants": [IDS["people"]]})  # fmt: skip


def _new_note(stage: Stage) -> None:
    note = {"style": "note", "source": "n.example", "uniqueid": secrets.token_hex(4), "body": "x"}
    _made(stage, "spare", "/v1/timeline/content/create", {**note, "references": [{"value": IDS["people"]}]})


def _made(stage: Stage, name: str, path: str, sent: Any) -> None:
    assert stage.owner.post(path, sent)["errorcode"] == 0
    entries = stage.owner.post("/v1/people/timeline", {"id": IDS["people"]})["messages"]
    stage.things[name] = entries[0]["key"]


def _subscribed(stage: Stage) -> None:
    sent = {"event": "person.change", "target_url": "http://127.0.0.1:9/"}
    stage.things["spare"] = stage.owner.post("/v1/webhooks/subscribe", sent)["uniqueid"]


def _delivered(stage: Stage) -> None:
    """A delivery that was given up: one that is still tried cannot be sent again."""
    _subscribed(stage)
    mine = {"uniqueid": stage.things["spare"]}
    sent = stage.things["delivery"] = stage.owner.post("/v1/x/webhooks/test", mine)["delivery"]
    until = time.monotonic() + 30
    while not stage.owner.get("/v1/x/webhooks/deliveries", **mine)["list"][0]["attempts"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    given_up = update(delivery).where(delivery.c.id == sent).values(state="failed")
    stage.owner.write(lambda tx: tx.run(given_up))


def _two(stage: Stage) -> None:
    stage.things["pair"] = [f"{secrets.token_hex(4)}@merge.example" for _ in range(2)]
    for email in stage.things["pair"]:
        sent = {"name": email, "emails": [{"value": email}]}
        assert stage.owner.post("/v1/people/create", sent)["errorcode"] == 0


def _pair(things: dict[str, Any]) -> Any:
    return {"into": things["pair"][0], "from": things["pair"][1]}


def _merged(stage: Stage) -> None:
    _two(stage)
    stage.things["merge"] = stage.owner.post("/v1/x/merge", _pair(stage.things))["change"]


QUERIES = {"queries": {"all": {}}}
RULES: dict[tuple[str, str], Rule] = {
    **{
        (method, f"/v1/{plural}/{name}"): rule
        for plural in IDS
        for (method, name), rule in _of_kind(plural).items()
    },
    ("POST", "/v1/people/submit"): Rule(PLACED, lambda _: {**RECORDS["people"], "account": "team", "node": "/US/West", "message": "Hi"}),
    ("GET", "/v1/projects/similar"): Rule(SEEN, params={"uniqueid": IDS["projects"], "team": "true"}),
    ("POST", "/v1/projects/similar"): Rule(SEEN, lambda _: {"id": IDS["projects"], "team": True}),
    ("POST", "/v1/timeline/communication/create"): Rule(ON_BEHALF, lambda things: {"style": "call", "from": "x@x.example", "account": things["west"]}),
    ("POST", "/v1/timeline/content/create"): Rule(ON_BEHALF, lambda things: {"style": "event", "subject": "x", "account": things["west"]}),
    ("POST", "/v1/timeline/todo/create"): Rule((0, 0, 0, 403, 403), lambda things: {"subject": "Call", "assignee": things["west"]}),
    ("POST", "/v1/messages/get"): Rule(EMPTY, lambda things: {"messages": [{"key": things["email"]}]}),
    ("POST", "/v1/messages/body"): Rule(OWNERS, _key("email")),
    ("GET", "/v1/messages/opens"): Rule(EMPTY),
    ("POST", "/v1/x/messages/opened"): Rule(OWNERS, _key("email")),
    **{("POST", f"/v1/analytics/{name}"): Rule(OWN, lambda _: QUERIES) for name in ("activity", "teamactivity", "projects", "leads", "funnel")},
    ("GET", "/v1/analytics/teamactivity/update"): Rule(OWN),
    **{("GET", f"/v1/user/{name}"): Rule(OWN) for name in ("profile", "fields", "segments/people", "segments/projects", "stages/people", "stages/projects", "steps", "views", "keywords", "recipients")},
    ("GET", "/v1/profile"): Rule(OWN),
    **{("POST", f"/v1/x/{plural}/bulk"): Rule(OWN, lambda _, plural=plural: {**RECORDS[plural]}) for plural in IDS},
    ("GET", "/v1/x/todos"): Rule(OWN),
    ("POST", "/v1/x/todos/complete"): Rule(OWNERS, _key("todo")),
    ("POST", "/v1/x/todos/reopen"): Rule(OWNERS, _key("todo")),
    ("POST", "/v1/x/todos/update"): Rule(OWNERS, lambda things: {"key": things["todo"], "subject": "Write"}),
    ("DELETE", "/v1/x/todos/delete"): Rule(OWNERS, params={"key": "spare"}, before=_new_todo),
    ("POST", "/v1/x/notes/update"): Rule(OWNERS, lambda things: {"key": things["note"], "body": "y"}),
    ("DELETE", "/v1/x/notes/delete"): Rule(OWNERS, params={"key": "spare"}, before=_new_note),
    ("POST", "/v1/x/webhooks/resume"): Rule(OWNERS, _by("subscription")),
    ("POST", "/v1/x/webhooks/secret"): Rule(OWNERS, _by("subscription")),
    # A new one each time: the stage's own is suspended after so many failures.
    ("POST", "/v1/x/webhooks/test"): Rule(OWNERS, _by("spare"), before=_subscribed),
    ("GET", "/v1/x/webhooks/deliveries"): Rule(OWNERS, params={"uniqueid": "subscription"}),
    ("POST", "/v1/x/webhooks/redeliver"): Rule(OWNERS, lambda things: {"delivery": things["delivery"]}, before=_delivered),
    ("POST", "/v1/x/merge"): Rule(OWNERS, _pair, before=_two),
    ("POST", "/v1/x/unmerge"): Rule(OWNERS, lambda things: {"change": things["merge"]}, before=_merged),
    ("GET", "/v1/x/merges"): Rule(OWN),
    ("POST", "/v1/x/merges/decide"): Rule((404,) * 5, lambda _: {"id": 999_999, "decision": "apart"}),
    ("GET", "/v1/x/score"): Rule(SEEN, params={"id": IDS["people"], "team": "true"}),
    ("GET", "/v1/x/query/suggest"): Rule(OWN, params={"text": "tag"}),
    ("GET", "/v1/team/members/list"): Rule(OWN),
    ("GET", "/v1/team/roles"): Rule(MEMBERS),
    ("GET", "/v1/team/nodes"): Rule(MEMBERS),
    ("POST", "/v1/team/members/update"): Rule(ADMINISTRATORS, lambda things: {"key": things["west"], "node": "/US/West"}),
    ("GET", "/v1/webhooks"): Rule(OWN),
    ("POST", "/v1/webhooks/subscribe"): Rule((403, 0, 0, 403, 403), lambda _: {"event": "person.change", "target_url": "http://127.0.0.1:9/", "scope": "team"}),
    ("POST", "/v1/webhooks/unsubscribe"): Rule(OWNERS, lambda things: {"event": "person.change", "uniqueid": things["spare"]}, before=_subscribed),
}  # fmt: skip
PATHS = [(endpoint, path) for endpoint in ENDPOINTS for path in (endpoint.path, *endpoint.older)]
BY_PATH = [pytest.param(endpoint, path, id=f"{endpoint.method} {path}") for endpoint, path in PATHS]
# Those that the three tests below try, and those whose answers they hold against our document: the conformance page
# reads both.
CHECKED = {(endpoint.method.lower(), path) for endpoint, path in PATHS}
VALIDATED = {(endpoint.method.lower(), path) for endpoint, path in PATHS if not endpoint.streams}


def ask(stage: Stage, endpoint: Endpoint, path: str, api: RunningServer, **options: Any) -> Answer:
    rule = RULES[endpoint.method, endpoint.path]
    params = {name: stage.things.get(value, value) for name, value in rule.params.items()}
    if rule.sent is not None:
        options["json_body"] = rule.sent(stage.things)
    return api.request(endpoint.method, f"{path}?{urlencode(params)}", **options)


def test_every_operation_has_a_rule() -> None:
    assert RULES.keys() == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}


@pytest.mark.parametrize(("endpoint", "path"), BY_PATH)
def test_as_everybody(stage: Stage, endpoint: Endpoint, path: str) -> None:
    rule, found = RULES[endpoint.method, endpoint.path], []
    for who in EVERYBODY:
        if rule.before is not None:
            rule.before(stage)
        answer = ask(stage, endpoint, path, stage[who])
        assert answer.status == 200
        if not endpoint.streams:
            check_own(endpoint.method.lower(), path, answer)
        lines = [line for line in answer.body.splitlines() if line]
        found.append(0 if b'"errorcode":0' in lines[0] or b"errorcode" not in lines[0] else answer.errorcode)
    assert tuple(found) == rule.codes


@pytest.mark.parametrize(("endpoint", "path"), BY_PATH)
def test_as_nobody(stage: Stage, endpoint: Endpoint, path: str) -> None:
    rule = RULES[endpoint.method, endpoint.path]
    if rule.before is not None:
        rule.before(stage)
    for key in (None, "nobody"):
        assert ask(stage, endpoint, path, stage.owner, key=key).status == 401


@pytest.fixture(scope="module")
def tokens(stage: Stage) -> dict[str, str]:
    """An access token for each scope alone."""
    app = ThirdParty.at(stage.owner)
    return {scope: app.connect(scope)["access_token"] for scope in SCOPES}


@pytest.mark.parametrize(("endpoint", "path"), BY_PATH)
def test_by_scope(stage: Stage, tokens: dict[str, str], endpoint: Endpoint, path: str) -> None:
    rule = RULES[endpoint.method, endpoint.path]
    if rule.before is not None:
        rule.before(stage)
    for scope, token in tokens.items():
        answer = ask(stage, endpoint, path, stage.owner, key=token)
        if scope == endpoint.scope:
            assert answer.status == 200
        else:
            assert (answer.status, answer.errorcode) == (403, 403)
            assert answer.message == f"This needs the scope {endpoint.scope}"
