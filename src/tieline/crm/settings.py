"""What an account calls things: segments, stages, steps, custom fields, views (2.10, 4)."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, func, select, update

from tieline.errors import InvalidInput
from tieline.records.account import FieldDefinition
from tieline.records.kinds import KINDS
from tieline.records.vocabulary import CUSTOM_FIELD_TYPES, NONE, SHIPPED_FIELDS
from tieline.store.database import Statement, Transaction
from tieline.store.tables import account, relation

# The members of a team share the team's words.
_own = account.alias("own")
_keeper = (
    select(func.coalesce(_own.c.team_id, _own.c.id))
    .where(_own.c.id == bindparam("account_id"))
    .scalar_subquery()
)
SETTINGS = Statement(select(account.c.settings).where(account.c.id == _keeper))
KEEPER = Statement(
    select(func.coalesce(account.c.team_id, account.c.id)).where(account.c.id == bindparam("account_id"))
)
SAVE = Statement(
    update(account).where(account.c.id == bindparam("wanted")).values(settings=bindparam("text"))
)
POSITION = Statement(
    update(relation)
    .where(
        relation.c.account_id.in_(
            select(account.c.id).where(func.coalesce(account.c.team_id, account.c.id) == bindparam("keeper"))
        ),
        relation.c.segment == bindparam("segment_key"),
        relation.c.stage == bindparam("stage_key"),
        relation.c.step == bindparam("step_key"),
    )
    .values(step_position=bindparam("number"))
)
VIEWS = {
    "person": ("Audience", "Audiences", (("my", "My People"), ("focus", "My Network"))),
    "company": ("View", "Views", (("my", "My Companies"), ("focus", "My Focus"))),
    "project": ("View", "Views", (("my", "My Projects"), ("focus", "My Focus"))),
}


class StepSetting(msgspec.Struct, omit_defaults=True):
    """A step of one segment and stage."""

    segment: str
    stage: str
    key: str
    label: str


class FieldSetting(msgspec.Struct, omit_defaults=True):
    """A custom field. `kinds` empty: all kinds. `choices`: key to label."""

    id: str
    label: str
    type: str
    kinds: list[str] = []
    choices: dict[str, str] = {}
    description: str = ""
    locked: bool = False


class ViewSetting(msgspec.Struct, omit_defaults=True):
    """A view of a kind: a shipped one under another name, or a query in words under a name."""

    kind: str
    id: str
    label: str
    query: str = ""


class AccountSettings(msgspec.Struct, omit_defaults=True, dict=True):
    """What differs from the shipped words: labels by key, hidden segments, steps, further fields."""

    contact_segments: dict[str, str] = {}
    project_segments: dict[str, str] = {}
    contact_stages: dict[str, str] = {}
    project_stages: dict[str, str] = {}
    pending_stage: bool = False
    steps: list[StepSetting] = []
    fields: list[FieldSetting] = []
    views: list[ViewSetting] = []
    merge: Literal["always", "review"] = "always"  # records that one write names: join them, or ask first

    def stages(self, kind: str) -> dict[str, str]:
        """Key to label, in order."""
        own = self.project_stages if kind == "project" else self.contact_stages
        return {word.key: own.get(word.key, word.label) for word in KINDS[kind].stages}

    def shown_stages(self, kind: str) -> dict[str, str]:
        """The stages that are listed: `pending` only when enabled (7, 18)."""
        return {
            key: label for key, label in self.stages(kind).items() if key != "pending" or self.pending_stage
        }

    def segments(self, kind: str) -> dict[str, str]:
        """Key to label, in order."""
        own = self.project_segments if kind == "project" else self.contact_segments
        return {word.key: own.get(word.key, word.label) for word in KINDS[kind].segments}

    def steps_of(self, segment: str | None, stage: str | None) -> dict[str, str]:
        """The steps of that segment and stage, in order."""
        return {s.key: s.label for s in self.steps if s.segment == segment and s.stage == stage}

    def custom_fields(self, kind: str | None = None) -> list[FieldSetting]:
        """The shipped fields and the account's own; its own definition of a shipped id wins."""
        own = {field.id: field for field in self.fields}
        shipped = [own.pop(f.id, _shipped(f.id)) for f in SHIPPED_FIELDS]
        every = [*shipped, *own.values()]
        return every if kind is None else [f for f in every if not f.kinds or kind in f.kinds]

    def custom_field(self, field_id: str) -> FieldSetting | None:
        """The definition of that id, case ignored."""
        return self._by_id.get(field_id.lower())

    @cached_property
    def _by_id(self) -> dict[str, FieldSetting]:
        return {field.id.lower(): field for field in reversed(self.custom_fields())}


