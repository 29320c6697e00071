"""A project or deal (3.4)."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from tieline.records.company import Company
from tieline.records.contact import Address, Flag, Picture, Text
from tieline.records.fields import field
from tieline.records.person import Person
from tieline.records.relation import Relation, Stamp


class Project(Relation):
    """A project, deal or listing. Its amount is the custom field `value`."""

    summary: Annotated[Text, field("Summary", "What it is about.", multiline=True)] = UNSET
    pictures: Annotated[
        list[Picture | str] | UnsetType | None, field("Pictures", "The pictures; a text is an address.")
    ] = UNSET
    allpictures: Annotated[
        Flag, field("All Pictures", "The given pictures replace the set.", access="w", advanced=True)
    ] = UNSET
    project_team: Annotated[
        list[str] | str | UnsetType | None, field("Project Team", "E-mail addresses of the team.")
    ] = UNSET
    created_date: Annotated[Stamp, field("Created", "When it was made.", format="date")] = UNSET
    start_date: Annotated[Stamp, field("Start", "When it starts.", format="date")] = UNSET
    pending_date: Annotated[
        Stamp, field("Pending", "When it became pending.", format="date", advanced=True)
    ] = UNSET
    end_date: Annotated[Stamp, field("End", "When it ends.", format="date")] = UNSET
    addresses: Annotated[list[Address] | UnsetType | None, field("Addresses", "Postal addresses.")] = UNSET
    clientpeople: Annotated[
        list[Person] | UnsetType | None, field("Client People", "People on the client's side.")
    ] = UNSET
    partnerpeople: Annotated[
        list[Person] | UnsetType | None, field("Partner People", "People on a partner's side.")
    ] = UNSET
    clientcompanies: Annotated[
        list[Company] | UnsetType | None, field("Client Companies", "Companies on the client's side.")
    ] = UNSET
    partnercompanies: Annotated[
        list[Company] | UnsetType | None, field("Partner Companies", "Companies on a partner's side.")
    ] = UNSET
    user_key: Annotated[Text, field("Owner", "Account the project belongs to.", access="r")] = UNSET
    force_create: Annotated[
        Flag, field("Force Create", "Create without identifiers.", access="w", advanced=True)
    ] = UNSET
