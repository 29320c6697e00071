"""The delivery state machine (contract 5.5) against a real receiver, with a clock that only the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.crm.webhooks import Desk, open_desk
from tests.receiver import Receiver, hang_up, ok, redirect, slow, status, status_ok, text
from tieline.errors import NotFound
from tieline.store.database import Database


@pytest.fixture
async def desk(database: Database, receiver: Receiver) -> AsyncIterator[Desk]:
    async with open_desk(database, receiver) as opened:
        yield opened


async def test_a_confirmed_delivery_is_counted(desk: Desk) -> None:
    await desk.subscribe()
    desk.receiver.answers(ok(), status_ok())
    await desk.change()
    await desk.change()
    await desk.settle()
    assert await desk.states() == ["delivered", "delivered"]
    usage = await desk.usage()
    assert (usage.success_count, usage.fail_count) == (2, 0)
    assert usage.last_successful_send == usage.last_send_attempt == 1_800_000_000_000


async def test_the_ladder_of_an_audit_subscription(desk: Desk) -> None:
    await desk.subscribe()
    desk.receiver.default = status(500)
    await desk.change()
    for seconds, attempts in [(0, 1), (29, 1), (1, 2), (89, 2), (1, 3), (269, 3), (1, 4), (100_000, 4)]:
        await desk.settle(seconds)
        assert len(desk.receiver.deliveries) == attempts
    assert await desk.states() == ["failed"]
    ids = {d.headers["webhook-id"] for d in desk.receiver.deliveries}
    bodies = {d.body for d in desk.receiver.deliveries}
    assert len(ids) == len(bodies) == 1
    subscription = await desk.subscription()
    assert ((await desk.usage()).fail_count, (await desk.usage()).success_count) == (4, 0)
    assert not subscription.suspended  # given up silently


async def test_a_plain_subscription_is_tried_once_more(desk: Desk) -> None:
    await desk.subscribe("person.change")
    desk.receiver.default = status(503)
    await desk.change()
    for seconds, attempts in [(0, 1), (29, 1), (1, 2), (10_000, 2)]:
        await desk.settle(seconds)
        assert len(desk.receiver.deliveries) == attempts
    assert await desk.states() == ["failed"]


async def test_a_retry_that_is_confirmed_ends_the_ladder(desk: Desk) -> None:
    await desk.subscribe()
    desk.receiver.answers(hang_up(), status(500), ok())
    await desk.change()
    for seconds in (0, 30, 90, 270):
        await desk.settle(seconds)
    assert len(desk.receiver.deliveries) == 3
    assert await desk.states() == ["delivered"]
    usage = await desk.usage()
    assert (usage.success_count, usage.fail_count) == (1, 2)


async def test_order_and_a_retry_that_does_not_hold_up_what_follows(desk: Desk) -> None:
    await desk.subscribe()
    desk.receiver.answers(ok(), status(500), slow(0.2), ok())
    for name in ("a", "b", "c", "d"):
        await desk.change(name)
    await desk.settle()
    assert [d.json()[0]["person"]["name"] for d in desk.receiver.deliveries] == ["a", "b", "c", "d"]
    assert await desk.states() == ["delivered", "waiting", "delivered", "delivered"]
    await desk.settle(30)
    assert desk.receiver.deliveries[-1].json()[0]["person"]["name"] == "b"
    assert (await desk.states())[1] == "delivered"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (text("Accepted"), "confirm"),
        (text("", status=204), "confirm"),
        (text('{"status": "no"}', content_type="application/json"), "confirm"),
        (text("OK", content_type="text/html"), "confirm"),
        (status(404), "404"),
        (status(410), "410"),
        (status(304), "304"),
        (text("x" * 100_000), "more than"),
        (redirect("http://10.0.0.1/"), "private address"),
        (redirect("ftp://example.org/"), "http"),
    ],
)
async def test_a_bad_answer_suspends_at_once(desk: Desk, answer: object, reason: str) -> None:
    await desk.subscribe()
    desk.receiver.default = answer  # type: ignore[assignment]
    await desk.change()
    await desk.settle()
    subscription = await desk.subscription()
    assert subscription.suspended is True
    assert reason in str((await desk.usage()).suspend_reason)
    assert (await desk.usage()).suspend_date == 1_800_000_000_000
    assert await desk.states() == ["failed"]
    await desk.settle(1000)
    assert len(desk.receiver.deliveries) == 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_two_redirects_are_followed_and_a_third_suspends(desk: Desk, code: int) -> None:
    await desk.subscribe()
    desk.receiver.answers(redirect("/b", code), redirect("/c", code), ok())
    await desk.change()
    await desk.settle()
    assert [(d.method, d.path) for d in desk.receiver.deliveries] == [
        ("POST", "/hook"), ("POST", "/b"), ("POST", "/c"),
    ]  # fmt: skip
    assert len({d.body for d in desk.receiver.deliveries}) == 1
    assert desk.receiver.deliveries[2].headers["x-cloze-subscription-id"]
    assert not (await desk.subscription()).suspended
    desk.receiver.clear()
    desk.receiver.default = redirect("/again", code)
    await desk.change()
    await desk.settle()
    assert len(desk.receiver.deliveries) == 3
    assert "redirected" in str((await desk.usage()).suspend_reason)


async def test_no_answer_in_time_is_a_failure(database: Database, receiver: Receiver) -> None:
    async with open_desk(database, receiver, delivery_timeout=0.2) as desk:
        await desk.subscribe()
        receiver.answers(slow(3))
        await desk.change()
        await desk.settle()
        [logged] = await desk.rows("delivery_attempt")
        assert (logged["outcome"], logged["status"]) == ("failure", None)
        assert "did not answer" in logged["error"]
        assert logged["duration"] >= 150
        assert await desk.states() == ["waiting"]


async def test_the_log_keeps_every_attempt(desk: Desk) -> None:
    await desk.subscribe()
    desk.receiver.answers(text("broken\0" + "x" * 5000, status=500), ok())
    await desk.change()
    await desk.settle()
    await desk.settle(30)
    first, second = await desk.rows("delivery_attempt")
    assert (first["outcome"], first["status"], first["at"]) == ("failure", 500, 1_800_000_000_000)
    assert first["answer"].startswith("brokenx")
    assert len(first["answer"]) <= 2048
    assert (second["outcome"], second["status"], second["answer"]) == ("success", 200, "OK")
    assert second["at"] == 1_800_000_030_000


async def test_more_than_five_failures_in_a_minute_suspend_and_drop_what_waits(desk: Desk) -> None:
    await desk.subscribe()
    desk.receiver.default = status(500)
    for n in range(8):
        await desk.change(str(n))
    await desk.settle()
    subscription = await desk.subscription()
    assert subscription.suspended is True
    assert "within a minute" in str((await desk.usage()).suspend_reason)
    assert (await desk.usage()).fail_count == 6
    assert await desk.states() == ["dropped"] * 5 + ["failed"] + ["dropped"] * 2
    await desk.change("later")  # changes while suspended are not queued
    await desk.settle(1000)
    assert len(await desk.rows("delivery")) == 8
    assert len(desk.receiver.deliveries) == 6


async def test_failures_spread_over_time_are_counted_in_sliding_windows(desk: Desk) -> None:
    await desk.subscribe("person.change")
    desk.receiver.default = status(500)
    for n in range(5):  # with its one retry, each change fails twice
        await desk.change(str(n))
        await desk.settle()
        await desk.settle(30)
        await desk.settle(330)
    assert not (await desk.subscription()).suspended  # ten failures within half an hour
    await desk.change("eleventh")
    await desk.settle()
    assert "11 deliveries failed within an hour" in str((await desk.usage()).suspend_reason)


async def test_a_tenth_of_a_day_suspends(database: Database, receiver: Receiver) -> None:
    async with open_desk(
        database, receiver, suspend_day_minimum=3, suspend_minute=100, suspend_hour=100, delivery_retries=()
    ) as desk:
        await desk.subscribe()
        receiver.answers(*[ok()] * 27, status(500), status(500), status(500))
        for n in range(30):
            await desk.change(str(n))
        await desk.settle()
        assert not (await desk.subscription()).suspended  # 3 of 30 is not more than a tenth
        receiver.answers(status(500))
        await desk.change("one more")
        await desk.settle()
        assert "4 of 31" in str((await desk.usage()).suspend_reason)


async def test_failures_of_yesterday_are_forgotten(database: Database, receiver: Receiver) -> None:
    async with open_desk(database, receiver, suspend_day=3, delivery_retries=()) as desk:
        await desk.subscribe()
        receiver.default = status(500)
        for day in range(6):
            await desk.change(str(day))
            await desk.settle()
            await desk.change(f"{day} again")
            await desk.settle(24 * 3600)
        assert not (await desk.subscription()).suspended


async def test_resuming_starts_anew(desk: Desk) -> None:
    uniqueid = await desk.subscribe()
    desk.receiver.default = status(500)
    for n in range(6):
        await desk.change(str(n))
    await desk.settle()
    assert (await desk.subscription()).suspended
    desk.clock.forward(5)
    await desk.resume(uniqueid)
    subscription = await desk.subscription()
    assert not subscription.suspended
    usage = await desk.usage()
    assert (usage.success_count, usage.fail_count, usage.resume_date) == (0, 0, 1_800_000_005_000)
    await desk.change("after")  # one failure more does not count the old ones
    await desk.settle()
    subscription = await desk.subscription()
    assert not subscription.suspended
    assert (await desk.usage()).fail_count == 1
    await desk.resume(uniqueid)  # an active one stays as it is
    assert (await desk.usage()).fail_count == 1
    with pytest.raises(NotFound):
        await desk.resume("unknown")


async def test_an_expired_subscription_is_never_called_again_and_swept(desk: Desk) -> None:
    await desk.subscribe(ttl=60)
    desk.receiver.answers(status(500))
    await desk.change("in time")
    await desk.settle()
    desk.clock.forward(60)
    await desk.change("too late")
    assert await desk.subscriptions() == []
    await desk.settle()
    assert len(desk.receiver.deliveries) == 1
    await desk.sweep()
    assert await desk.rows("subscription") == []
    assert await desk.rows("delivery") == []


async def test_the_log_is_kept_for_the_days_of_the_setting(desk: Desk) -> None:
    await desk.subscribe()
    await desk.change("old")
    await desk.settle()
    desk.clock.forward(29 * 24 * 3600)
    await desk.change("new")
    await desk.settle()
    desk.clock.forward(2 * 24 * 3600)
    await desk.sweep()
    assert [d["change_id"] for d in await desk.rows("delivery")] == [2]
    assert len(await desk.rows("delivery_attempt")) == 1
    assert len(await desk.subscriptions()) == 1


async def test_unsubscribing_drops_what_waits(desk: Desk) -> None:
    uniqueid = await desk.subscribe()
    desk.receiver.default = status(500)
    await desk.change()
    await desk.settle()
    await desk.unsubscribe(uniqueid=uniqueid)
    await desk.settle(1000)
    assert len(desk.receiver.deliveries) == 1
    assert await desk.rows("delivery") == []


async def test_a_subscription_removed_while_it_is_called_leaves_no_trace(desk: Desk) -> None:
    uniqueid = await desk.subscribe()
    desk.receiver.answers(slow(0.3, status(500)))
    await desk.change()
    if desk.database.dialect == "sqlite":
        await desk.receiver.arrived(1)
    await desk.unsubscribe(uniqueid=uniqueid)
    await desk.settle()
    assert await desk.rows("delivery") == []
    assert await desk.rows("delivery_attempt") == []


async def test_retries_survive_a_restart(desk: Desk) -> None:
    await desk.subscribe()
    desk.receiver.answers(status(500), status(500))
    await desk.change()
    await desk.settle()
    await desk.restart()
    await desk.settle(30)
    assert len(desk.receiver.deliveries) == 2
    await desk.restart()
    await desk.settle(90)
    assert len(desk.receiver.deliveries) == 3
    assert await desk.states() == ["delivered"]


async def test_the_delays_are_settings(database: Database, receiver: Receiver) -> None:
    async with open_desk(database, receiver, delivery_retries=(1.0, 2.0)) as desk:
        await desk.subscribe()
        receiver.default = status(500)
        await desk.change()
        for seconds, attempts in [(0, 1), (1, 2), (1, 2), (1, 3), (1000, 3)]:
            await desk.settle(seconds)
            assert len(receiver.deliveries) == attempts


async def test_the_real_queue_retries_and_survives_a_restart(database: Database, receiver: Receiver) -> None:
    async with open_desk(database, receiver, real_time=True, delivery_retries=(0.05, 0.5)) as desk:
        await desk.subscribe()
        receiver.answers(status(500), status(500), ok())
        await desk.change("a")
        await desk.receiver.arrived(2)
        await desk.restart()
        await desk.receiver.arrived(3)
        await desk.change("b")
        await desk.receiver.arrived(4)
        await desk.settle()
        assert await desk.states() == ["delivered", "delivered"]
        assert [d.json()[0]["person"]["name"] for d in receiver.deliveries] == ["a", "a", "a", "b"]
        usage = await desk.usage()
        assert (usage.success_count, usage.fail_count) == (2, 2)
