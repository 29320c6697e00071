"""Data stores in scenarios: what each module does, and what a rollback takes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.office import HOOK, Office, failure, module, output
from tieline.errors import Conflict, InvalidInput
from tieline.scenarios import datastores

if TYPE_CHECKING:
    from tests.servers import RunningServer


class Shop(Office):
    """An office with a data store."""

    def __init__(self, server: RunningServer) -> None:
        super().__init__(server)
        self.store = server.write(datastores.create, server.account_id, "Seen", 1).id

    def run_one(self, name: str, bundle: dict[str, Any], **more: Any) -> Any:
        """The bundles of a single data store module."""
        mapper = more.pop("mapper")
        step = module(2, f"datastore:{name}", mapper, parameters={"datastore": 4001, **more})
        return output(self.run(self.made(step), bundle), 2)

    def made(self, *flow: dict[str, Any], **settings: Any) -> int:
        number = self.load(HOOK, *flow, **settings)
        self.bind(number, "datastore", 4001, self.store)
        return number

    def records(self) -> dict[str, Any]:
        return {r.key: r.data for r in self.server.read(datastores.page, self.store)}

    def put(self, key: str, **data: Any) -> None:
        def write(tx: Any) -> None:
            row = datastores.locked(tx, self.server.account_id, self.store)
            datastores.put(tx, row, key, data)

        self.server.write(write)

    def size(self) -> int:
        return self.server.read(datastores.get_store, self.server.account_id, self.store).size


@pytest.fixture
def shop(server: RunningServer) -> Shop:
    return Shop(server)


def store_step(number: int, name: str, mapper: Any, **more: Any) -> dict[str, Any]:
    return module(number, f"datastore:{name}", mapper, parameters={"datastore": 4001}, **more)


def test_every_module_on_both_databases(any_server: RunningServer) -> None:
    shop = Shop(any_server)
    assert shop.run_one(
        "AddRecord", {"k": "a"}, mapper={"key": "{{1.k}}", "data": {"n": 1, "tags": ["x"], "at": "{{now}}"}}
    ) == [{"key": "a"}]
    (made,) = shop.run_one("AddRecord", {}, mapper={"data": {"n": 2}})
    assert len(made["key"]) == 36
    assert shop.run_one("ExistRecord", {}, mapper={"key": "a"}) == [{"exist": True}]
    assert shop.run_one("ExistRecord", {}, mapper={"key": "b"}) == [{"exist": False}]
    shop.run_one("UpdateRecord", {}, mapper={"key": "a", "data": {"n": "", "tags": ["y"], "city": "Oslo"}})
    (got,) = shop.run_one("GetRecord", {}, mapper={"key": "a"})
    assert (got["n"], got["tags"], got["city"]) == (1, ["x", "y"], "Oslo")
    assert "$date" in got["at"]
    shop.run_one(
        "UpdateRecord",
        {},
        mapper={
            "key": "a",
            "data": {"tags": ["z"], "city": "{{erase}}", "n": "{{ignore}}"},
            "overwriteArrays": True,
        },
    )
    (got,) = shop.run_one("GetRecord", {}, mapper={"key": "a", "returnWrapped": True})
    assert (got["key"], got["data"]["tags"], got["data"]["city"], got["data"]["n"]) == ("a", ["z"], None, 1)
    assert shop.run_one("GetRecord", {}, mapper={"key": "none"}) == [{}]
    assert shop.run_one("CountRecord", {}, mapper={}) == [{"count": 2}]
    assert shop.run_one("DeleteRecord", {}, mapper={"key": made["key"]}) == [
        {"key": made["key"], "deleted": True}
    ]
    assert shop.run_one("DeleteRecord", {}, mapper={"key": made["key"]}) == [
        {"key": made["key"], "deleted": False}
    ]
    assert shop.run_one("DeleteAll", {}, mapper={}) == [{"deleted": 1}]
    assert (shop.records(), shop.size()) == ({}, 0)


@pytest.mark.parametrize(
    ("filter_", "sort", "limit", "expected"),
    [
        ([[{"a": "city", "o": "text:equal", "b": "{{1.city}}"}]], [], 0, ["a", "c"]),
        ([[{"a": "n", "o": "number:greater", "b": "1"}], [{"a": "key", "o": "text:equal", "b": "a"}]], [{"key": "n", "order": -1}], 0, ["c", "b", "a"]),
        ([], [{"key": "city", "order": 1}, {"key": "n", "order": -1}], 2, ["b", "c"]),
        ([{"a": "deep.x", "o": "exist"}], [], 0, ["b"]),
        ([[{"a": "city", "o": "text:equal", "b": "Rome"}]], [], 0, []),
    ],
)  # fmt: skip
def test_searching(shop: Shop, filter_: Any, sort: Any, limit: int, expected: list[str]) -> None:
    shop.put("a", n=1, city="Oslo")
    shop.put("b", n=2, city="Bern", deep={"x": 1})
    shop.put("c", n=3, city="Oslo")
    more = {"limit": limit} if limit else {}
    found = shop.run_one("SearchRecord", {"city": "Oslo"}, mapper={"filter": filter_, "sort": sort}, **more)
    assert [bundle["key"] for bundle in found] == expected
    if not expected:
        marker = shop.run_one("SearchRecord", {}, mapper={"filter": filter_}, continueWhenNoRes=True)
        assert marker == [{"__IMTLENGTH__": 0}]


@pytest.mark.parametrize(
    ("name", "mapper", "kind"),
    [
        ("AddRecord", {"key": "a", "data": {}}, "DuplicateDataError"),
        ("AddRecord", {"key": "x" * 256, "data": {}}, "BundleValidationError"),
        ("AddRecord", {"key": "big", "data": {"t": "{{1.t}}"}}, "OutOfSpaceError"),
        ("AddRecord", {"key": "b", "data": "text"}, "BundleValidationError"),
        ("UpdateRecord", {"key": "nobody", "data": {}}, "DataError"),
        ("GetRecord", {"key": ""}, "BundleValidationError"),
        (
            "SearchRecord",
            {"filter": [[{"a": "n", "o": "text:startswith", "b": "x"}]]},
            "BundleValidationError",
        ),
    ],
)
def test_what_goes_wrong_has_a_class(shop: Shop, name: str, mapper: Any, kind: str) -> None:
    shop.put("a", n=1)
    run = shop.run(
        shop.made(store_step(2, name, mapper, onerror=[module(3, "builtin:Ignore")])), {"t": "x" * 1_100_000}
    )
    assert [operation.error["name"] for operation in run.operations if operation.error] == [kind]
    assert list(shop.records()) == ["a"]


def test_a_rollback_takes_back_what_the_cycle_did(any_server: RunningServer) -> None:
    shop = Shop(any_server)
    shop.put("a", n=1)
    shop.put("b", n=2)
    size = shop.size()
    flow = [
        store_step(2, "AddRecord", {"key": "new", "data": {"n": 3}}),
        store_step(3, "UpdateRecord", {"key": "a", "data": {"n": 9}}),
        store_step(4, "UpdateRecord", {"key": "a", "data": {"n": 10}}),
        store_step(5, "DeleteAll", {}),
        module(6, "builtin:Throw", {"type": "RuntimeError", "message": "no"}),
    ]
    run = shop.run(shop.made(*flow, autoCommit=False), {})
    assert failure(run) == ("RuntimeError", "no")
    assert shop.records() == {"a": {"n": 1}, "b": {"n": 2}}
    assert shop.size() == size
    assert [o.state for o in run.operations if o.module_id in {2, 3, 4, 5}] == ["undone"] * 4
    committed = shop.run(shop.made(*flow[:2], autoCommit=False), {})
    assert committed.execution.status == "success"
    assert shop.records()["a"] == {"n": 9}
    at_once = shop.run(shop.made(store_step(2, "DeleteAll", {}), flow[4], autoCommit=True), {})
    assert at_once.execution.status == "error"
    assert shop.records() == {}


def test_the_guard_against_duplicates_of_sample_17(shop: Shop) -> None:
    flow = [
        store_step(2, "ExistRecord", {"key": "{{1.eventId}}"}),
        store_step(5, "AddRecord", {"key": "{{1.eventId}}", "data": {"at": "{{now}}"}}, filter={
            "name": "new", "conditions": [[{"a": "{{2.exist}}", "o": "boolean:equal", "b": "false"}]]}),
    ]  # fmt: skip
    number = shop.made(*flow, sequential=True)
    shop.activate(number)
    for event in ("e1", "e2", "e1"):
        assert shop.post(number, {"eventId": event})[0] == 200
    assert sorted(shop.executions(number), key=lambda e: e.created)[-1].status == "success"
    assert sorted(shop.records()) == ["e1", "e2"]


def test_stores_are_kept_while_they_are_used(shop: Shop) -> None:
    number = shop.made(store_step(2, "CountRecord", {}))
    with pytest.raises(Conflict, match="used by s"):
        shop.server.write(datastores.remove_store, shop.server.account_id, shop.store)
    shop.server.run(shop.server.app.state.database.write(_unbind, number))
    shop.server.write(datastores.remove_store, shop.server.account_id, shop.store)
    with pytest.raises(InvalidInput, match="Not connected"):
        shop.run(number, {})


def _unbind(tx: Any, number: int) -> None:
    from tieline.scenarios import bindings

    bindings.bind(tx, 1, number, "datastore", "4001", None)
