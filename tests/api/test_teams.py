"""Teams (contract 2.4, 2.6, 2.11): who sees and does what, tried as everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.receiver import Receiver
from tests.servers import RunningServer
from tieline.crm import accounts, teams
from tieline.store.database import Transaction

REFUSED = "not a member of a team"


@dataclass
class Office:
    """A team with somebody of each right, and somebody who is not of it."""

    admin: RunningServer
    manager: RunningServer  # /US
    west: RunningServer  # member at /US/West
    north: RunningServer  # member at /EU/North
    outsider: RunningServer

    def __getitem__(self, name: str) -> RunningServer:
        found: RunningServer = getattr(self, name)
        return found


@pytest.fixture
def office(api: RunningServer) -> Office:
    made = Office(*(api.with_account(name=name) for name in ("Ada", "Max", "Wes", "Nora", "Olaf")))

    def found(tx: Transaction) -> None:
        team = teams.create_team(tx, accounts.caller_by_id(tx, made.admin.account_id), "Fjord Office")
        teams.add_member(tx, team, made.manager.email, role="Manager", node="/US")
        teams.add_member(tx, team, made.west.email, node="/US/West")
        teams.add_member(tx, team, made.north.email, node="/EU/North")

    made.admin.write(found)
    return made


def body(name: str, **more: Any) -> dict[str, Any]:
    return {"emails": [{"value": f"{name}@x.example"}], "name": name, **more}


def names(api: RunningServer, **query: Any) -> set[str]:
    found = api.get("/v1/people/find", pagesize=100, **query)
    assert found["errorcode"] == 0, found
    assert len(found["people"]) == found["availablecount"]
    return {record["name"] for record in found["people"]}


def code(api: RunningServer, method: str, path: str, sent: Any = None, **params: Any) -> int:
    options = {} if sent is None else {"json_body": sent}
    found: int = api.request(method, path, **options, **params).json()["errorcode"]
    return found


def test_copies_are_apart(office: Office) -> None:
    office.admin.post("/v1/people/create", body("rosa", headline="mine"))
    office.admin.post("/v1/people/create", body("rosa", headline="ours", account="team"))
    own = office.admin.get("/v1/people/get", uniqueid="rosa@x.example")["person"]
    ours = office.admin.get("/v1/people/get", uniqueid="rosa@x.example", team="true")["person"]
    assert (own["headline"], ours["headline"]) == ("mine", "ours")
    assert own["syncKey"] != ours["syncKey"]
    assert "node" not in own
    office.admin.request("DELETE", "/v1/people/delete", uniqueid="rosa@x.example", team="true")
    assert names(office.admin) == {"rosa"}
    assert names(office.admin, scope="team") == set()


def test_sharing_copies_what_may_be_shared(office: Office) -> None:
    fields = [
        {"id": "role", "type": "keyword", "value": "cxo"},
        {"id": "lead-source", "type": "keywords", "value": ["fair"], "private": True},
    ]
    sent = body("rosa", shareTo="team", node="/US/West", customFields=fields, assignTo=office.west.email)
    sent["companies"] = [{"name": "Fjord", "domains": ["fjord.example"]}]
    assert office.manager.post("/v1/people/create", sent)["errorcode"] == 0
    ours = office.west.get("/v1/people/get", uniqueid="rosa@x.example", team="true")["person"]
    assert [field["id"] for field in ours["customFields"]] == ["role"]
    assert (ours["node"], ours["assignee"]) == ("/US/West", office.west.email)
    assert ours["companies"][0]["name"] == "Fjord"
    assert office.west.get("/v1/companies/get", uniqueid="fjord.example", team="true")["errorcode"] == 0
    assert names(office.west) == set()
    for private in ({"segment": "family"}, {"private": True}):
        found = office.manager.post("/v1/people/create", body("mum", shareTo="team", **private))
        assert "Not shared" in found["message"]
    assert "mum" not in names(office.admin, scope="team")
    office.manager.post("/v1/people/create", body("otto", shareTo=office.north.email))
    assert names(office.north) == {"otto"}


def test_a_shared_timeline_is_copied_once(office: Office) -> None:
    west = office.west
    west.post("/v1/people/create", body("rosa"))
    call = {"style": "call", "from": "rosa@x.example", "subject": "Hello", "body": "Hi"}
    west.post("/v1/timeline/communication/create", call)
    for _ in range(2):
        west.post("/v1/people/update", body("rosa", shareTo="team", shareTimeline=True))
    shared = west.post("/v1/people/timeline", {"id": "rosa@x.example", "shared": True})["messages"]
    assert len(shared) == 1
    (message,) = west.post("/v1/messages/get", {"messages": shared})["messages"]
    assert message["subject"] == "Hello"
    assert west.post("/v1/messages/body", {"key": shared[0]["key"]})["body"] == "Hi"
    # Nora does not belong there, Olaf is not even in the team.
    for other in (office.north, office.outsider):
        assert other.post("/v1/messages/get", {"messages": shared})["messages"] == []
        assert other.post("/v1/messages/body", {"key": shared[0]["key"]})["errorcode"] == 404
    note = {"style": "note", "uniqueid": "n1", "source": "x.example", "body": "b", "sendtoteam": True}
    west.post("/v1/timeline/content/create", {**note, "references": [{"value": "rosa@x.example"}]})
    assert len(west.post("/v1/people/timeline", {"id": "rosa@x.example", "shared": True})["messages"]) == 2


@pytest.fixture
def placed(office: Office) -> Office:
    """One record of the team at each place."""
    for name, node in (("top", "/"), ("us", "/US"), ("west", "/US/West"), ("north", "/EU/North")):
        sent = body(name, account="team", node=node)
        assert office.admin.post("/v1/people/create", sent)["errorcode"] == 0
    sent = body("given", account="team", node="/EU/North", assignTo=office.west.email)
    assert office.admin.post("/v1/people/create", sent)["errorcode"] == 0
    return office


SEEN = {
    "admin": {"top", "us", "west", "north", "given"},
    "manager": {"us", "west"},
    "west": {"west", "given"},
    "north": {"north", "given"},
}


@pytest.mark.parametrize("who", SEEN)
def test_who_sees_what(placed: Office, who: str) -> None:
    api, seen = placed[who], SEEN[who]
    assert names(api, scope="team") == names(api, team="true") == names(api, scope="hierarchy:/*") == seen
    places = {
        "hierarchy:/US": {"us"},
        "hierarchy:/US/*": {"us", "west"},
        "hierarchy:/EU/*": {"north", "given"},
    }
    for scope, there in places.items():
        assert names(api, scope=scope) == seen & there
    stream = api.get("/v1/people/feed", scope="team", pagesize=100)
    assert {record["name"] for record in stream["people"]} == seen
    assert api.get("/v1/people/feed", cursor=stream["cursor"])["people"] == []
    everybody = [f"{name}@x.example" for name in SEEN["admin"]]
    found = api.post("/v1/people/getmany", {"uniqueids": everybody, "team": True})["people"]
    assert {record["name"] for record in found} == seen
    for name in SEEN["admin"]:
        expected = 0 if name in seen else 404
        query = {"uniqueid": f"{name}@x.example", "team": "true"}
        assert code(api, "GET", "/v1/people/get", **query) == expected
        sent = {"id": f"{name}@x.example", "shared": True}
        assert code(api, "POST", "/v1/people/timeline", sent) == expected
        update = body(name, account="team", headline="x")
        assert code(api, "POST", "/v1/people/update", update) == (0 if name in seen else 403)
    assert code(api, "GET", "/v1/people/find", scope="everywhere") == 400


@pytest.mark.parametrize(
    ("who", "may"),
    [("admin", {"top", "west"}), ("manager", {"west"}), ("west", {"given"}), ("north", set())],
)
def test_who_may_delete(placed: Office, who: str, may: set[str]) -> None:
    for name in ("top", "west", "given"):
        found = code(placed[who], "DELETE", "/v1/people/delete", uniqueid=f"{name}@x.example", team="true")
        assert (found == 0) == (name in may or who == "admin"), (name, found)


@pytest.mark.parametrize(
    ("who", "node", "expected"),
    [
        ("admin", "/EU", 0), ("manager", "/US/West", 0), ("manager", "/EU", 403), ("west", "/US/West/1", 0),
        ("west", "/US", 403), ("outsider", "/", 403),
    ],
)  # fmt: skip
def test_where_one_may_put_a_record(office: Office, who: str, node: str, expected: int) -> None:
    assert code(office[who], "POST", "/v1/people/create", body("rosa", node=node)) == expected
    assert len(names(office[who])) == (not expected)  # refused: nothing is half done
    assert code(office[who], "POST", "/v1/people/create", body("otto", account="team", node=node)) == expected


OPERATIONS: tuple[tuple[str, str, Any, dict[str, Any]], ...] = (
    ("POST", "/v1/people/create", body("rosa", account="team"), {}),
    ("POST", "/v1/people/create", body("rosa", shareTo="team"), {}),
    ("POST", "/v1/timeline/todo/create", {"subject": "Call", "assignee": "WEST"}, {}),
    ("GET", "/v1/people/find", None, {"scope": "team"}),
    ("GET", "/v1/people/feed", None, {"scope": "team"}),
    ("POST", "/v1/people/getmany", {"uniqueids": [], "team": True}, {}),
    ("GET", "/v1/team/roles", None, {}),
    ("GET", "/v1/team/nodes", None, {}),
    ("POST", "/v1/people/create", body("rosa", account="WEST"), {}),
    ("POST", "/v1/team/members/update", {"key": "WEST", "node": "/US/East"}, {}),
    ("POST", "/v1/webhooks/subscribe", {"event": "person.change", "target_url": "http://127.0.0.1:9/", "scope": "team"}, {}),
)  # fmt: skip
MANAGING = {2, 10}
ADMINISTERING = {8, 9}


@pytest.mark.parametrize("who", ["admin", "manager", "west", "north", "outsider"])
@pytest.mark.parametrize("number", range(len(OPERATIONS)))
def test_operations_by_right(office: Office, who: str, number: int) -> None:
    method, path, sent, params = OPERATIONS[number]
    if sent is not None:
        sent = {name: office.west.email if value == "WEST" else value for name, value in sent.items()}
    rights = {"admin": 3, "manager": 2, "west": 1, "north": 1, "outsider": 0}[who]
    needed = 3 if number in ADMINISTERING else 2 if number in MANAGING else 1
    if who == "west" and number in {2, 8}:
        needed = 1  # to oneself
    options = {} if sent is None else {"json_body": sent}
    answer = office[who].request(method, path, **options, **params)
    assert answer.status == 200
    assert answer.errorcode == (0 if rights >= needed else 403), answer.body
    if who == "outsider":
        assert REFUSED in answer.message
    for key, status in ((None, 401), ("nobody", 401)):
        assert office[who].request(method, path, key=key, **options, **params).status == status


def test_a_todo_for_another_stands_on_their_list(office: Office) -> None:
    sent = {"subject": "Call Rosa", "assignee": office.west.email, "participants": ["rosa@x.example"]}
    assert office.manager.post("/v1/timeline/todo/create", sent)["errorcode"] == 0
    (reference,) = office.west.post("/v1/people/timeline", {"id": "rosa@x.example"})["messages"]
    (todo,) = office.west.post("/v1/messages/get", {"messages": [reference]})["messages"]
    assert (todo["assigner"], todo["assignee"]) == (office.manager.email, office.west.email)


def test_members_roles_and_nodes(office: Office) -> None:
    listed = office.west.get("/v1/team/members/list")["list"]
    assert [member["name"] for member in listed] == ["Ada", "Max", "Wes", "Nora"]
    assert [member["isMe"] for member in listed] == [False, False, True, False]
    assert {role["name"] for role in office.west.get("/v1/team/roles")["roles"]} >= {
        "Administrator",
        "Member",
    }
    found = office.west.get("/v1/team/nodes")["list"]
    assert [entry["node"] for entry in found] == ["/EU", "/EU/North", "/US", "/US/West"]
    assert found[1] == {"node": "/EU/North", "fullPathLabel": "EU / North", "leafLabel": "North", "depth": 2}
    several = [
        {"key": office.north.email, "nodeByParts": ["EU", "South"], "secondaryNodes": ["/US"]},
        {"key": "nobody@x.example"},
        {"key": office.west.email, "role": "manager"},
    ]
    answer = office.admin.post("/v1/team/members/update", {"members": several})
    assert (answer["errorcode"], "nobody@x.example" in answer["message"]) == (400, True)
    assert "/EU/South" in [entry["node"] for entry in office.north.get("/v1/team/nodes")["list"]]
    assert code(office.west, "POST", "/v1/webhooks/subscribe", OPERATIONS[10][2]) == 403  # stopped before Wes
    for wrong in ({"role": "king"}, {"node": "/*"}, {"key": ""}, {"nodeByParts": "x"}):
        sent = {"key": office.west.email, **wrong}
        assert code(office.admin, "POST", "/v1/team/members/update", sent) == 400
    alone = office.admin.post("/v1/team/members/update", {"key": office.admin.email, "role": "member"})
    assert "administrator" in alone["message"]


def test_a_member_who_leaves(placed: Office) -> None:
    subscribe = {**OPERATIONS[10][2], "client_reference": "r"}
    assert code(placed.manager, "POST", "/v1/webhooks/subscribe", subscribe) == 0
    assert names(placed.manager, scope="team") == {"us", "west"}

    def leave(tx: Transaction) -> None:
        teams.end_membership(tx, placed.manager.account_id)

    placed.admin.write(leave)
    assert REFUSED in placed.manager.get("/v1/people/find", scope="team")["message"]
    assert placed.manager.get("/v1/webhooks")["list"] == []
    assert names(placed.admin, scope="team") == SEEN["admin"]


def test_invitations_are_accepted_by_who_is_asked(office: Office) -> None:
    def invite(tx: Transaction) -> list[tuple[int, str, teams.Invitation]]:
        admin = accounts.caller_by_id(tx, office.admin.account_id)
        teams.invite(tx, admin, office.outsider.email, role="Manager", node="/US")
        return teams.invitations(tx, office.outsider.email)

    ((team_id, name, found),) = office.admin.write(invite)
    assert (name, found.role, found.node) == ("Fjord Office", "manager", "/US")

    def accept(tx: Transaction) -> None:
        teams.answer_invitation(tx, accounts.caller_by_id(tx, office.outsider.account_id), team_id, True)

    office.admin.write(accept)
    assert len(office.outsider.get("/v1/team/members/list")["list"]) == 5


def test_settings_are_the_teams(office: Office) -> None:
    first = office.admin.get("/v1/user/segments/people")["list"]
    assert office.west.get("/v1/user/segments/people")["list"] == first


def test_webhooks_of_the_team(office: Office, receiver: Receiver) -> None:
    for api, scope in ((office.admin, None), (office.manager, "team"), (office.admin, "hierarchy:/EU/*")):
        sent = {"event": "person.change", "target_url": receiver.url, "client_reference": f"{scope}"}
        answer = api.post("/v1/webhooks/subscribe", sent if scope is None else {**sent, "scope": scope})
        assert answer["errorcode"] == 0, answer
    office.west.post("/v1/people/create", body("own"))
    office.west.post("/v1/people/create", body("west", account="team"))
    office.north.post("/v1/people/create", body("north", account="team"))
    office.admin.idle()
    told = sorted(
        (str(call.headers.get("x-cloze-client-reference")), call.json()[0]["person"]["name"])
        for call in receiver.deliveries
    )
    assert told == [("None", "north"), ("None", "west"), ("hierarchy:/EU/*", "north"), ("team", "west")]
