"""The parts of a record (3.2): addresses of every kind, links, jobs, custom fields, pictures."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from tieline.records.fields import Record, field
from tieline.records.vocabulary import CUSTOM_FIELD_TYPES, SOCIAL_TYPES

WORK = field("Work", "Belongs to work.")
HOME = field("Home", "Personal.")
PREFERRED = field("Preferred", "The one to use first.", advanced=True)
ARCHIVED = field("Archived", "No longer in use; kept for recognition.", advanced=True)

Flag = bool | None | UnsetType
Text = str | None | UnsetType


class Email(Record):
    """An e-mail address."""

    value: Annotated[Text, field("Value", "The e-mail address.", required=True, format="email")] = UNSET
    work: Annotated[Flag, WORK] = UNSET
    home: Annotated[Flag, HOME] = UNSET
    preferred: Annotated[Flag, PREFERRED] = UNSET
    archived: Annotated[Flag, ARCHIVED] = UNSET
    type: Annotated[
        Text,
        field(
            "Type",
            "Work, home or bulk.",
            access="w",
            advanced=True,
            options=(("work", "Work"), ("home", "Home"), ("bulk", "Bulk")),
        ),
    ] = UNSET


class Phone(Record):
    """A phone number."""

    value: Annotated[Text, field("Value", "The phone number.", required=True, format="phone")] = UNSET
    work: Annotated[Flag, WORK] = UNSET
    home: Annotated[Flag, HOME] = UNSET
    mobile: Annotated[Flag, field("Mobile", "A mobile number: it identifies one person.")] = UNSET
    preferred: Annotated[Flag, PREFERRED] = UNSET
    archived: Annotated[Flag, ARCHIVED] = UNSET
    type: Annotated[
        Text,
        field(
            "Type",
            "Work, home or mobile.",
            access="w",
            advanced=True,
            options=(("work", "Work"), ("home", "Home"), ("mobile", "Mobile")),
        ),
    ] = UNSET


class Fax(Record):
    """A fax number."""

    value: Annotated[Text, field("Value", "The fax number.", required=True, format="phone")] = UNSET
    work: Annotated[Flag, WORK] = UNSET
    home: Annotated[Flag, HOME] = UNSET
    archived: Annotated[Flag, ARCHIVED] = UNSET
    type: Annotated[
        Text,
        field(
            "Type", "Work or home.", access="w", advanced=True, options=(("work", "Work"), ("home", "Home"))
        ),
    ] = UNSET


class Address(Record):
    """A postal address, with its place on the map where known."""

    street: Annotated[Text, field("Street", "Street and house number.")] = UNSET
    suite: Annotated[Text, field("Suite", "Flat, floor or suite.", advanced=True)] = UNSET
    pobox: Annotated[Text, field("P.O. Box", "Post office box.", advanced=True)] = UNSET
    city: Annotated[Text, field("City", "City or town.")] = UNSET
    region: Annotated[Text, field("Region", "State, province or county.")] = UNSET
    country: Annotated[Text, field("Country", "Country.")] = UNSET
    postcode: Annotated[str | int | UnsetType | None, field("Postal/Zip Code", "Postal code.")] = UNSET
    mlsid: Annotated[Text, field("MLS ID", "Number in a multiple listing service.", advanced=True)] = UNSET
    work: Annotated[Flag, WORK] = UNSET
    home: Annotated[Flag, HOME] = UNSET
    latitude: Annotated[float | str | UnsetType | None, field("Latitude", "Degrees north.")] = UNSET
    longitude: Annotated[float | str | UnsetType | None, field("Longitude", "Degrees east.")] = UNSET
    preferred: Annotated[Flag, PREFERRED] = UNSET
    archived: Annotated[Flag, ARCHIVED] = UNSET
    type: Annotated[
        Text,
        field(
            "Type", "Work or home.", access="w", advanced=True, options=(("work", "Work"), ("home", "Home"))
        ),
    ] = UNSET
    formatted: Annotated[Text, field("Formatted", "The whole address in one line.", advanced=True)] = UNSET


class Social(Record):
    """A handle in a social network."""

    type: Annotated[
        Text,
        field(
            "Network",
            "The social network.",
            options=tuple((name, name.capitalize()) for name in SOCIAL_TYPES),
        ),
    ] = UNSET
    value: Annotated[Text, field("Handle", "The handle in that network.", required=True)] = UNSET
    work: Annotated[Flag, WORK] = UNSET
    home: Annotated[Flag, HOME] = UNSET
    archived: Annotated[Flag, ARCHIVED] = UNSET


class Url(Record):
    """A web address."""

    address: Annotated[Text, field("Address", "The web address.", required=True, format="url")] = UNSET
    name: Annotated[Text, field("Name", "What the link is called.")] = UNSET
    archived: Annotated[Flag, ARCHIVED] = UNSET


class AppLink(Record):
    """The same record in another application: its domain, and the record's key there."""

    source: Annotated[
        Text, field("Source", "Domain of the application, such as erp.example.", required=True)
    ] = UNSET
    uniqueid: Annotated[
        str | int | UnsetType | None,
        field("Unique ID", "The record's key in that application.", required=True),
    ] = UNSET
    label: Annotated[Text, field("App Link Name", "What the link is called.")] = UNSET
    url: Annotated[Text, field("URL", "Where the record is shown in that application.", format="url")] = UNSET
    archived: Annotated[Flag, ARCHIVED] = UNSET


