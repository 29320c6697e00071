"""Every property of the contract's records is declared once, with a label and a help text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tieline.records import analytics, company, contact, person, project, timeline, webhook
from tieline.records.fields import FieldInfo, describe
from tieline.records.schema import json_schema

FILE = Path(__file__).resolve().parent.parent / "data" / "cloze-openapi.yaml"
SCHEMAS: dict[str, Any] = yaml.safe_load(FILE.read_text())["components"]["schemas"]
RECORDS: dict[str, type[msgspec.Struct]] = {
    "Person": person.Person,
    "Company": company.Company,
    "Project": project.Project,
    "ContactEmail": contact.Email,
    "ContactPhone": contact.Phone,
    "ContactFax": contact.Fax,
    "ContactAddress": contact.Address,
    "ContactSocial": contact.Social,
    "ContactURL": contact.Url,
    "AppLink": contact.AppLink,
    "Job": contact.Job,
    "CustomField": contact.CustomField,
    "Picture": contact.Picture,
    "Communication": timeline.Communication,
    "Content": timeline.Content,
    "Todo": timeline.ToDo,
    "RecipientRef": timeline.Recipient,
    "RelationRef": timeline.Reference,
    "ContentLink": timeline.Link,
    "Message": timeline.Message,
    "SubscribeRequest": webhook.SubscribeRequest,
    "UnsubscribeRequest": webhook.UnsubscribeRequest,
    "Subscription": webhook.Subscription,
    "SubscriptionUsage": webhook.Usage,
    "AnalyticsQuery": analytics.AnalyticsQuery,
    "ProjectQuery": analytics.ProjectQuery,
    "FunnelQuery": analytics.FunnelQuery,
}


def declared(schema: dict[str, Any]) -> set[str]:
    """The properties of a schema, those it inherits included. Shorthands (0.4) are expanded in `api/lenient.py`."""
    found = {
        name
        for name, value in (schema.get("properties") or {}).items()
        if not (value.get("writeOnly") and value.get("x-evidence") == "ext")
    }
    for part in schema.get("allOf") or ():
        found |= declared(SCHEMAS[part["$ref"].rpartition("/")[2]] if "$ref" in part else part)
    return found


@pytest.mark.parametrize("name", RECORDS)
def test_every_property_is_declared(name: str) -> None:
    missing = declared(SCHEMAS[name]) - {field.wire for field in describe(RECORDS[name])}
    assert not missing


def fields_below(found: tuple[FieldInfo, ...]) -> list[FieldInfo]:
    return [inner for field in found for inner in (field, *fields_below(field.items))]


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_has_a_label_and_a_help(name: str) -> None:
    for field in fields_below(describe(RECORDS[name])):
        assert field.label, field.wire
        assert field.label[0].isupper(), field.label
        assert field.help, field.wire


@pytest.mark.parametrize("name", ["Person", "Company", "Project", "Communication", "Content", "Todo"])
def test_the_json_schema_says_the_same(name: str) -> None:
    record = RECORDS[name]
    schema = json_schema(record)
    properties = schema["$defs"][record.__name__]["properties"]
    for field in describe(record):
        assert properties[field.wire]["title"] == field.label
        assert properties[field.wire]["description"] == field.help
