"""Reading what a form sent: trimmed texts, never a surprise."""

from __future__ import annotations

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from tieline.errors import InvalidInput

Values = dict[str, str]


async def values_of(request: Request) -> Values:
    """The text fields of the form, trimmed; of repeated names the last one counts."""
    form = await request.form()
    return {name: value.strip() for name, value in form.multi_items() if isinstance(value, str)}


async def lists_of(request: Request) -> dict[str, list[str]]:
    """The text fields of the form with every repetition, trimmed."""
    form: FormData = await request.form()
    made: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            made.setdefault(name, []).append(value.strip())
    return made


async def upload_of(request: Request, name: str) -> tuple[str, bytes]:
    """Name and content of an uploaded file. Raises InvalidInput when none was chosen."""
    form = await request.form()
    found = form.get(name)
    if not isinstance(found, UploadFile) or not found.filename:
        raise InvalidInput("no file was chosen", field=name, remedy="choose one and send the form again")
    return found.filename, await found.read()
