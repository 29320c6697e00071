"""The account endpoints and the team of one (contract 2.10, 2.11), with their older paths (2.2)."""

from __future__ import annotations

import msgspec
import pytest

from tests.servers import RunningServer
from tieline.crm import settings as words
from tieline.crm.settings import StepSetting

OLDER = [
    ("/v1/customfields", "/v1/user/fields"),
    ("/v1/people_segments", "/v1/user/segments/people"),
    ("/v1/user/segments/companies", "/v1/user/segments/people"),
    ("/v1/project_segments", "/v1/user/segments/projects"),
    ("/v1/people_stages", "/v1/user/stages/people"),
    ("/v1/project_stages", "/v1/user/stages/projects"),
    ("/v1/steps", "/v1/user/steps"),
    ("/v1/account/steps", "/v1/user/steps"),
    ("/v1/views", "/v1/user/views"),
    ("/v1/team/members", "/v1/team/members/list"),
    ("/v1/subscriptions", "/v1/webhooks"),
]


@pytest.mark.parametrize(("older", "canonical"), OLDER)
def test_older_paths(api: RunningServer, older: str, canonical: str) -> None:
    answer = api.get(older)
    assert answer["errorcode"] == 0
    assert answer == api.get(canonical)


def test_profile(api: RunningServer) -> None:
    profile = {
        "email": api.email,
        "name": "Ada Lindqvist",
        "key": api.email,
        "first": "Ada",
        "last": "Lindqvist",
        "country": "US",
        "aka": [],
        "rights": {},
    }
    assert api.get("/v1/user/profile") == {"errorcode": 0, "profile": profile}
    assert api.get("/v1/profile") == {"errorcode": 0, "profile": profile, "user": profile}


def test_fields(api: RunningServer) -> None:
    every = [field["id"] for field in api.get("/v1/user/fields")["list"]]
    people = [field["id"] for field in api.get("/v1/user/fields", relationtype="person")["list"]]
    projects = [field["id"] for field in api.get("/v1/user/fields", relationtype="Project")["list"]]
    assert {"type", "role", "department", "lead-source", "value", "forecast"} <= set(every)
    assert "role" in people
    assert "value" not in people
    assert "value" in projects
    for other in ("", "anything"):
        assert [f["id"] for f in api.get("/v1/user/fields", relationtype=other)["list"]] == every


def test_segments_and_stages(api: RunningServer) -> None:
    people = api.get("/v1/user/segments/people")["list"]
    assert people[0] == {"name": "Customers", "key": "customer"}
    assert "project" in [segment["key"] for segment in api.get("/v1/user/segments/projects")["list"]]
    stages = [stage["key"] for stage in api.get("/v1/user/stages/people")["list"]]
    assert stages == ["lead", "future", "current", "past", "out"]
    stages = [stage["key"] for stage in api.get("/v1/user/stages/projects")["list"]]
    assert stages == ["future", "current", "won", "lost"]


@pytest.fixture
def with_steps(api: RunningServer) -> RunningServer:
    def configure(tx: words.Transaction) -> None:
        old = words.load_settings(tx, api.account_id)
        steps = [
            StepSetting("customer", "lead", "s-00001", "First call"),
            StepSetting("customer", "current", "s-00002", "Yearly review"),
            StepSetting("partner", "lead", "s-00003", "Agreement"),
            StepSetting("project", "current", "s-00004", "Kick-off"),
        ]
        words.save_settings(tx, api.account_id, msgspec.structs.replace(old, steps=steps))

    api.write(configure)
    return api


def test_steps(with_steps: RunningServer) -> None:
    api = with_steps
    every = api.get("/v1/user/steps")["segments"]
    assert set(every) == {"customer", "partner", "project"}
    assert every["customer"]["lead"] == {"steps": [{"name": "First call", "key": "s-00001"}]}
    assert set(api.get("/v1/user/steps", segment="Customers")["segments"]) == {"customer"}
    assert set(api.get("/v1/user/steps", segment="project", stage="Active")["segments"]) == {"project"}
    narrow = api.get("/v1/user/steps", segment="customer", stage="current")["segments"]
    assert narrow == {"customer": {"current": {"steps": [{"name": "Yearly review", "key": "s-00002"}]}}}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"stage": "lead"}, "stage"),
        ({"segment": "nonsense"}, "segment"),
        ({"segment": "customer", "stage": "won"}, "stage"),
    ],
)
def test_steps_asked_for_wrongly(api: RunningServer, params: dict[str, str], field: str) -> None:
    answer = api.get("/v1/user/steps", **params)
    assert answer["errorcode"] == 400
    assert answer["message"].startswith(f"{field}: ")


def test_views(api: RunningServer) -> None:
    answer = api.get("/v1/user/views")
    assert answer["errorcode"] == 0
    assert answer["people"]["label"] == {"singular": "Audience", "plural": "Audiences"}
    assert answer["companies"]["views"][0] == {"id": "my", "name": "My Companies"}
    assert {"people", "companies", "projects"} <= answer.keys()


def test_a_team_of_one(api: RunningServer) -> None:
    (me,) = api.get("/v1/team/members/list")["list"]
    assert me == {"key": api.email, "name": "Ada Lindqvist", "email": api.email, "isMe": True}


@pytest.mark.parametrize("path", ["/v1/team/roles", "/v1/team/nodes"])
def test_what_only_a_team_has(api: RunningServer, path: str) -> None:
    answer = api.request("GET", path)
    assert (answer.status, answer.errorcode) == (200, 403)
    assert "not a member of a team" in answer.message
