"""Loops are seen: who caused what, a scenario that would set itself off, chains that come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.test_engine import activate, executions, load
from tieline.scenarios import chains, library

if TYPE_CHECKING:
    from tests.servers import RunningServer

ADA = {"emails": [{"value": "ada@x.example"}]}


def renaming(**metadata: Any) -> str:
    """Whatever happens to a person, its stage changes to and fro: it sets itself off."""
    mapper = {
        "syncKey": "{{1.person.syncKey}}",
        "stage": '{{if(1.person.stage = "lead"; "future"; "lead")}}',
    }
    return json.dumps({
        "name": "to and fro", "metadata": metadata,
        "flow": [
            {"id": 1, "module": "cloze:watchPersonAuditChanged", "parameters": {"__IMTCONN__": 1}, "mapper": {}},
            {"id": 2, "module": "cloze:updateAPerson", "parameters": {"__IMTCONN__": 1}, "mapper": mapper},
        ],
    })  # fmt: skip


def relay(name: str, url: str) -> str:
    call = {"url": url, "method": "post", "bodyType": "raw", "contentType": "application/json", "data": "{}"}
    return json.dumps({
        "name": name, "metadata": {},
        "flow": [
            {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}},
            {"id": 2, "module": "http:ActionSendData", "parameters": {}, "mapper": call},
        ],
    })  # fmt: skip


def test_a_scenario_does_not_set_itself_off(any_server: RunningServer) -> None:
    server = any_server
    server.post("/v1/people/create", {"name": "Ada", "stage": "lead", **ADA})
    server.idle()
    activate(server, load(server, renaming()))
    server.post("/v1/people/update", {"stage": "future", **ADA})
    found = executions(server)
    assert [(row.status, row.depth) for row in found] == [("skipped", 1), ("success", 0)]
    assert found[0].error is not None
    assert found[1].id in found[0].error["message"]
    shown = server.get(f"/control/executions/{found[0].id}")
    assert [link["id"] for link in shown["causes"]] == [found[1].id]
    assert [link["id"] for link in server.get(f"/control/executions/{found[1].id}")["effects"]] == [
        found[0].id
    ]
    (edge,) = server.get("/control/chains")["edges"]
    assert (edge["cause"], edge["effect"], edge["stopped"], edge["loop"]) == (
        "to and fro",
        "to and fro",
        1,
        True,
    )
    assert server.with_account().get("/control/chains")["edges"] == []


def test_one_that_may_goes_on_until_the_chain_is_too_deep(start_server: Any) -> None:
    server = start_server(trace_depth=3)
    number = load(server, renaming())
    assert server.post(f"/control/scenarios/{number}/order", {"allow_self_trigger": True})[
        "allow_self_trigger"
    ]
    activate(server, number)
    server.post("/v1/people/create", {"name": "Ada", "stage": "lead", **ADA})
    found = executions(server)
    assert [(row.status, row.depth) for row in found] == [
        ("error", 4),
        *[("success", n) for n in (3, 2, 1, 0)],
    ]
    shown = server.get(f"/control/executions/{found[0].id}")
    assert [link["depth"] for link in shown["causes"]] == [0, 1, 2, 3]


def test_a_chain_that_comes_back_is_stopped_where_it_closes(start_server: Any) -> None:
    """One sets off two, two would set off one again."""
    server = start_server()
    first = load(server, relay("one", "http://127.0.0.1:1/"))
    urls = {first: server.post(f"/control/scenarios/{first}/hook", {})["url"]}
    second = load(server, relay("two", urls[first]))
    urls[second] = server.post(f"/control/scenarios/{second}/hook", {})["url"]
    server.write(library.save_version, server.account_id, first, relay("one", urls[second]))
    for number in (first, second):
        activate(server, number)
    path = urls[first].removeprefix(server.url)
    assert server.request("POST", path, json_body={}, key=None).status == 200
    found = executions(server)
    assert [(row.scenario, row.status) for row in found] == [
        ("one", "skipped"),
        ("two", "success"),
        ("one", "success"),
    ]
    shown = server.get("/control/chains")
    assert shown["loops"] == [sorted((first, second))]
    assert {edge["loop"] for edge in shown["edges"]} == {True}


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([], []),
        ([(1, 2), (2, 3)], []),
        ([(1, 1)], [[1]]),
        ([(1, 2), (2, 3), (3, 1), (3, 4)], [[1, 2, 3]]),
        ([(1, 2), (2, 1), (3, 4), (4, 3), (2, 3)], [[1, 2], [3, 4]]),
    ],
)
def test_loops_among_scenarios(edges: list[tuple[int, int]], expected: list[list[int]]) -> None:
    assert chains.loops(edges) == expected


def test_order_is_part_of_the_blueprint(server: RunningServer) -> None:
    number = load(server, renaming(x_open={"mine": 1}))
    place = f"/control/scenarios/{number}/order"
    assert server.get(place) == {"sequential": False, "sequence": "", "allow_self_trigger": False}
    wanted = {"sequential": False, "sequence": "{{1.person.syncKey}}", "allow_self_trigger": True}
    assert server.post(place, wanted) == wanted
    text = json.loads(server.get(f"/control/scenarios/{number}/export")["blueprint"])
    assert text["metadata"]["x_open"] == {
        "mine": 1, "sequence": "{{1.person.syncKey}}", "allow_self_trigger": True,
    }  # fmt: skip
    assert server.post(place, {"sequence": "", "sequential": True})["sequential"] is True
    for wrong, field in (
        ({"sequence": "{{nosuch("}, "sequence"),
        ({"sequential": "maybe"}, "sequential"),
        ({"x": 1}, "x"),
    ):
        refused = server.request("POST", place, json_body=wrong)
        assert (refused.status, refused.json()["error"]["field"]) == (422, field)
