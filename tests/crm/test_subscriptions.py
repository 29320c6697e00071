"""Subscribing, listing, unsubscribing, and which change concerns whom (contract 5.1–5.4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.crm.webhooks import AUDITED, Desk, open_desk
from tests.receiver import Receiver
from tieline.crm.access import Actor, Trace
from tieline.crm.accounts import caller_by_id, create_account
from tieline.crm.settings import AccountSettings, FieldSetting, StepSetting, save_settings
from tieline.crm.subscriptions import list_subscriptions, unsubscribe
from tieline.errors import InvalidInput, NotFound, PermissionDenied
from tieline.records.codec import plain
from tieline.records.contact import CustomField
from tieline.records.person import Person
from tieline.records.webhook import UnsubscribeRequest
from tieline.store.database import Database


@pytest.fixture
async def desk(database: Database, receiver: Receiver) -> AsyncIterator[Desk]:
    async with open_desk(database, receiver) as opened:
        yield opened


async def test_a_subscription_is_listed_in_wire_form(desk: Desk) -> None:
    uniqueid = await desk.subscribe(
        client_reference="office", client_type="human", filters=[{"person": {"stage": "Lead"}}], ttl="3600"
    )
    assert len(uniqueid) == 86
    [listed] = await desk.subscriptions()
    assert plain(listed) == {
        "uniqueid": uniqueid,
        "uniqueId": uniqueid,
        "event": "person.audit.change",
        "target_url": f"{desk.receiver.url}/hook",
        "scope": "local",
        "client_type": "human",
        "client_reference": "office",
        "date": 1_800_000_000_000,
        "ttl": 3600,
        "filters": [{"person": {"stage": "Lead"}}],
        "usage": {"successCount": 0, "failCount": 0},
    }


async def test_an_event_needs_no_more_than_a_target(desk: Desk) -> None:
    await desk.subscribe("Company.Change", ttl=None, filters=None, scope="")
    listed = plain(await desk.subscription())
    assert listed["event"] == "company.change"
    assert not {"ttl", "client_type", "client_reference", "suspended"} & set(listed)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"event": ""}, "event"),
        ({"event": "person.deleted"}, "event"),
        ({"target_url": ""}, "target_url"),
        ({"target_url": "ftp://example.org/"}, "target_url"),
        ({"target_url": "not a url"}, "target_url"),
        ({"target_url": "https://example.org/" + "x" * 4000}, "target_url"),
        ({"filters": "x"}, "filters"),
        ({"filters": {"person": {}}}, "filters"),
        ({"filters": ["x"]}, "filters"),
        ({"client_type": "robot"}, "client_type"),
        ({"client_reference": "two\nlines"}, "client_reference"),
        ({"client_reference": "x" * 1001}, "client_reference"),
        ({"ttl": "soon"}, "ttl"),
        ({"ttl": -1}, "ttl"),
        ({"ttl": float("inf")}, "ttl"),
        ({"ttl": 1e300}, "ttl"),
        ({"scope": "world"}, "scope"),
    ],
)
async def test_bad_input_names_the_field_and_stores_nothing(
    desk: Desk, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await desk.subscribe(**{"event": "person.change", **fields})
    assert caught.value.field == named
    assert await desk.subscriptions() == []


@pytest.mark.parametrize("scope", ["team", "hierarchy:/A", "hierarchy:/A/*", "hierarchy:/*"])
async def test_an_account_of_one_has_no_team(desk: Desk, scope: str) -> None:
    with pytest.raises(PermissionDenied, match="not a member of a team"):
        await desk.subscribe(scope=scope)


@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/", "http://169.254.169.254/", "http://[::ffff:192.168.0.1]/", "http://0.0.0.0/"],
)
async def test_private_targets_are_refused(desk: Desk, target: str) -> None:
    with pytest.raises(PermissionDenied, match=r"target_url.*TIELINE_ALLOW_PRIVATE_TARGETS"):
        await desk.subscribe(target_url=target)
    assert await desk.subscriptions() == []


async def test_the_same_event_and_reference_replace_the_earlier_subscription(desk: Desk) -> None:
    first = await desk.subscribe(client_reference="office")
    other_event = await desk.subscribe("person.change", client_reference="office")
    second = await desk.subscribe(client_reference="office", target_url=f"{desk.receiver.url}/new")
    assert second != first
    listed = {s.uniqueid: s.target_url for s in await desk.subscriptions()}
    assert set(listed) == {other_event, second}
    assert listed[second] == f"{desk.receiver.url}/new"


async def test_without_a_reference_every_call_makes_another(desk: Desk) -> None:
    assert await desk.subscribe() != await desk.subscribe()
    assert len(await desk.subscriptions()) == 2


async def test_unsubscribe_by_id_or_reference(desk: Desk) -> None:
    first = await desk.subscribe()
    await desk.subscribe(client_reference="office")
    with pytest.raises(NotFound):
        await desk.unsubscribe("person.change", uniqueid=first)
    await desk.unsubscribe(uniqueid=first + "\\")  # the published sample has a trailing backslash
    await desk.unsubscribe(client_reference="office")
    assert await desk.subscriptions() == []
    for fields in ({"uniqueid": first}, {"client_reference": "office"}):
        with pytest.raises(NotFound, match="subscription was not found"):
            await desk.unsubscribe(**fields)
    with pytest.raises(InvalidInput, match="uniqueid"):
        await desk.unsubscribe()


async def test_nobody_sees_or_removes_the_subscriptions_of_others(desk: Desk) -> None:
    uniqueid = await desk.subscribe(client_reference="office")
    account = await desk.database.write(create_account, "other@example.org")
    other = await desk.database.read(caller_by_id, account.id)
    assert await desk.database.read(list_subscriptions, other) == []
    for fields in ({"uniqueid": uniqueid}, {"client_reference": "office"}):
        request = UnsubscribeRequest(event="person.audit.change", **fields)
        with pytest.raises(NotFound):
            await desk.database.write(unsubscribe, other, request)
    assert len(await desk.subscriptions()) == 1


async def test_a_notification_has_the_form_of_the_contract(desk: Desk) -> None:
    uniqueid = await desk.subscribe(client_reference="office")
    trace = Trace(execution="abc", depth=2, scenario=7)
    await desk.change("Rosa", actor=Actor("scenario", "Follow up", trace=trace))
    await desk.settle()
    [sent] = desk.receiver.deliveries
    assert (sent.method, sent.path) == ("POST", "/hook")
    assert sent.json() == [
        {
            "event": "person.audit.change",
            "person": {
                "syncKey": "Rosa", "name": "Rosa", "segment": "customer", "stage": "current", "step": "none",
            },
            "changes": AUDITED,
        }
    ]  # fmt: skip
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["x-cloze-subscription-id"] == uniqueid
    assert sent.headers["x-cloze-client-reference"] == "office"
    assert sent.headers["x-tieline-trace"] == "abc;depth=2;scenario=7"
    assert sent.headers["webhook-id"].startswith("msg_")


async def test_plain_and_audit_events(desk: Desk) -> None:
    await desk.subscribe("person.change", target_url=f"{desk.receiver.url}/plain")
    await desk.subscribe("person.audit.change", target_url=f"{desk.receiver.url}/audit")
    await desk.subscribe("company.change", target_url=f"{desk.receiver.url}/company")
    await desk.change(audited={})
    await desk.settle()
    assert [(d.path, d.json()[0]["changes"]) for d in desk.receiver.deliveries] == [("/plain", {})]
    desk.receiver.clear()
    await desk.change()
    await desk.settle()
    found = {d.path: d.json()[0] for d in desk.receiver.deliveries}
    assert set(found) == {"/plain", "/audit"}
    assert found["/plain"]["changes"] == {}
    assert found["/plain"]["event"] == "person.change"
    assert "x-cloze-client-reference" not in desk.receiver.deliveries[0].headers
    assert "x-tieline-trace" not in desk.receiver.deliveries[0].headers


async def test_only_matching_changes_are_delivered(desk: Desk) -> None:
    await desk.subscribe(filters=[{"person": {"name": "rosa"}, "changes": {"stage": {"after": "Active"}}}])
    for name in ("Rosa", "Per", "rosa"):
        await desk.change(name)
    await desk.change("Rosa", audited={"stage": {"before": "current", "after": "past"}})
    await desk.change("Rosa", audited={"segment": {"before": "none", "after": "customer"}})
    await desk.settle()
    assert [d.json()[0]["person"]["name"] for d in desk.receiver.deliveries] == ["Rosa", "rosa"]


async def test_a_rolled_back_write_tells_nobody(desk: Desk) -> None:
    await desk.subscribe()

    def fail(tx: Any) -> None:
        from tieline.crm.subscriptions import notify

        notify(tx, account_id=desk.caller.account_id, change_id=1, kind="person", record={"name": "x"},
               changes_audited=AUDITED, actor=Actor("key"))  # fmt: skip
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await desk.database.write(fail)
    await desk.settle()
    assert desk.receiver.deliveries == []
    assert await desk.states() == []


async def test_human_subscriptions_get_labels_and_days(desk: Desk) -> None:
    settings = AccountSettings(
        contact_segments={"customer": "Buyer"},
        steps=[StepSetting("customer", "current", "s-1", "Call back")],
        fields=[
            FieldSetting("lead-source", "Lead Source", "keywords", [], {"zillow": "Zillow Leads"}),
            FieldSetting("renewal", "Renewal", "date"),
        ],
    )
    await desk.database.write(save_settings, desk.caller.account_id, settings)
    await desk.subscribe(client_type="human", filters=[{"person": {"segment": "Buyer"}}])
    record = Person(
        name="Rosa", segment="customer", stage="current", step="s-1", last_changed=1_746_093_600_000,
        custom_fields=[
            CustomField(id="lead-source", type="keywords", value=["zillow", "web"]),
            CustomField(id="renewal", type="date", value=1_746_093_600_000),
        ],
    )  # fmt: skip
    changes = {
        "segment": {"before": "none", "after": "customer"},
        "lead-source": {"before": None, "after": ["zillow", "web"]},
        "renewal": {"before": None, "after": 1_746_093_600_000},
    }
    await desk.change(record=record, audited=changes)
    await desk.settle()
    [sent] = desk.receiver.deliveries
    notification = sent.json()[0]
    assert notification["person"] == {
        "name": "Rosa", "segment": "Buyer", "stage": "Active", "step": "Call back",
        "lastChanged": 1_746_093_600_000,
        "customFields": [
            {"id": "lead-source", "type": "keywords", "value": ["Zillow Leads", "web"]},
            {"id": "renewal", "type": "date", "value": "2025-05-01"},
        ],
    }  # fmt: skip
    assert notification["changes"] == {
        "segment": {"before": "none", "after": "Buyer"},
        "lead-source": {"before": None, "after": ["Zillow Leads", "web"]},
        "renewal": {"before": None, "after": "2025-05-01"},
    }


async def test_many_subscriptions_each_get_their_own(desk: Desk) -> None:
    ids = [await desk.subscribe(target_url=f"{desk.receiver.url}/{n}") for n in range(20)]
    await desk.change()
    await desk.settle()
    got = {d.path: d.headers["x-cloze-subscription-id"] for d in desk.receiver.deliveries}
    assert got == {f"/{n}": uniqueid for n, uniqueid in enumerate(ids)}
