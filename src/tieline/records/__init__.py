"""The types: at once wire format, stored document and form. One file per noun."""

from __future__ import annotations

from tieline.records.company import Company
from tieline.records.contact import (
    Address,
    AppLink,
    CustomField,
    Email,
    Fax,
    Job,
    Phone,
    Picture,
    Social,
    Url,
)
from tieline.records.person import Person
from tieline.records.project import Project
from tieline.records.timeline import Communication, Content, Link, Recipient, Reference, ToDo

__all__ = [
    "Address",
    "AppLink",
    "Communication",
    "Company",
    "Content",
    "CustomField",
    "Email",
    "Fax",
    "Job",
    "Link",
    "Person",
    "Phone",
    "Picture",
    "Project",
    "Recipient",
    "Reference",
    "Social",
    "ToDo",
    "Url",
]
