"""A person (3.1)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from tieline.records.company import Company
from tieline.records.contact import DoNotContact, Flag, Job, Text
from tieline.records.contactable import Contact
from tieline.records.fields import field
from tieline.records.vocabulary import REPLACE_IDENTITY


class Person(Contact):
    """A person."""

    first: Annotated[Text, field("First Name", "Given name.")] = UNSET
    middle: Annotated[Text, field("Middle Name", "Middle names.", advanced=True)] = UNSET
    last: Annotated[Text, field("Last Name", "Family name.")] = UNSET
    household: Annotated[Text, field("Household", "Who they live with.", advanced=True)] = UNSET
    jobtitle: Annotated[Text, field("Job Title", "Title of the current job.")] = UNSET
    private: Annotated[Flag, field("Private", "Nobody else sees the record.")] = UNSET
    gender: Annotated[Text, field("Gender", "As the person says.", advanced=True)] = UNSET
    formality: Annotated[Text, field("Formality", "How to address them.", advanced=True)] = UNSET
    birthday: Annotated[Text, field("Birthday", "Year, month and day.", format="date")] = UNSET
    work_history: Annotated[
        list[Job] | UnsetType | None, field("Work History", "Jobs, the current one first.")
    ] = UNSET
    companies: Annotated[
        list[Company] | UnsetType | None, field("Companies", "Companies they belong to.")
    ] = UNSET
    projects: Annotated[
        list[Any] | UnsetType | None, field("Projects", "Projects they take part in.", advanced=True)
    ] = UNSET
    do_not_contact: Annotated[
        DoNotContact | UnsetType | None,
        field("Do Not Contact", "Ways not to contact them.", access="r"),
    ] = UNSET
    replace_identity: Annotated[
        Text,
        field(
            "Replace Identity", "How names are replaced.", access="w", advanced=True, options=REPLACE_IDENTITY
        ),
    ] = UNSET
    timeline_notes: Annotated[
        list[str] | str | UnsetType | None,
        field("Timeline Notes", "Notes to add to the timeline.", access="w", advanced=True),
    ] = UNSET
    campaign_id: Annotated[
        Any, field("Campaign", "Campaign the person came from.", access="w", advanced=True)
    ] = UNSET
    bucket: Annotated[Any, field("Bucket", "Group of the campaign.", access="w", advanced=True)] = UNSET
    channel_icon: Annotated[Any, field("Channel Icon", "Icon of the channel.", access="w", advanced=True)] = (
        UNSET
    )
    strip_aliases: Annotated[
        Flag, field("Strip Aliases", "Drop +tag from addresses.", access="w", advanced=True)
    ] = UNSET
