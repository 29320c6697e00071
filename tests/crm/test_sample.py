"""The sample office: believable, marked, and gone without a trace of it or a loss of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from tieline.crm import accounts, sample
from tieline.store.tables import entry, relation

if TYPE_CHECKING:
    from tests.servers import RunningServer
    from tieline.crm.access import Caller
    from tieline.store.database import Transaction


def caller_of(server: RunningServer) -> Caller:
    return server.read(accounts.caller_by_id, server.account_id)


def counts(tx: Transaction) -> tuple[int, int]:
    return (
        int(tx.scalar(select(func.count()).select_from(relation)) or 0),
        int(tx.scalar(select(func.count()).select_from(entry)) or 0),
    )


def test_it_comes_marked_and_goes(any_server: RunningServer) -> None:
    server = any_server
    own = {"name": "Ada Byron", "emails": [{"value": "ada@analytical.example"}], "timelineNotes": ["Mine"]}
    assert server.post("/v1/people/create", own) == {"errorcode": 0}
    before = server.read(counts)

    made = server.write(sample.load, caller_of(server))
    assert made > 60
    assert server.read(sample.loaded, caller_of(server))
    people = server.get("/v1/people/find", pagesize=100)["people"]
    marked = [person for person in people if "sample" in person.get("keywords", [])]
    assert len(marked) == len(people) - 1
    assert len({person["name"] for person in marked}) > 50
    assert {"lead", "current"} <= {person["stage"] for person in marked}
    assert server.get("/v1/companies/find", countonly="true")["availablecount"] > 5
    assert server.get("/v1/projects/find", countonly="true")["availablecount"] > 5
    shown = server.post("/v1/people/timeline", {"id": marked[0]["syncKey"]})
    assert shown["errorcode"] == 0
    assert server.read(counts)[1] > before[1] + 60

    again = server.read(counts)
    server.write(sample.load, caller_of(server))
    assert server.read(counts)[0] == again[0]  # twice is once

    server.write(sample.remove, caller_of(server))
    assert server.read(counts) == before
    assert not server.read(sample.loaded, caller_of(server))
    assert server.get("/v1/people/get", uniqueid="ada@analytical.example")["person"]["name"] == "Ada Byron"
