"""Hooks: the addresses of instant triggers, and what comes in there (1.13, 3.6, 4.7)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from tieline import clock, ids
from tieline.errors import Conflict
from tieline.modules import runner
from tieline.scenarios.hook_bodies import bundles_of_request, decode_json
from tieline.scenarios.hook_rules import HookOptions
from tieline.scenarios.plan import Node
from tieline.scenarios.replies import Reply
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import binding, connection, hook, scenario

BY_TOKEN = Statement(
    select(hook, scenario.c.active, scenario.c.scheduling, scenario.c.version)
    .join(scenario, scenario.c.id == hook.c.scenario_id)
    .where(hook.c.token == bindparam("token"))
)
BY_MODULE = Statement(
    select(hook).where(
        hook.c.scenario_id == bindparam("scenario_id"), hook.c.module_id == bindparam("module_id")
    )
)
OF_SCENARIO = Statement(
    select(hook).where(hook.c.scenario_id == bindparam("scenario_id")).order_by(hook.c.id.desc())
)
REGISTERED = Statement(
    update(hook)
    .where(hook.c.id == bindparam("wanted"))
    .values(event=bindparam("event_"), external_id=bindparam("external"))
)
OPTIONS = Statement(
    update(hook).where(hook.c.id == bindparam("wanted")).values(options=bindparam("options_"))
)
SECRET = Statement(update(hook).where(hook.c.id == bindparam("wanted")).values(secret=bindparam("secret_")))
OWN = Statement(
    select(connection.c.id).where(
        connection.c.account_id == bindparam("account_id"), connection.c.url.is_(None)
    )
)
CONNECTION = Statement(
    select(connection)
    .join(binding, binding.c.local_id == connection.c.id)
    .where(
        binding.c.scenario_id == bindparam("scenario_id"),
        binding.c.kind == bindparam("kind"),
        binding.c.foreign_id == bindparam("foreign_id"),
        connection.c.account_id == bindparam("account_id"),
    )
)


HARMLESS = (("Content-Security-Policy", "sandbox"), ("X-Content-Type-Options", "nosniff"))


class HookAnswer(msgspec.Struct, frozen=True):
    """What the sender of an event is answered."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_scenario(cls, reply: Reply) -> HookAnswer:
        """What a scenario answers. Its text may not act as a page of this server."""
        kind = next((value for name, value in reply.headers if name.lower() == "content-type"), "text/plain")
        rest = tuple((name, value) for name, value in reply.headers if name.lower() != "content-type")
        return cls(reply.status, kind, reply.body, (*rest, *HARMLESS))


CONFIRMED = HookAnswer(200, "application/json", b'{"status": "ok"}')
ACCEPTED = HookAnswer(200, "text/plain", b"Accepted")
GONE = HookAnswer(
    410,
    "application/json",
    b'{"status": "gone", "message": "The scenario is off, or there is no such webhook."}',
)


def ensure_hook(tx: Transaction, account_id: int, scenario_id: int, module_id: int, name: str) -> Row:
    """The hook of a trigger, made when it is first needed; it keeps its address."""
    row = tx.one(BY_MODULE, {"scenario_id": scenario_id, "module_id": module_id})
    if row is None:
        values = {
            "account_id": account_id,
            "scenario_id": scenario_id,
            "module_id": module_id,
            "name": name or f"Tieline scenario {scenario_id}",
            "token": ids.secret(24),
            "created": clock.now_ms(),
        }
        tx.insert(hook, values)
        row = tx.one(BY_MODULE, {"scenario_id": scenario_id, "module_id": module_id})
        assert row is not None
    return row


def registered(tx: Transaction, hook_id: int, event: str, external_id: str | None) -> None:
    """Remember the subscription at the other side; None when it is removed."""
    tx.run(REGISTERED, {"wanted": hook_id, "event_": event, "external": external_id})


def set_options(tx: Transaction, hook_id: int, options: HookOptions) -> None:
    """Store who may send and what is made of it."""
    tx.run(OPTIONS, {"wanted": hook_id, "options_": msgspec.json.encode(options).decode()})


def set_secret(tx: Transaction, hook_id: int, encrypted: bytes | None) -> None:
    """Store what senders have to know, or nothing."""
    tx.run(SECRET, {"wanted": hook_id, "secret_": encrypted})


def hook_by_token(tx: Transaction, token: str) -> Row | None:
    """The hook of an address, and whether its scenario is active."""
    return tx.one(BY_TOKEN, {"token": token})


def hook_of(tx: Transaction, scenario_id: int) -> Row | None:
    """The hook of a scenario."""
    return tx.one(OF_SCENARIO, {"scenario_id": scenario_id})


def own_connections(tx: Transaction, account_id: int) -> set[int]:
    """The connections to accounts of this server."""
    return {int(row["id"]) for row in tx.all(OWN, {"account_id": account_id})}


def resource_of(node: Node) -> tuple[str, str]:
    """(kind, foreign id) of the resource that a module names in its parameters."""
    for key, kind in (("__IMTCONN__", "connection"), ("account", "connection"), ("__IMTHOOK__", "hook")):
        if key in node.parameters:
            return kind, str(node.parameters[key])
    return "connection", ""


def connection_of(tx: Transaction, account_id: int, scenario_id: int, resource: tuple[str, str]) -> Row:
    """The connection bound to a resource. Raises Conflict when there is none."""
    kind, foreign = resource
    row = tx.one(
        CONNECTION,
        {"account_id": account_id, "scenario_id": scenario_id, "kind": kind, "foreign_id": foreign},
    )
    if row is None:
        raise Conflict(
            f"The {kind} {foreign or 'of the module'} is not connected to an account.", remedy="connect it"
        )
    return row


def bundles_of(
    trigger: Node,
    headers: Mapping[str, str],
    query: Mapping[str, Any],
    body: bytes,
    *,
    stringify: bool = False,
) -> list[dict[str, Any]]:
    """The bundles of an event. Raises InvalidInput for a body that cannot be read."""
    if trigger.module is not None:
        return runner.parse_event(trigger.module, decode_json(body))
    return bundles_of_request(headers, query, body, stringify=stringify)


def dedupe_key(headers: Mapping[str, str], body: bytes) -> str | None:
    """What makes a repeated delivery of the same event the same event."""
    given = headers.get("webhook-id")
    if given:
        return f"id:{given[:200]}"
    # Cloze sends no id, but its retries repeat the body, and the body carries the moment of the change.
    subscription = headers.get("x-cloze-subscription-id")
    return f"body:{hashlib.sha256(subscription.encode() + body).hexdigest()}" if subscription else None
