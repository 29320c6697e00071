"""The structure of a webhook's events, taken from one of them into the blueprint (1.5, 3.6)."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from tieline.errors import NotFound
from tieline.expressions import from_json
from tieline.scenarios import hook_rules, library, structure, triggers
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import execution

LAST = Statement(
    select(execution.c.trigger)
    .where(
        execution.c.scenario_id == bindparam("scenario_id"),
        execution.c.type == "instant",
    )
    .order_by(execution.c.created.desc())
    .limit(1)
)


def learn(tx: Transaction, hook: Row, bundles: list[dict[str, Any]]) -> None:
    """A new version whose trigger knows the fields of these bundles; the hook waits for no more."""
    options = hook_rules.read_options(hook["options"])
    options.learning = False
    triggers.set_options(tx, int(hook["id"]), options)
    account_id, scenario_id = int(hook["account_id"]), int(hook["scenario_id"])
    blueprint = library.load_blueprint(tx, account_id, scenario_id)
    raw = copy.deepcopy(blueprint.raw)
    module = raw["flow"][0]
    metadata = module.get("metadata") if isinstance(module.get("metadata"), dict) else {}
    known = metadata.get("interface")
    spec: structure.Spec = known if isinstance(known, list) and all(map(_named, known)) else []
    for bundle in bundles:
        spec = structure.merged(spec, structure.detect(bundle))
    if spec == known:
        return
    module["metadata"] = {**metadata, "interface": spec}
    library.save_version(tx, account_id, scenario_id, raw, author="the webhook's structure")


def learn_from_last(tx: Transaction, hook: Row) -> None:
    """The same from the newest event in the history. Raises NotFound."""
    found = tx.scalar(LAST, {"scenario_id": int(hook["scenario_id"])})
    bundles = from_json(msgspec.json.decode(found)) if found is not None else None
    if not isinstance(bundles, list) or not bundles:
        raise NotFound("No event has come yet.", remedy="have the next one teach it")
    learn(tx, hook, [bundle for bundle in bundles if isinstance(bundle, dict)])


def _named(field: Any) -> bool:
    return isinstance(field, dict) and isinstance(field.get("name"), str)
