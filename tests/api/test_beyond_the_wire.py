"""What Tieline adds to the wire: versions, many at once, problem documents, rate-limit headers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import StartServer
from tests.servers import Answer, RunningServer

ROSA = {"emails": [{"value": "rosa@x.example"}], "name": "Rosa"}


def tag_of(api: RunningServer, **params: Any) -> str:
    return api.request("GET", "/v1/people/get", uniqueid="rosa@x.example", **params).headers["etag"]


def test_a_version_is_answered_once(api: RunningServer) -> None:
    api.post("/v1/people/create", ROSA)
    tag = tag_of(api)
    query = {"uniqueid": "rosa@x.example"}
    again = api.request("GET", "/v1/people/get", headers={"If-None-Match": f'"x", {tag}'}, **query)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert tag_of(api, format="true") == tag  # the same answer, for want of custom fields
    api.post("/v1/people/update", {**ROSA, "headline": "Buyer"})
    assert api.request("GET", "/v1/people/get", headers={"If-None-Match": tag}, **query).status == 200


def test_a_write_for_a_version(api: RunningServer) -> None:
    api.post("/v1/people/create", ROSA)
    first = tag_of(api)

    def write(path: str, tag: str, **body: Any) -> Answer:
        return api.request("POST", path, json_body={**ROSA, **body}, headers={"If-Match": tag})

    assert write("/v1/people/update", first, headline="Buyer").errorcode == 0
    late = write("/v1/people/update", first, headline="Cook")
    assert (late.status, late.errorcode, "If-Match" in late.message) == (412, 412, True)
    assert write("/v1/people/update", "*", headline="Chef").errorcode == 0
    assert write("/v1/people/update", "yesterday").errorcode == 400
    nobody = {"emails": [{"value": "nobody@x.example"}]}
    assert write("/v1/people/create", "*", **nobody).status == 412
    query = {"uniqueid": "rosa@x.example"}
    assert api.request("DELETE", "/v1/people/delete", headers={"If-Match": first}, **query).status == 412
    assert api.get("/v1/people/get", **query)["person"]["headline"] == "Chef"
    now = {"If-Match": tag_of(api)}
    assert api.request("DELETE", "/v1/people/delete", headers=now, **query).errorcode == 0


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.body.splitlines()]


def test_many_at_once(api: RunningServer) -> None:
    sent = [
        json.dumps(ROSA),
        "",
        json.dumps({"emails": [{"value": "nobody"}]}),
        "[1]",
        "{",
        json.dumps({**ROSA, "headline": "Buyer"}),
        json.dumps(
            {"name": "Otto", "stage": "unheard of", "phones": [{"value": "+46705550120", "mobile": True}]}
        ),
    ]
    found = lines(api.request("POST", "/v1/x/people/bulk", body="\n".join(sent).encode()))
    assert [told["line"] for told in found] == [1, 3, 4, 5, 6, 7]
    assert [told["errorcode"] for told in found] == [0, 400, 400, 400, 0, 400]
    assert (found[0]["created"], found[4]["created"], found[4]["changed"]) == (True, False, True)
    assert found[0]["syncKey"] == found[4]["syncKey"]
    assert "stage" in found[5]["message"]
    assert api.get("/v1/people/find", countonly="true")["availablecount"] == 1


def test_thousands_at_once_and_dry(api: RunningServer) -> None:
    rows = [json.dumps({"emails": [{"value": f"p{n}@x.example"}]}) for n in range(1205)]
    body = "\n".join(rows).encode()
    dry = lines(api.request("POST", "/v1/x/people/bulk", body=body, dryrun="true"))
    assert {told["errorcode"] for told in dry} == {0}
    assert api.get("/v1/people/find", countonly="true")["availablecount"] == 0
    found = lines(api.request("POST", "/v1/x/people/bulk", body=body))
    assert [told["line"] for told in found] == list(range(1, 1206))
    assert api.get("/v1/people/find", countonly="true")["availablecount"] == 1205


def test_bulk_refuses_what_it_cannot_do(sqlite_api: RunningServer) -> None:
    assert sqlite_api.request("POST", "/v1/x/people/bulk", body=b"", mode="replace").errorcode == 400
    assert sqlite_api.request("POST", "/v1/x/people/bulk", body=b"").body == b""
    long = b'{"name": "' + b"x" * (sqlite_api.settings.body_limit + 1000)
    assert sqlite_api.request("POST", "/v1/x/people/bulk", body=long).status == 413


PROBLEM = {"Accept": "application/problem+json"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("GET", "/v1/people/get?uniqueid=nobody@x.example", None, 404, None),
        ("POST", "/v1/people/create", {"name": "Rosa"}, 422, None),
        ("POST", "/v1/people/create", {**ROSA, "stage": "unheard of"}, 400, "stage"),
        ("GET", "/v1/nothing", None, 404, None),
        ("GET", "/v1/team/roles", None, 403, None),
    ],
)
def test_problem_documents(
    sqlite_api: RunningServer, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    sent = {} if body is None else {"json_body": body}
    answer = sqlite_api.request(method, path, headers=PROBLEM, **sent)
    told = answer.json()
    assert (answer.status, told["status"], told.get("field")) == (status, status, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["title"]
    assert told["type"].startswith("urn:tieline:error:")
    assert sqlite_api.request(method, path, **sent).headers["content-type"] == "application/json"


def test_a_success_is_no_problem(sqlite_api: RunningServer) -> None:
    answer = sqlite_api.request("GET", "/v1/user/profile", headers=PROBLEM)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    refused = sqlite_api.request("GET", "/v1/user/profile", headers=PROBLEM, key="nobody")
    assert (refused.status, refused.json()["status"]) == (401, 401)


def test_what_is_left_of_the_rate(start_server: StartServer) -> None:
    server = start_server(rate_limit=60, rate_burst=5)
    headers = server.request("GET", "/v1/user/profile").headers
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("5", "4")
    assert int(headers["ratelimit-reset"]) >= 1
