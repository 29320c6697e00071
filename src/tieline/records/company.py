"""A company (3.3)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from tieline.records.contact import Text
from tieline.records.contactable import Contact
from tieline.records.fields import field


class Company(Contact):
    """A company or any other organisation."""

    description: Annotated[Text, field("Description", "What the company does.", multiline=True)] = UNSET
    industry: Annotated[Text, field("Industry", "Line of business.", advanced=True)] = UNSET
    business_size: Annotated[
        str | int | UnsetType | None, field("Business Size", "Size of the business.", advanced=True)
    ] = UNSET
    employees: Annotated[
        str | int | UnsetType | None, field("Employees", "Number of employees.", advanced=True)
    ] = UNSET
    people: Annotated[
        list[Any] | UnsetType | None, field("People", "Who belongs to it, in detailed reads.", access="r")
    ] = UNSET
    domains: Annotated[
        list[str] | str | UnsetType | None, field("Domains", "Web domains that belong to the company.")
    ] = UNSET
