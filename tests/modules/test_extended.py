"""Beyond the 22: modules and fields of Tieline's own, against a real server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.receiver import Receiver
from tests.scenarios.test_engine import activate, executions, load
from tieline import AsyncCloze, Cloze, ModuleError
from tieline.crm import settings
from tieline.errors import InvalidInput
from tieline.expressions import ERASE
from tieline.modules import MODULES, find_module, searching
from tieline.scenarios import history

if TYPE_CHECKING:
    from tests.servers import RunningServer

ADA = {"name": "Ada Byron", "emails": [{"value": "ada@x.example"}]}
DEMANDED = (
    "Upsert a Person", "Upsert a Company", "Upsert a Project", "Search by App Link", "List Changes", "List To Dos",
    "Complete a To Do", "Delete a To Do", "List Timeline", "Watch Timeline", "Watch To Dos", "Merge Two Records", "Unmerge",
    "Bulk Upsert", "Run Analytics", "List Segments", "List Stages", "List Steps", "List Fields", "List Team Members",
)  # fmt: skip


@pytest.fixture
async def cloze(server: RunningServer) -> AsyncIterator[AsyncCloze]:
    async with AsyncCloze(api_key=server.api_key, url=server.url) as client:
        yield client


async def everything(found: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return [bundle async for bundle in found]


def test_the_family_is_complete_and_labelled() -> None:
    family = {module.label: module for module in MODULES.values() if module.extended}
    assert set(DEMANDED) == family.keys()
    assert all(module.name.startswith("tieline:") for module in family.values())
    assert find_module("tieline:upsertAPerson") is family["Upsert a Person"]
    assert find_module("cloze:upsertAPerson") is None
    assert find_module("tieline:createAPerson") is None
    for slug in ("createAPerson", "updateACompany", "createAProject"):
        beyond = {field.name for field in MODULES[slug].fields if field.extended}
        assert beyond >= {"customFields", "assignTo", "shareTo"}
        assert all(field.advanced for field in MODULES[slug].fields if field.extended)


async def test_an_upsert_adds_then_changes_and_gives_the_record(cloze: AsyncCloze) -> None:
    modules = cloze.modules
    assert await modules.upsert_a_person(**ADA, dry_run=True) == {"errorcode": 0}
    assert await everything(modules.find_people()) == []
    made = await modules.upsert_a_person(**ADA, stage="lead")
    assert (made["name"], made["stage"]) == ("Ada Byron", "lead")
    changed = await modules.upsert_a_person(sync_key="ada@x.example", stage="current", keywords=["vip"])
    assert changed == {**made, "stage": "current", "keywords": ["vip"], "lastChanged": changed["lastChanged"]}
    company = await modules.upsert_a_company(sync_key="acme.example", name="Acme")
    assert (company["name"], company["domains"]) == ("Acme", ["acme.example"])
    linked = await modules.upsert_a_project(sync_key="erp.example:7", name="Deal")
    assert linked["appLinks"] == [{"source": "erp.example", "uniqueid": "7"}]
    assert (await modules.upsert_a_project(name="deal", value=0))["syncKey"] == linked["syncKey"]
    assert (await modules.get_a_project("Deal"))["customFields"][0]["value"] == 0
    with pytest.raises(ModuleError, match=r"Upsert a Person: .*was not found"):
        await modules.upsert_a_person(sync_key="x" * 43, name="Nobody")


async def test_lists_and_values_are_changed_and_emptied(cloze: AsyncCloze) -> None:
    modules = cloze.modules
    budget = {"id": "budget", "type": "number", "value": 5}
    await modules.create_a_person(
        **ADA, keywords=["one", "Two"], twitter_handle="ada", linkedin_id="adab", phones=[{"value": "+46705550120"}],
        custom_fields=[budget], type="vip", lead_source=["web"], assign_to="dana@example.org",
    )  # fmt: skip
    before = await modules.get_a_person("ada@x.example")
    assert budget in before["customFields"]
    assert before["assignee"] == "dana@example.org"
    await modules.update_a_person("ada@x.example", remove_keywords=["two"], keywords=["three"])
    after = await modules.get_a_person("ada@x.example")
    assert after["keywords"] == ["one", "three"]
    assert {**after, "keywords": 0, "lastChanged": 0} == {**before, "keywords": 0, "lastChanged": 0}
    await modules.update_a_person(
        "ada@x.example", twitter_handle=ERASE, keywords=ERASE, phones=ERASE, type=ERASE
    )
    after = await modules.get_a_person("ada@x.example")
    assert after["socials"] == [{"type": "linkedin", "value": "adab"}]
    assert after.keys().isdisjoint({"keywords", "phones"})
    assert {one["id"] for one in after["customFields"]} == {"budget", "lead-source"}
    await modules.update_a_person("ada@x.example", custom_fields=ERASE, assign_to=ERASE)
    after = await modules.get_a_person("ada@x.example")
    assert after.keys().isdisjoint({"customFields", "assignee"})
    with pytest.raises(ModuleError, match="assignTo"):
        await modules.update_a_person("ada@x.example", assign_to="nobody@x.example")


async def test_what_can_be_emptied_is_told(server: RunningServer) -> None:
    refused = server.post("/v1/people/update", {"emails": [{"value": "a@x.example"}], "clear": ["stage"]})
    assert refused["errorcode"] == 400
    assert "clear" in refused["message"]
    assert "one of: emails" in refused["message"]


async def test_changes_come_in_whole_batches_and_go_on_from_a_cursor(
    cloze: AsyncCloze, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "BATCH", 4)
    for number in range(11):
        await cloze.people.create({"name": f"P {number}", "emails": [{"value": f"p{number}@x.example"}], "stage": "lead"})  # fmt: skip
    modules, told, cursor = cloze.modules, [], None
    for _ in range(5):
        batch = await everything(modules.list_changes(cursor=cursor, limit=3, includeauditedchanges=True))
        told += [bundle["name"] for bundle in batch]
        cursor = batch[-1]["cursor"] if batch else cursor
    assert told == [f"P {number}" for number in range(11)]
    assert len(await everything(modules.list_changes(limit=9))) == 9  # three batches of three
    await cloze.people.update({"emails": [{"value": "p3@x.example"}], "stage": "current"})
    (changed,) = await everything(modules.list_changes(cursor=cursor))
    assert changed["changes"]["stage"] == {"before": "lead", "after": "current"}
    assert await everything(modules.list_changes(modifiedafter="2100-01-01")) == []
    assert await everything(modules.list_changes(type="companies", limit=5)) == []
    with pytest.raises(ModuleError, match="List Changes: cursor"):
        await everything(modules.list_changes(cursor="nonsense"))


async def test_an_app_link_finds_one_or_nothing(cloze: AsyncCloze) -> None:
    link = [{"source": "erp.example", "uniqueid": "a:7"}]
    await cloze.modules.create_a_project("Deal", app_links=link)
    search = cloze.modules.search_by_app_link
    found = await everything(search("erp.example", "a:7", type="projects"))
    assert [bundle["name"] for bundle in found] == ["Deal"]
    assert await everything(search("erp.example", "a:8", type="projects")) == []
    assert await everything(search("erp.example", "a:7")) == []
    with pytest.raises(ModuleError, match=r"type: “x” is unknown .*one of: people, companies, projects"):
        search("a", "b", type="x")  # type: ignore[arg-type]


def test_to_dos_are_listed_completed_and_deleted(server: RunningServer) -> None:
    with Cloze(api_key=server.api_key, url=server.url) as cloze:
        modules = cloze.modules
        for number in range(4):
            modules.create_a_to_do(
                f"T{number}", participants=["ada@x.example"], when=f"2026-03-0{number + 1}"
            )
        listed = list(modules.list_to_dos(about="ada@x.example", limit=3))
        assert [one["subject"] for one in listed] == ["T0", "T1", "T2"]
        assert [one["subject"] for one in modules.list_to_dos(after="2026-03-03")] == ["T2", "T3"]
        key = listed[0]["key"]
        assert modules.complete_a_to_do(key, dry_run=True) == {"errorcode": 0}
        assert list(modules.list_to_dos(state="done")) == []
        modules.complete_a_to_do(key)
        assert [one["subject"] for one in modules.list_to_dos(state="done")] == ["T0"]
        modules.delete_a_to_do(listed[1]["key"], dry_run=True)
        assert len(list(modules.list_to_dos(state="all"))) == 4
        modules.delete_a_to_do(listed[1]["key"])
        assert [one["subject"] for one in modules.list_to_dos()] == ["T2", "T3"]
        for again in (modules.delete_a_to_do, modules.complete_a_to_do):
            with pytest.raises(ModuleError, match=r"key: .*was not found"):
                again(listed[1]["key"])


async def test_a_timeline_is_read_page_by_page(cloze: AsyncCloze, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PAGE", 3)
    modules = cloze.modules
    for day in range(1, 9):
        await modules.create_a_communication_record(
            "call", from_="ada@x.example", subject=f"C{day}", date=f"2026-03-0{day}T10:00:00Z"
        )
    await modules.create_a_to_do("T", participants=["ada@x.example"])
    calls = await everything(modules.list_timeline("ada@x.example", filter=["call"], limit=7))
    assert [one["subject"] for one in calls] == [f"C{day}" for day in range(8, 1, -1)]
    older = await everything(
        modules.list_timeline("ada@x.example", filter=["call"], stamp="2026-03-03T00:00:00Z")
    )
    assert [one["subject"] for one in older] == ["C2", "C1"]
    with pytest.raises(ModuleError, match=r"List Timeline: id: .*was not found"):
        await everything(modules.list_timeline("nobody@x.example"))


async def test_a_merge_is_tried_done_and_taken_back(cloze: AsyncCloze) -> None:
    modules = cloze.modules
    await modules.create_a_person(**ADA)
    await modules.create_a_person("A. Byron", emails=[{"value": "ada@home.example"}])
    two = {"into": "ada@x.example", "from_": "ada@home.example"}
    await modules.merge_two_records(**two, dry_run=True)
    assert len(await everything(modules.find_people())) == 2
    merged = await modules.merge_two_records(**two)
    (one,) = await everything(modules.find_people())
    assert one["syncKey"] == merged["syncKey"]
    await modules.unmerge(change=merged["change"], dry_run=True)
    assert len(await everything(modules.find_people())) == 1
    apart = await modules.unmerge(change=merged["change"])
    assert len(apart["records"]) == 2
    assert {one["name"] for one in await everything(modules.find_people())} == {"Ada Byron", "A. Byron"}
    with pytest.raises(ModuleError, match=r"Merge Two Records: .*not found"):
        await modules.merge_two_records(into="ada@x.example", from_="gone@x.example")


async def test_many_records_each_with_its_result(cloze: AsyncCloze) -> None:
    modules = cloze.modules
    records: list[Any] = [
        ADA,
        {"name": "Bob", "emails": [{"value": "not an address"}]},
        '{"name": "Cid", "emails": [{"value": "cid@x.example"}]}',
        {"name": "Dan", "emails": [{"value": "dan@x.example"}], "stage": "nope"},
    ]
    tried = await modules.bulk_upsert(records, dry_run=True)
    assert (tried["total"], tried["created"], tried["failed"]) == (4, 2, 2)
    assert await everything(modules.find_people()) == []
    done = await modules.bulk_upsert(records)
    assert [one["errorcode"] for one in done["results"]] == [0, 400, 0, 400]
    assert "emails[0].value" in done["results"][1]["message"]
    assert "stage" in done["results"][3]["message"]
    assert {one["name"] for one in await everything(modules.find_people())} == {"Ada Byron", "Cid"}
    again = await modules.bulk_upsert(records, idempotency_key="k")
    assert (again["created"], again["changed"]) == (0, 0)
    with pytest.raises(
        ModuleError, match=r"records\[0\]: a collection is expected, not 'x' .*each entry of Records"
    ):
        modules.bulk_upsert(["x"])  # type: ignore[list-item]


async def test_the_account_is_listed(server: RunningServer, cloze: AsyncCloze) -> None:
    def add_steps(tx: Any) -> None:
        steps = [
            settings.StepSetting("customer", "lead", "s-1", "Call"),
            settings.StepSetting("partner", "lead", "s-2", "Meet"),
        ]
        stored = settings.load_settings(tx, server.account_id)
        settings.save_settings(tx, server.account_id, msgspec.structs.replace(stored, steps=steps))

    server.write(add_steps)
    modules = cloze.modules
    steps = [(one["segment"], one["name"]) for one in await everything(modules.list_steps())]
    assert steps == [("customer", "Call"), ("partner", "Meet")]
    with pytest.raises(ModuleError, match="List Steps: stage: needs a segment"):
        await everything(modules.list_steps(stage="lead"))
    assert "won" in {one["key"] for one in await everything(modules.list_stages(of="projects"))}
    assert "won" not in {one["key"] for one in await everything(modules.list_stages())}
    assert [one["email"] for one in await everything(modules.list_team_members())] == [server.email]
    figures = await everything(
        modules.run_analytics(report="activity", scale="month", max=3, measures=["outbcalls"])
    )
    assert [set(one) for one in figures] == [{"key", "stamp", "outbcalls"}] * 3
    with pytest.raises(ModuleError, match="Run Analytics: measures"):
        await everything(modules.run_analytics(measures=["nonsense"]))


async def test_a_trigger_is_narrowed_by_its_filters(cloze: AsyncCloze, receiver: Receiver) -> None:
    modules = cloze.modules
    await modules.watch_person_audit_changed(
        receiver.url,
        name="won customers",
        filters=[
            {"changed": "stage", "before": "lead", "after": "Active", "record": {"segment": "customer"}}
        ],
        labels=True,
    )
    for mail, segment in (("a@x.example", "partner"), ("b@x.example", "customer")):
        await modules.create_a_person("P", emails=[{"value": mail}], segment=segment, stage="lead")
        await modules.update_a_person(mail, stage="current")
    (delivery,) = await receiver.arrived(1)
    (told,) = delivery.json()
    assert told["person"]["emails"][0]["value"] == "b@x.example"
    assert told["changes"] == {"stage": {"before": "Lead", "after": "Active"}}
    assert len(receiver.deliveries) == 1
    with pytest.raises(ModuleError, match=r"filters\[0\]\.changed: .*fill in Changed Field"):
        await modules.watch_person_audit_changed(receiver.url, filters=[{"after": "current"}])


UPSERT = {
    "name": "extended", "metadata": {},
    "flow": [
        {"id": 1, "module": "tieline:watchToDos", "parameters": {}, "mapper": {
            "name": "done", "event": "todo.change", "filters": [{"changed": "done"}]}},
        {"id": 2, "module": "tieline:upsertAPerson", "parameters": {}, "mapper": {
            "emails": [{"value": "ada@x.example"}], "headline": "Did {{1.todo.subject}}", "removeKeywords": ["open"]}},
    ],
}  # fmt: skip


def test_a_scenario_of_extended_modules(server: RunningServer) -> None:
    server.post("/v1/people/create", {**ADA, "keywords": ["open", "kept"]})
    number = load(server, json.dumps(UPSERT))
    activate(server, number)
    for subject in ("Call", "Write"):
        server.post("/v1/timeline/todo/create", {"subject": subject, "participants": ["ada@x.example"]})
    (key,) = [one["key"] for one in server.get("/v1/x/todos")["todos"] if one["subject"] == "Write"]
    server.post("/v1/x/todos/complete", {"key": key})
    (row,) = executions(server)
    assert row.status == "success"
    last = server.read(history.get_execution, server.account_id, row.id).operations[-1]
    assert last.output[0]["headline"] == "Did Write"
    found = server.get("/v1/people/get", uniqueid="ada@x.example")["person"]
    assert (found["headline"], found["keywords"]) == ("Did Write", ["kept"])
    server.run(server.app.state.engine.deactivate(server.account_id, number))
    assert server.get("/v1/webhooks")["list"] == []


def test_a_filter_that_cannot_be_registered_is_told(server: RunningServer) -> None:
    broken = json.loads(json.dumps(UPSERT))
    broken["flow"][0]["mapper"]["filters"] = [{"before": "x"}]
    with pytest.raises(InvalidInput, match=r"filters\[0\]\.changed"):
        activate(server, load(server, json.dumps(broken)))
