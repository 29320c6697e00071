"""What people send by a form on a web site (2.13): the person, and their message on the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieline import ids
from tieline.crm import notes, timeline, writing
from tieline.crm.access import Caller
from tieline.crm.writing import Written
from tieline.errors import InvalidInput
from tieline.records.person import Person
from tieline.records.timeline import Content, Link, Reference
from tieline.store.database import Transaction


def submit(tx: Transaction, caller: Caller, person: Person, about: Mapping[str, Any]) -> Written:
    """Upsert the person and add an event with the message. `about`: form, message, url (texts), fields (an object).

    Raises InvalidInput naming the field, and whatever an upsert raises (2.4). With dryrun or skipImport, or for a person
    that is left out, there is no event.
    """
    text, form, url = _message(about), _text(about, "form"), _text(about, "url")
    written = writing.upsert(tx, caller, "person", person, mode="create")
    if person.dryrun is True or written.sync_key is None or not (text or form):
        return written
    event = Content(
        style="event",
        subject=form or "Form",
        body=text,
        source=notes.SOURCE,
        uniqueid=ids.entry(),
        references=[Reference(value=written.sync_key)],
        links=[Link(value=url, title=url)] if url else [],
    )
    timeline.create_content(tx, caller, event)
    return written


def _message(about: Mapping[str, Any]) -> str:
    fields = about.get("fields")
    if fields is not None and not isinstance(fields, Mapping):
        raise InvalidInput("expected an object", field="fields", remedy='send {"name": "value"}')
    lines = [f"{name}: {value}" for name, value in (fields or {}).items() if value not in (None, "")]
    return "\n\n".join(part for part in (_text(about, "message"), "\n".join(lines)) if part)


def _text(about: Mapping[str, Any], name: str) -> str:
    value = about.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput("expected text", field=name, remedy="send a text")
    return value.strip()
