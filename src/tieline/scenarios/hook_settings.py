"""A webhook as its owner sees and changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tieline import ids
from tieline.errors import Conflict, NotFound
from tieline.scenarios import hook_rules, learning, library, triggers
from tieline.scenarios.blueprint import Blueprint
from tieline.scenarios.hook_rules import HookOptions
from tieline.scenarios.plan import HOOK
from tieline.store.database import Row, Transaction
from tieline.vault import Vault


class HookView(msgspec.Struct):
    """A webhook. `secret`: whether one is set; `structure`: the fields that its events are known to have."""

    url: str
    name: str
    active: bool
    secret: bool
    options: HookOptions
    structure: list[Any]


def show(tx: Transaction, account_id: int, scenario_id: int, base_url: str) -> HookView:
    """The webhook of a scenario. Raises NotFound when it has none, or none yet."""
    row = library.find(tx, account_id, scenario_id)
    found = triggers.hook_of(tx, scenario_id)
    if found is None:
        raise NotFound("The scenario has no webhook yet.", remedy="ask for its address, or switch it on")
    trigger = library.load_blueprint(tx, account_id, scenario_id).flow[0]
    metadata = trigger.get("metadata") if isinstance(trigger, dict) else None
    interface = metadata.get("interface") if isinstance(metadata, dict) else None
    return HookView(
        f"{base_url}/hooks/{found['token']}",
        str(found["name"]),
        bool(row["active"]),
        found["secret"] is not None,
        hook_rules.read_options(found["options"]),
        interface if isinstance(interface, list) else [],
    )


def change(
    tx: Transaction, account_id: int, scenario_id: int, given: Mapping[str, Any], vault: Vault
) -> str | None:
    """Change options; `secret`: a text, null to have none, `new_secret`: true to have one made, which is returned.

    Raises InvalidInput naming the field, Conflict for a scenario without a custom webhook.
    """
    found = ensure(tx, account_id, scenario_id)
    wanted = {name: value for name, value in given.items() if name not in {"secret", "new_secret"}}
    options = hook_rules.changed(hook_rules.read_options(found["options"]), wanted)
    triggers.set_options(tx, int(found["id"]), options)
    made: str | None = None
    if given.get("new_secret") is True:
        made = f"whsec_{ids.padded_secret()}" if options.check == "standard" else ids.secret()
        triggers.set_secret(tx, int(found["id"]), vault.encrypt(made))
    elif "secret" in given:
        secret = str(given["secret"] or "")
        triggers.set_secret(tx, int(found["id"]), vault.encrypt(secret) if secret else None)
    return made


def ensure(tx: Transaction, account_id: int, scenario_id: int) -> Row:
    """The hook of a custom webhook, made when there is none yet. Raises Conflict for other triggers."""
    library.find(tx, account_id, scenario_id)
    blueprint = library.load_blueprint(tx, account_id, scenario_id)
    if not has_webhook(blueprint):
        raise Conflict("The scenario does not begin with a custom webhook.", remedy="put one first")
    return triggers.ensure_hook(tx, account_id, scenario_id, int(blueprint.flow[0]["id"]), blueprint.name)


def has_webhook(blueprint: Blueprint) -> bool:
    """True when the scenario begins with a custom webhook."""
    return blueprint.flow[0].get("module") == HOOK and isinstance(blueprint.flow[0].get("id"), int)


def learn(tx: Transaction, account_id: int, scenario_id: int, *, last: bool) -> None:
    """Take the structure from the newest event, or from the next one. Raises NotFound, Conflict."""
    found = ensure(tx, account_id, scenario_id)
    if last:
        learning.learn_from_last(tx, found)
        return
    options = hook_rules.read_options(found["options"])
    options.learning = True
    triggers.set_options(tx, int(found["id"]), options)
