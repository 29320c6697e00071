"""What sets scenarios off: due times, webhooks, the queue of events."""

from __future__ import annotations

from typing import Any

import msgspec

from tieline.control.frame import Context
from tieline.errors import InvalidInput
from tieline.scenarios import chains, due, hook_settings, library, ordering, queue, schedule, state
from tieline.store.database import Transaction

MOST = 1000


async def next_times(context: Context) -> Any:
    """When a scenario is due next: `count` times (10), and what becomes of those that are missed."""
    asked = context.request.query_params.get("count", "10")
    count = min(int(asked), MOST) if asked.isdecimal() else 10

    def read(tx: Transaction) -> dict[str, Any]:
        found = library.get_scenario(tx, context.account.account_id, context.number)
        zone = state.timezone(tx, context.account.account_id)
        return {
            "scheduling": found.scheduling,
            "timezone": schedule.zone_of(found.scheduling, zone).key,
            "missed": found.scheduling.get("missed") or "once",
            "active": found.active,
            "upcoming": due.coming(found.scheduling, found.next_run, zone, count),
        }

    return await context.database.read(read)


async def show_hook(context: Context) -> Any:
    """The webhook of a scenario: its address, who may send, the structure of its events."""
    return await context.database.read(
        hook_settings.show, context.account.account_id, context.number, context.settings.base_url
    )


async def change_hook(context: Context) -> Any:
    """Make the webhook if there is none yet, and change its options."""
    body, account = await context.body(), context.account
    made = await context.database.write(
        hook_settings.change, account.account_id, context.number, body, context.vault
    )
    shown = msgspec.to_builtins(await show_hook(context))
    return {**shown, "new_secret": made} if made is not None else shown


async def learn(context: Context) -> Any:
    """Have the structure taken from the `next` event, or from the `last` one."""
    wanted = (await context.body()).get("from", "next")
    if wanted not in {"next", "last"}:
        raise InvalidInput("must be next or last", field="from")
    await context.database.write(
        hook_settings.learn, context.account.account_id, context.number, last=wanted == "last"
    )
    return await show_hook(context)


async def show_queue(context: Context) -> Any:
    """The events that wait, oldest first."""

    def read(tx: Transaction) -> list[queue.Waiting]:
        library.find(tx, context.account.account_id, context.number)
        return queue.queue_of(tx, context.account.account_id, context.number, MOST)

    return await context.database.read(read)


async def run_queued(context: Context) -> Any:
    """Let events run before their due time: one, or all that wait."""
    wanted, account_id = context.request.path_params.get("execution"), context.account.account_id

    def write(tx: Transaction) -> list[str]:
        library.find(tx, account_id, context.number)
        if wanted is None:
            return queue.release(tx, context.number, MOST)
        queue.run_now(tx, account_id, context.number, wanted)
        return [wanted]

    return {"running": await context.database.write(write)}


async def take_out(context: Context) -> Any:
    """Take events out of the queue: one, or all."""
    wanted, account = context.request.path_params.get("execution"), context.account

    def write(tx: Transaction) -> list[str]:
        library.find(tx, account.account_id, context.number)
        gone = (
            [wanted]
            if wanted
            else [w.id for w in queue.queue_of(tx, account.account_id, context.number, MOST)]
        )
        for one in gone:
            queue.take_out(tx, account.account_id, context.number, one, account.email)
        return gone

    return {"removed": await context.database.write(write)}


async def polled_items(context: Context) -> Any:
    """The newest items of a polling trigger, to start with one of them."""
    return await context.engine.items(context.account.account_id, context.number)


async def start_at(context: Context) -> Any:
    """Choose where a polling trigger starts: {"from": now | since | all | id, "date": …, "id": …}."""
    return await context.engine.start_at(context.account.account_id, context.number, await context.body())


async def show_chains(context: Context) -> Any:
    """Which scenarios set off which in the last `days` (30), and the loops among them."""
    asked = context.request.query_params.get("days", "")
    days = min(int(asked), MOST) if asked.isdecimal() else chains.DAYS
    return await context.database.read(chains.chains, context.account.account_id, days)


async def show_order(context: Context) -> Any:
    """Whether executions wait for one another, and whether the scenario may set itself off."""
    return ordering.order_of(
        await context.database.read(library.load_blueprint, context.account.account_id, context.number)
    )


async def set_order(context: Context) -> Any:
    """Change that: a new version."""
    body, account = await context.body(), context.account
    return await context.database.write(
        ordering.set_order, account.account_id, context.number, body, account.email
    )
