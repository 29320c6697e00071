"""Either format behind one face: what is this file, what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Literal

import msgspec

from tieline.errors import InvalidInput
from tieline.importing import csvs, vcards
from tieline.records.person import Person

Format = Literal["vcard", "csv"]
PREVIEW_ROWS = 10


class PreviewRow(msgspec.Struct):
    """One row as it is in the file and as it would be stored."""

    cells: list[str]
    person: Person | None
    error: str | None


class Preview(msgspec.Struct):
    """What a file holds, before anything is stored. `mapping`: column -> target ("" = left out)."""

    format: Format
    columns: list[str]
    mapping: dict[str, str]
    total: int
    rows: list[PreviewRow]


class Contacts(msgspec.Struct):
    """A decoded file and its format."""

    format: Format
    text: str

    def rows(
        self, mapping: dict[str, str] | None = None
    ) -> Iterator[tuple[list[str], Person | InvalidInput]]:
        """Each row with the person it describes, or why it describes none."""
        return vcards.people(self.text) if self.format == "vcard" else csvs.people(self.text, mapping)

    def headings(self) -> list[str]:
        """The headings of the rejected rows' file."""
        return ["card"] if self.format == "vcard" else csvs.read_header(self.text)[0]


def open_contacts(data: bytes) -> Contacts:
    """The file, its format recognised by its content. Raises InvalidInput when it holds no contacts."""
    if not data.strip():
        raise InvalidInput("the file is empty", field="file", remedy="export the contacts again")
    text = csvs.decode(data)
    if vcards.looks_like(text):
        return Contacts("vcard", text)
    contacts = Contacts("csv", text)
    csvs.read_header(text)
    return contacts


def preview(data: bytes, mapping: dict[str, str] | None = None) -> Preview:
    """The first rows of a file as they would be stored. Raises InvalidInput when it holds no contacts."""
    contacts = open_contacts(data)
    columns = [] if contacts.format == "vcard" else contacts.headings()
    chosen = {} if contacts.format == "vcard" else csvs.mapping_for(columns, mapping)
    rows = [
        PreviewRow(
            cells,
            found if isinstance(found, Person) else None,
            None if isinstance(found, Person) else str(found),
        )
        for cells, found in islice(contacts.rows(mapping), PREVIEW_ROWS)
    ]
    return Preview(contacts.format, columns, chosen, count(contacts), rows)


def count(contacts: Contacts) -> int:
    """How many rows there are to import."""
    if contacts.format == "vcard":
        return sum(1 for _ in vcards.cards(contacts.text))
    _, delimiter = csvs.read_header(contacts.text)
    filled = sum(1 for cells in csvs.rows_of(contacts.text, delimiter) if any(cell.strip() for cell in cells))
    return max(filled - 1, 0)
