"""CSV files: find out encoding and delimiter, map columns, make drafts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from tieline.errors import InvalidInput
from tieline.importing.columns import LABEL_SEPARATOR, TARGETS, fill, guess
from tieline.importing.draft import Draft
from tieline.records.person import Person

CELL_LIMIT = 1_000_000
DELIMITERS = ",;\t|"


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 (with its mark) or, failing both, Windows-1252.

    Raises InvalidInput for what is no text at all.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data[:4096]:
        raise InvalidInput(
            "this is not a text file", remedy="export the contacts as CSV or vCard and try that file"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def read_header(text: str) -> tuple[list[str], str]:
    """The headings and the delimiter. Raises InvalidInput when there is no heading row."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise InvalidInput("the file is empty", remedy="export the contacts again")
    delimiter = max(DELIMITERS, key=first.count) if any(map(first.count, DELIMITERS)) else ","
    headings = next(rows_of(first, delimiter), [])
    return [heading.strip() for heading in headings], delimiter


def rows_of(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows of the file, lists of cells."""
    csv.field_size_limit(CELL_LIMIT)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def mapping_for(headings: list[str], own: dict[str, str] | None = None) -> dict[str, str]:
    """Heading -> target: what people chose, else what is recognised, "" for columns left out.

    Raises InvalidInput for a column or target that does not exist, or when nothing is mapped.
    """
    mapping = {heading: guess(heading) for heading in headings}
    for heading, target in (own or {}).items():
        if heading not in mapping:
            raise InvalidInput(
                f"there is no column “{heading}”", field="map", remedy=f"columns: {', '.join(headings)}"
            )
        if target and target not in TARGETS and target != guess(heading):
            raise InvalidInput(
                f"“{target}” is not a field", field="map", remedy=f"fields: {', '.join(TARGETS)}"
            )
        mapping[heading] = target
    if not any(mapping.values()):
        raise InvalidInput(
            "no column of this file was recognised",
            field="map",
            remedy=f"say what the columns mean, for example {headings[0] or 'Column'}=name",
        )
    return mapping


def people(text: str, own: dict[str, str] | None = None) -> Iterator[tuple[list[str], Person | InvalidInput]]:
    """Each row with the person it describes, or why it describes none."""
    headings, delimiter = read_header(text)
    mapping = mapping_for(headings, own)
    rows = rows_of(text, delimiter)
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                break
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield cells, _person(headings, mapping, cells)
    except csv.Error as error:
        raise InvalidInput(
            f"the file cannot be read as CSV: {error}", remedy="export it again, as UTF-8 CSV"
        ) from None


def _person(headings: list[str], mapping: dict[str, str], cells: list[str]) -> Person | InvalidInput:
    if len(cells) > len(headings):
        return InvalidInput(
            f"{len(cells)} cells under {len(headings)} headings", remedy="quote cells that hold the delimiter"
        )
    row: dict[str, str] = {}
    for heading, cell in zip(headings, cells, strict=False):
        target = mapping[heading]
        if target and cell.strip():
            row[target] = f"{row[target]}{LABEL_SEPARATOR}{cell}" if target in row else cell
    draft = Draft()
    try:
        fill(draft, row)
        return draft.person()
    except InvalidInput as error:
        return error