class Job(Record):
    """A position held, now or in the past."""

    organization: Annotated[Text, field("Organization", "Where.", required=True)] = UNSET
    title: Annotated[Text, field("Title", "As what.")] = UNSET
    archived: Annotated[Flag, ARCHIVED] = UNSET


class CustomField(Record):
    """A value of a field that the account defines. `name` and `formatted` are present with format=true only."""

    id: Annotated[Text, field("Field", "Id of the custom field.", required=True)] = UNSET
    type: Annotated[
        Text, field("Type", "Type of the field.", options=tuple((name, name) for name in CUSTOM_FIELD_TYPES))
    ] = UNSET
    value: Annotated[Any, field("Value", "The value; null or empty removes it.")] = UNSET
    min: Annotated[Any, field("From", "Lower end of a range.", advanced=True)] = UNSET
    max: Annotated[Any, field("To", "Upper end of a range.", advanced=True)] = UNSET
    private: Annotated[Flag, field("Private", "Stays out of the team's copy.", advanced=True)] = UNSET
    replace: Annotated[
        Flag, field("Replace", "Replace a list instead of adding to it.", access="w", advanced=True)
    ] = UNSET
    unit: Annotated[Text, field("Unit", "Unit or currency.", advanced=True)] = UNSET
    name: Annotated[Text, field("Name", "Label of the field.", access="r")] = UNSET
    formatted: Annotated[Text, field("Formatted", "The value for people.", access="r")] = UNSET


class DoNotContact(
    Record,
    rename={
        name: name.replace("_", "-")
        for name in ("no_emails", "no_mass_emails", "no_texts", "no_postal", "no_calls", "no_visits")
    },
):
    """Ways not to contact a person; read from the custom field `do-not-contact`."""

    no_emails: Annotated[Flag, field("No E-mails", "No e-mails.")] = UNSET
    no_mass_emails: Annotated[Flag, field("No Mass E-mails", "No newsletters.")] = UNSET
    no_texts: Annotated[Flag, field("No Texts", "No text messages.")] = UNSET
    no_postal: Annotated[Flag, field("No Letters", "No letters.")] = UNSET
    no_calls: Annotated[Flag, field("No Calls", "No calls.")] = UNSET
    no_visits: Annotated[Flag, field("No Visits", "No visits.")] = UNSET


class Picture(Record):
    """A picture by its address."""

    type: Annotated[Text, field("Type", "What it shows, such as profile.")] = UNSET
    url: Annotated[Text, field("URL", "Where the picture is.", required=True, format="image")] = UNSET
