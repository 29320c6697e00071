"""Changes of an account's words: what is renamed, moved or taken away, and what records lose by it.

The functions take settings and return changed ones; `save_settings` checks and stores them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import bindparam, func, select

from tieline.crm.access import Caller
from tieline.crm.settings import AccountSettings, FieldSetting, StepSetting, ViewSetting
from tieline.errors import InvalidInput, NotFound
from tieline.store.database import Statement, Transaction
from tieline.store.tables import relation

T = TypeVar("T")
STEPS: Final = Statement(
    select(relation.c.step, func.count().label("number"))
    .where(relation.c.account_id == bindparam("account_id"), relation.c.step.is_not(None))
    .group_by(relation.c.step)
)
WITH_FIELD: Final = Statement(
    select(func.count())
    .select_from(relation)
    .where(relation.c.account_id == bindparam("account_id"), relation.c.document.like(bindparam("pattern")))
)


def records_at_steps(tx: Transaction, caller: Caller) -> dict[str, int]:
    """Step to the number of records that stand at it."""
    return {row["step"]: row["number"] for row in tx.all(STEPS, {"account_id": caller.account_id})}


def records_with_field(tx: Transaction, caller: Caller, field_id: str) -> int:
    """How many records have a value of a custom field."""
    written = msgspec.json.encode(field_id).decode()
    values = {"account_id": caller.account_id, "pattern": f'%"customFields":[%"id":{written}%'}
    return int(tx.scalar(WITH_FIELD, values) or 0)


def rename_step(settings: AccountSettings, key: str, label: str) -> AccountSettings:
    """The same step under another name. Raises NotFound, InvalidInput."""
    step = _one(settings.steps, "key", key, "step")
    return _replaced(settings, "steps", step, msgspec.structs.replace(step, label=_named(label)))


def move_step(settings: AccountSettings, key: str, by: int) -> AccountSettings:
    """The step earlier (-1) or later (1) among those of its segment and stage. Raises NotFound."""
    step = _one(settings.steps, "key", key, "step")
    beside = [one for one in settings.steps if (one.segment, one.stage) == (step.segment, step.stage)]
    return msgspec.structs.replace(settings, steps=_moved(settings.steps, beside, step, by))


def without_step(settings: AccountSettings, key: str) -> AccountSettings:
    """The settings without that step. Raises NotFound."""
    step: StepSetting = _one(settings.steps, "key", key, "step")
    return msgspec.structs.replace(settings, steps=[one for one in settings.steps if one is not step])


def change_field(settings: AccountSettings, changed: FieldSetting) -> AccountSettings:
    """Another name, description, choices or kinds for a field; a shipped one is kept as the account's own.

    The type stays: stored values are of that type. Raises NotFound.
    """
    known = settings.custom_field(changed.id)
    if known is None:
        raise NotFound("The field was not found")
    made = msgspec.structs.replace(changed, id=known.id, type=known.type, label=_named(changed.label))
    if any(one.id == known.id for one in settings.fields):
        return _replaced(settings, "fields", known, made)
    return msgspec.structs.replace(settings, fields=[*settings.fields, made])


def move_field(settings: AccountSettings, field_id: str, by: int) -> AccountSettings:
    """The field earlier (-1) or later (1) among the account's own. Raises NotFound."""
    found: FieldSetting = _one(settings.fields, "id", field_id, "field")
    return msgspec.structs.replace(settings, fields=_moved(settings.fields, settings.fields, found, by))


def without_field(settings: AccountSettings, field_id: str) -> AccountSettings:
    """The settings without that definition: a shipped field is as shipped again. Raises NotFound."""
    found: FieldSetting = _one(settings.fields, "id", field_id, "field")
    return msgspec.structs.replace(settings, fields=[one for one in settings.fields if one is not found])


def with_view(settings: AccountSettings, view: ViewSetting) -> AccountSettings:
    """A view added, or changed when there is one of that kind and id. Raises InvalidInput."""
    made = msgspec.structs.replace(view, label=_named(view.label))
    others = [one for one in settings.views if (one.kind, one.id) != (view.kind, view.id)]
    if len(others) == len(settings.views):
        return msgspec.structs.replace(settings, views=[*settings.views, made])
    views = [made if (one.kind, one.id) == (view.kind, view.id) else one for one in settings.views]
    return msgspec.structs.replace(settings, views=views)


def without_view(settings: AccountSettings, kind: str, view_id: str) -> AccountSettings:
    """The settings without that view. Raises NotFound."""
    left = [one for one in settings.views if (one.kind, one.id) != (kind, view_id)]
    if len(left) == len(settings.views):
        raise NotFound("The view was not found")
    return msgspec.structs.replace(settings, views=left)


def move_view(settings: AccountSettings, kind: str, view_id: str, by: int) -> AccountSettings:
    """The view earlier (-1) or later (1) among the account's own of that kind. Raises NotFound."""
    beside = [one for one in settings.views if one.kind == kind]
    view: ViewSetting = _one(beside, "id", view_id, "view")
    return msgspec.structs.replace(settings, views=_moved(settings.views, beside, view, by))


def _named(label: str) -> str:
    if not label.strip():
        raise InvalidInput("is required", field="label", remedy="give it a name")
    return label.strip()


def _one(every: Sequence[T], member: str, value: str, noun: str) -> T:
    found = next((one for one in every if getattr(one, member) == value), None)
    if found is None:
        raise NotFound(f"The {noun} was not found")
    return found


def _replaced(settings: AccountSettings, member: str, old: Any, new: Any) -> AccountSettings:
    changed = [new if one is old else one for one in getattr(settings, member)]
    return msgspec.structs.replace(settings, **{member: changed})


def _moved(every: Sequence[T], beside: Sequence[T], one: T, by: int) -> list[T]:
    """The list with `one` in the place of its neighbour, if it has one on that side."""
    made, place = list(every), next(n for n, other in enumerate(beside) if other is one) + by
    if 0 <= place < len(beside):
        first, second = (next(n for n, other in enumerate(made) if other is x) for x in (one, beside[place]))
        made[first], made[second] = made[second], made[first]
    return made
