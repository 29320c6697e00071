"""The audit trail on the timeline (2.8): filters `audit` and `nextstep`, paged with the entries, seen by whom they concern."""

from __future__ import annotations

from typing import Any

from tests.conftest import FakeClock
from tests.servers import RunningServer

ROSA = {"emails": [{"value": "rosa@x.example"}]}


def page(api: RunningServer, **asked: Any) -> Any:
    found = api.post("/v1/people/timeline", {"id": "rosa@x.example", **asked})
    assert found["errorcode"] == 0, found
    return found


def messages(api: RunningServer, refs: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.post("/v1/messages/get", {"messages": refs})["messages"]
    return found


def test_changes_are_told(api: RunningServer) -> None:
    api.post("/v1/people/create", {**ROSA, "name": "Rosa", "stage": "lead", "segment": "customer"})
    api.post("/v1/people/update", {**ROSA, "stage": "current"})
    api.post("/v1/people/update", {**ROSA, "headline": "Buyer"})  # not audited
    api.post(
        "/v1/people/update", {**ROSA, "customFields": [{"id": "role", "type": "keyword", "value": "cxo"}]}
    )
    refs = page(api, filter=["audit"])["messages"]
    found = messages(api, refs)
    assert [one["subject"] for one in found] == [
        "Role: none → CXO",
        "Stage: Lead → Active",
        "Segment: none → Customers; Stage: none → Lead",
    ]
    assert found[1]["changes"] == {"stage": {"before": "lead", "after": "current"}}
    assert {one["style"] for one in found} == {"audit"}
    assert api.post("/v1/messages/body", {"key": refs[1]["key"]})["body"] == "Stage: Lead → Active"
    assert page(api)["messages"] == [], "only when they are asked for"
    assert page(api, filter=["nextstep"])["messages"] == []
    assert page(api, filter=["audit"], remindersOnly=True)["messages"] == []
    other = api.with_account()
    assert messages(other, refs) == []
    assert other.post("/v1/messages/body", {"key": refs[0]["key"]})["errorcode"] == 404
    for key in ("audit-", "audit-x", "audit-999999999999999999999", "audit-0"):
        assert messages(api, [{"key": key}]) == []


def test_pages_of_entries_and_changes(sqlite_api: RunningServer, fake_clock: FakeClock) -> None:
    """Nothing is left out or told twice, whatever the size of a page."""
    api = sqlite_api
    for number in range(6):
        fake_clock.advance(60)
        api.post("/v1/people/update", {**ROSA, "name": "Rosa", "stage": ("lead", "current")[number % 2]})
        fake_clock.advance(60)
        note = {"style": "note", "source": "n.example", "uniqueid": str(number), "body": "x"}
        api.post("/v1/timeline/content/create", {**note, "references": [{"value": "rosa@x.example"}]})
    both = {"filter": ["note", "audit"]}
    whole = page(api, limit=100, **both)["messages"]
    assert len(whole) == 12
    styles = [one["style"] for one in messages(api, whole)]
    assert styles == ["note", "audit"] * 6
    for limit in (1, 3, 5):
        seen: list[Any] = []
        stamp: dict[str, Any] = {}
        while True:
            found = page(api, limit=limit, **both, **stamp)
            seen += found["messages"]
            if "stamp" not in found:
                break
            stamp = {"stamp": found["stamp"]}
        assert seen == whole


def test_next_steps(api: RunningServer) -> None:
    from tieline.crm.settings import AccountSettings, StepSetting, save_settings

    steps = [StepSetting("customer", "lead", "s-1", "Call"), StepSetting("customer", "lead", "s-2", "Write")]
    api.write(save_settings, api.account_id, AccountSettings(steps=steps))
    api.post("/v1/people/create", {**ROSA, "name": "Rosa", "stage": "lead", "segment": "customer"})
    for step in ("Call", "Write"):
        api.post("/v1/people/update", {**ROSA, "step": step})
    found = messages(api, page(api, filter=["nextstep"])["messages"])
    assert [(one["style"], one["subject"]) for one in found] == [
        ("nextstep", "Step: Call → Write"),
        ("nextstep", "Step: none → Call"),
    ]
    assert len(page(api, filter=["audit"])["messages"]) == 3
