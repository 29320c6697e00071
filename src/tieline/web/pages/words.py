"""Settings of an account's words: steps, custom fields and views are added, renamed, moved and taken away."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieline import ids
from tieline.crm import rewording
from tieline.crm.access import Caller
from tieline.crm.settings import AccountSettings, FieldSetting, StepSetting, ViewSetting, load_settings
from tieline.errors import InvalidInput, NotFound
from tieline.records import normalize
from tieline.records.kinds import KINDS
from tieline.records.vocabulary import SHIPPED_FIELDS
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database
from tieline.web.forms import values_of
from tieline.web.page import render
from tieline.web.pages.account import change

P = ParamSpec("P")
T = TypeVar("T")
MOVES = {"up": -1, "down": 1}


async def add_step(request: Request) -> Response:
    """A step at a segment and stage."""
    values = await values_of(request)
    label = _required(values, "label", "name what is next, such as “Send offer”")
    step = StepSetting(values.get("segment", ""), values.get("stage", ""), f"s-{ids.secret(6)}", label)

    def act(stored: AccountSettings) -> AccountSettings:
        return _with(stored, steps=[*stored.steps, step])

    return await change(request, act, "#steps", "Step added.")


async def change_step(request: Request) -> Response:
    """Rename it, or move it among those of its place."""
    key, values = request.path_params["step"], await values_of(request)

    def act(stored: AccountSettings) -> AccountSettings:
        if values.get("move") in MOVES:
            return rewording.move_step(stored, key, MOVES[values["move"]])
        return rewording.rename_step(stored, key, values.get("label", ""))

    return await change(request, act, "#steps", "Step saved.")


async def ask_step(request: Request) -> Response:
    """What is lost with a step."""
    key = request.path_params["step"]
    stored, counts = await _read(request, rewording.records_at_steps)
    step = next((one for one in stored.steps if one.key == key), None)
    if step is None:
        raise NotFound("The step was not found")
    lost = [
        f"{_records(counts.get(key, 0), 'stand')} at this step: they keep its key {key}, without the name.",
        "They no longer sort by it, and nobody can choose it.",
    ]
    return await _ask(request, f"the step “{step.label}”", lost, "#steps")


async def ask_field(request: Request) -> Response:
    """What is lost with a custom field."""
    field_id = request.path_params["field"]
    stored, count = await _read(request, rewording.records_with_field, field_id)
    found = stored.custom_field(field_id)
    if found is None:
        raise NotFound("The field was not found")
    lost = [
        f"{_records(count, 'have')} a value: it stays in them under #{field_id}, and answers of the API keep it.",
        "The name, the description, the choices and the place on forms are gone.",
    ]
    if found.id in {word.id for word in SHIPPED_FIELDS}:
        lost = ["This field came with Tieline: it gets back the name and the choices it came with."]
    return await _ask(request, f"the field “{found.label}”", lost, "#fields")


async def ask_view(request: Request) -> Response:
    """What is lost with a view."""
    kind, view_id = request.path_params["kind"], request.path_params["view"]
    stored, _ = await _read(request, lambda tx, caller: None)
    view = next((one for one in stored.views if (one.kind, one.id) == (kind, view_id)), None)
    if view is None:
        raise NotFound("The view was not found")
    lost = [f"Its query “{view.query}”. The records in it stay." if view.query else "Its name: it gets back the one it came with."]  # fmt: skip
    return await _ask(request, f"the view “{view.label}”", lost, "#views")


async def _ask(request: Request, what: str, lost: list[str], anchor: str) -> Response:
    return await render(request, "remove.html", what=what, lost=lost, back=f"/settings{anchor}")


async def _read(
    request: Request,
    count: Callable[Concatenate[Transaction, Caller, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> tuple[AccountSettings, T]:
    caller = await session.signed_in(request)

    def read(tx: Transaction) -> tuple[AccountSettings, T]:
        return load_settings(tx, caller.account_id), count(tx, caller, *args, **kwargs)

    return await database(request).read_slow(read)


def _records(count: int, verb: str) -> str:
    return (
        f"1 record {'has' if verb == 'have' else f'{verb}s'}" if count == 1 else f"{count:,} records {verb}"
    )


async def remove_step(request: Request) -> Response:
    """Take a step away; records that have it keep its key."""
    key = request.path_params["step"]
    return await change(
        request, lambda stored: rewording.without_step(stored, key), "#steps", "Step removed."
    )


async def add_field(request: Request) -> Response:
    """A custom field."""
    values = await values_of(request)
    label = _required(values, "label", "name the field")
    made = _field(_slug(values.get("id") or label), values.get("type", "text"), values, {})

    def act(stored: AccountSettings) -> AccountSettings:
        if stored.custom_field(made.id) is not None:
            raise InvalidInput(
                "there is a field of that name", field="label", remedy="change it, or choose another"
            )
        return _with(stored, fields=[*stored.fields, made])

    return await change(request, act, "#fields", "Field added.")


async def change_field(request: Request) -> Response:
    """Another name, description, choices or kinds; or another place in the list."""
    field_id, values = request.path_params["field"], await values_of(request)

    def act(stored: AccountSettings) -> AccountSettings:
        if values.get("move") in MOVES:
            return rewording.move_field(stored, field_id, MOVES[values["move"]])
        known = stored.custom_field(field_id)
        return rewording.change_field(stored, _field(field_id, "", values, known.choices if known else {}))

    return await change(request, act, "#fields", "Field saved.")


async def remove_field(request: Request) -> Response:
    """Take a definition away; values stay in the records under the field's id."""
    field_id = request.path_params["field"]
    return await change(
        request, lambda stored: rewording.without_field(stored, field_id), "#fields", "Field removed."
    )


async def save_view(request: Request) -> Response:
    """A view of one's own: a query in words under a name; or another name for a shipped one."""
    values = await values_of(request)
    label = _required(values, "label", "name the view")
    view = ViewSetting(
        values.get("kind", ""),
        values.get("id") or f"v-{ids.secret(6)}",
        label,
        values.get("query", "").strip(),
    )

    def act(stored: AccountSettings) -> AccountSettings:
        if values.get("move") in MOVES:
            return rewording.move_view(stored, view.kind, view.id, MOVES[values["move"]])
        return rewording.with_view(stored, view)

    return await change(request, act, "#views", "View saved.")


async def remove_view(request: Request) -> Response:
    """Take a view away; the records in it stay."""
    kind, view_id = request.path_params["kind"], request.path_params["view"]
    return await change(
        request, lambda stored: rewording.without_view(stored, kind, view_id), "#views", "View removed."
    )


def _with(stored: AccountSettings, **changed: list[StepSetting] | list[FieldSetting]) -> AccountSettings:
    return msgspec.structs.replace(stored, **changed)


def _field(field_id: str, kind: str, values: Mapping[str, str], known: Mapping[str, str]) -> FieldSetting:
    """A field as the form has it; a choice that is still there keeps its key."""
    keys = {label: key for key, label in known.items()}
    words = dict.fromkeys(word.strip() for word in values.get("choices", "").split(",") if word.strip())
    return FieldSetting(
        id=field_id,
        label=values.get("label", ""),
        type=kind,
        kinds=[name for name in KINDS if f"kind.{name}" in values],
        choices={keys.get(word) or _slug(word): word for word in words},
        description=values.get("description", "").strip(),
    )


def _required(values: Mapping[str, str], name: str, remedy: str) -> str:
    text = values.get(name, "").strip()
    if not text:
        raise InvalidInput("is required", field=name, remedy=remedy)
    return text


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", normalize.fold(text)).strip("-")[:60] or "field"
