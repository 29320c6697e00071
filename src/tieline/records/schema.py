"""What the declarations say to machines (JSON Schema) and to readers (tables)."""

from __future__ import annotations

from typing import Any

import msgspec

from tieline.records.analytics import AnalyticsQuery, FunnelQuery, ProjectQuery
from tieline.records.changes import Change
from tieline.records.company import Company
from tieline.records.contact import (
    Address,
    AppLink,
    CustomField,
    DoNotContact,
    Email,
    Fax,
    Job,
    Phone,
    Picture,
    Social,
    Url,
)
from tieline.records.fields import describe
from tieline.records.person import Person
from tieline.records.project import Project
from tieline.records.timeline import Communication, Content, Link, Recipient, Reference, ToDo
from tieline.records.webhook import SubscribeRequest, Subscription, Usage

DOCUMENTED: tuple[type[msgspec.Struct], ...] = (
    Person, Company, Project, Email, Phone, Fax, Address, Social, Url, AppLink, Job, CustomField, DoNotContact, Picture, Communication,
    Content, ToDo, Recipient, Reference, Link, SubscribeRequest, Subscription, Usage, Change,
    AnalyticsQuery, ProjectQuery, FunnelQuery,
)  # fmt: skip
ACCESS = {"rw": "read, write", "r": "read", "w": "write"}


def json_schema(record: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a record, with labels as titles."""
    return msgspec.json.schema(record)


def field_table(record: type[msgspec.Struct]) -> str:
    """A Markdown table of the record's fields."""
    rows = ["| field | label | type | access | meaning |", "|---|---|---|---|---|"]
    for info in describe(record):
        kind = info.record or info.type_name
        shown = f"list of {kind}" if info.many else kind
        choices = f" ({', '.join(key for key, _ in info.options)})" if info.options else ""
        required = " **required**" if info.required else ""
        rows.append(
            f"| `{info.wire}` | {info.label} | {shown} | {ACCESS[info.access]}{required} | {info.help}{choices} |"
        )
    return "\n".join(rows)


def markdown() -> str:
    """The page of all fields."""
    parts = ["# Fields", "Every field of every record, as declared in `tieline.records`."]
    for record in DOCUMENTED:
        summary = (record.__doc__ or "").strip().splitlines()[0]
        parts += [f"## {record.__name__}", summary, field_table(record)]
    return "\n\n".join(parts) + "\n"
