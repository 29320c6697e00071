"""What a person and a company have in common: they can be reached."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from tieline.records.contact import Address, Email, Fax, Phone, Picture, Social, Text, Url
from tieline.records.fields import field
from tieline.records.relation import Relation


class Contact(Relation):
    """The fields of persons and companies."""

    headline: Annotated[Text, field("Headline", "One line that says who this is.")] = UNSET
    picture: Annotated[
        Text, field("Picture", "Public web address of a picture.", access="w", format="image")
    ] = UNSET
    pictures: Annotated[list[Picture] | UnsetType | None, field("Pictures", "The pictures.", access="r")] = (
        UNSET
    )
    emails: Annotated[list[Email] | UnsetType | None, field("Emails", "E-mail addresses.")] = UNSET
    phones: Annotated[list[Phone] | UnsetType | None, field("Phones", "Phone numbers.")] = UNSET
    faxes: Annotated[list[Fax] | UnsetType | None, field("Faxes", "Fax numbers.")] = UNSET
    addresses: Annotated[list[Address] | UnsetType | None, field("Addresses", "Postal addresses.")] = UNSET
    socials: Annotated[list[Social] | UnsetType | None, field("Socials", "Handles in social networks.")] = (
        UNSET
    )
    urls: Annotated[list[Url] | UnsetType | None, field("Contact URLs", "Web addresses.")] = UNSET
    country: Annotated[
        Text, field("Country", "Country, as a code or name.", advanced=True, format="country")
    ] = UNSET
    location: Annotated[Text, field("Location", "Where they are, in words.", advanced=True)] = UNSET
    locale: Annotated[
        Text, field("Locale", "Language and region, such as sv-SE.", advanced=True, format="locale")
    ] = UNSET
    reason: Annotated[Any, field("Reason", "Why the record was made.", access="w", advanced=True)] = UNSET