@lru_cache(maxsize=1024)
def _decode(text: str) -> AccountSettings:
    # Cached by its text: a change of the settings is a new text. Nobody changes a decoded one in place.
    return msgspec.json.decode(text, type=AccountSettings)


def load_settings(tx: Transaction, account_id: int) -> AccountSettings:
    """The account's settings. Treat them as read-only; change a copy (`msgspec.structs.replace`)."""
    return tx.once((SETTINGS, account_id), lambda: _loaded(tx, account_id))


def _loaded(tx: Transaction, account_id: int) -> AccountSettings:
    return _decode(str(tx.scalar(SETTINGS, {"account_id": account_id})))


def save_settings(tx: Transaction, account_id: int, settings: AccountSettings) -> None:
    """Store them: a member's are the team's. Raises InvalidInput when they contradict themselves."""
    _check(settings)
    keeper = tx.scalar(KEEPER, {"account_id": account_id})
    if settings.steps != load_settings(tx, account_id).steps:
        _number_steps(tx, keeper, settings)
    tx.run(SAVE, {"wanted": keeper, "text": msgspec.json.encode(settings).decode()})
    tx.forget()


def _number_steps(tx: Transaction, keeper: int, settings: AccountSettings) -> None:
    """Records sort by the position of their step: it follows the order of the steps."""
    places: dict[tuple[str, str], int] = {}
    for step in settings.steps:
        place = step.segment, step.stage
        places[place] = number = places.get(place, -1) + 1
        values = {"keeper": keeper, "segment_key": step.segment, "stage_key": step.stage}
        tx.run(POSITION, {**values, "step_key": step.key, "number": number})


def resolve_segment(settings: AccountSettings, kind: str, text: str) -> str | None:
    """Key of a segment given by key or label; None for none. Raises InvalidInput naming the field."""
    return _resolve(text.removeprefix("-"), settings.segments(kind), "segment")


def resolve_stage(settings: AccountSettings, kind: str, text: str) -> str | None:
    """Key of a stage given by key or label; None for none. Raises InvalidInput naming the field."""
    return _resolve(text, settings.stages(kind), "stage")


def resolve_step(settings: AccountSettings, text: str, segment: str | None, stage: str | None) -> str | None:
    """Key of a step given by key or label; None for none.

    The steps of the record's own segment and stage come first; a step of another place is accepted by its key.
    """
    steps = settings.steps_of(segment, stage) | {s.key: s.label for s in settings.steps if s.key == text}
    return _resolve(text, steps, "step")


def _resolve(text: str, choices: dict[str, str], field: str) -> str | None:
    word = text.strip().lower()
    if word in {"", NONE}:
        return None
    for key, label in choices.items():
        if word in {key.lower(), label.lower()}:
            return key
    known = ", ".join(choices) or "none are configured"
    raise InvalidInput(f"“{text}” is unknown", field=field, remedy=f"one of: {known}")


def choice_key(field: FieldSetting | None, value: Any) -> Any:
    """The key of a choice given by key or label; other values as they are."""
    if field is None or not isinstance(value, str):
        return value
    for key, label in field.choices.items():
        if value.lower() in {key.lower(), label.lower()}:
            return key
    return value


