"""Whether executions wait for one another, and whether a scenario may set itself off: set in the blueprint (1.3, 1.22)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import msgspec

from tieline.errors import InvalidInput
from tieline.expressions import find_errors
from tieline.scenarios import library
from tieline.scenarios.blueprint import EXTENSION, Blueprint
from tieline.store.database import Transaction


class Order(msgspec.Struct):
    """`sequential`: one execution at a time. `sequence`: in order for each value of this expression on the trigger."""

    sequential: bool = False
    sequence: str = ""
    allow_self_trigger: bool = False


def order_of(blueprint: Blueprint) -> Order:
    """What a blueprint says."""
    return Order(
        blueprint.settings.get("sequential") is True,
        str(blueprint.extensions.get("sequence") or ""),
        blueprint.extensions.get("allow_self_trigger") is True,
    )


def set_order(
    tx: Transaction, account_id: int, scenario_id: int, given: Mapping[str, Any], author: str
) -> Order:
    """Change some of it; a change makes a version. Raises InvalidInput."""
    blueprint = library.load_blueprint(tx, account_id, scenario_id)
    before = order_of(blueprint)
    try:
        wanted = msgspec.convert({**msgspec.structs.asdict(before), **given}, Order)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            str(error).partition(" - ")[0], field=str(error).rpartition("$.")[2].strip("`")
        ) from None
    if unknown := given.keys() - set(Order.__struct_fields__):
        raise InvalidInput("is unknown", field=sorted(unknown)[0])
    wanted.sequence = wanted.sequence.strip()
    if wanted.sequence and (errors := find_errors(wanted.sequence)):
        raise InvalidInput(errors[0].message, field="sequence", remedy=errors[0].remedy)
    if wanted != before:
        library.save_version(tx, account_id, scenario_id, _changed(blueprint, wanted), author=author)
    return wanted


def _changed(blueprint: Blueprint, order: Order) -> dict[str, Any]:
    raw = copy.deepcopy(blueprint.raw)
    metadata = _object(raw.get("metadata"))
    settings = _object(metadata.get("scenario"))
    kept = _object(metadata.get(EXTENSION))
    ours = {name: value for name, value in kept.items() if name not in {"sequence", "allow_self_trigger"}}
    if order.sequence:
        ours["sequence"] = order.sequence
    if order.allow_self_trigger:
        ours["allow_self_trigger"] = True
    made = {**metadata, "scenario": {**settings, "sequential": order.sequential}}
    made.pop(EXTENSION, None)
    return {**raw, "metadata": {**made, EXTENSION: ours} if ours else made}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