def definitions(settings: AccountSettings, kind: str | None) -> list[FieldDefinition]:
    """The custom fields as `user/fields` answers them (2.10). Companies are called entity as well."""
    found = []
    for field in settings.custom_fields(kind):
        relations: dict[str, Any] = dict.fromkeys(field.kinds, True)
        if "company" in relations:
            relations["entity"] = True
        made = FieldDefinition(
            id=field.id, type=field.type, name=field.label, relations=relations, segments={}
        )
        made.version, made.locked = 1, field.locked
        if field.description:
            made.description = field.description
        if field.choices:
            made.values = {
                key: {"label": label, "locked": False, "segments": {}} for key, label in field.choices.items()
            }
        found.append(made)
    return found


def steps_tree(
    settings: AccountSettings, segment: str | None = None, stage: str | None = None
) -> dict[str, Any]:
    """Segment to stage to steps (2.10); segments without steps are left out."""
    tree: dict[str, Any] = {}
    for step in settings.steps:
        if segment in {None, step.segment} and stage in {None, step.stage}:
            place = tree.setdefault(step.segment, {}).setdefault(step.stage, {"steps": []})
            place["steps"].append({"name": step.label, "key": step.key})
    return tree


def views(settings: AccountSettings, kind: str) -> dict[str, Any]:
    """The views of a kind (2.10): the shipped ones, then the account's own."""
    singular, plural, shipped = VIEWS[kind]
    named = dict(shipped) | {view.id: view.label for view in settings.views if view.kind == kind}
    return {
        "label": {"singular": singular, "plural": plural},
        "views": [{"id": key, "name": label} for key, label in named.items()],
    }


def _shipped(field_id: str) -> FieldSetting:
    word = next(word for word in SHIPPED_FIELDS if word.id == field_id)
    return FieldSetting(word.id, word.label, word.type, list(word.kinds), dict(word.choices))


def _check(settings: AccountSettings) -> None:
    for field in settings.fields:
        if field.type not in CUSTOM_FIELD_TYPES:
            raise InvalidInput(
                f"“{field.type}” is no field type",
                field=f"fields.{field.id}",
                remedy=", ".join(CUSTOM_FIELD_TYPES),
            )
        if not field.id.strip() or not field.label.strip():
            raise InvalidInput("a field needs an id and a label", field="fields")
        if unknown := [kind for kind in field.kinds if kind not in KINDS]:
            raise InvalidInput(
                f"“{unknown[0]}” is no kind", field=f"fields.{field.id}", remedy=", ".join(KINDS)
            )
    shipped = {(kind, key) for kind, (_, _, names) in VIEWS.items() for key, _ in names}
    for view in settings.views:
        if view.kind not in KINDS or not view.id.strip() or not view.label.strip():
            raise InvalidInput(
                "a view needs a kind, an id and a name", field="views", remedy=", ".join(KINDS)
            )
        if (not view.query.strip()) != ((view.kind, view.id) in shipped):
            raise InvalidInput(
                "a view of your own needs a query; a shipped one has none", field=f"views.{view.id}"
            )
    if len({(view.kind, view.id) for view in settings.views}) < len(settings.views):
        raise InvalidInput("two views have the same id", field="views")
    if len({field.id.lower() for field in settings.fields}) < len(settings.fields):
        raise InvalidInput("two fields have the same id", field="fields")
    if len({step.key for step in settings.steps}) < len(settings.steps):
        raise InvalidInput("two steps have the same key", field="steps")
    for step in settings.steps:
        kind = "project" if step.segment in settings.segments("project") else "person"
        if step.segment not in settings.segments(kind) or step.stage not in settings.stages(kind):
            raise InvalidInput(f"step “{step.label}” is at an unknown segment or stage", field="steps")
