"""Bring contacts in: upload, look, map, run, see what came of it."""

from __future__ import annotations

import base64

from starlette.requests import Request
from starlette.responses import Response

from tieline import importing
from tieline.errors import InvalidInput, TielineError
from tieline.importing.columns import TARGETS
from tieline.web import session
from tieline.web.context import database
from tieline.web.forms import upload_of, values_of
from tieline.web.page import go, is_partial, render

PREVIEW_LIMIT = 20_000_000


async def show(request: Request) -> Response:
    """The form and the earlier imports."""
    return await _page(request, None)


async def look(request: Request) -> Response:
    """What is in the file, before anything is stored."""
    try:
        filename, data = await upload_of(request, "file")
        if len(data) > PREVIEW_LIMIT:
            raise InvalidInput(
                "larger than 20 MB", field="file", remedy="use the command: tieline import FILE"
            )
        found = importing.preview(data, None)
    except TielineError as error:
        return await _page(request, error)
    encoded = base64.b64encode(data).decode()
    return await render(
        request, "import_preview.html", found=found, filename=filename, data=encoded, targets=TARGETS
    )


async def start(request: Request) -> Response:
    """Begin."""
    caller, values = await session.signed_in(request), await values_of(request)
    mapping = {name.removeprefix("map."): value for name, value in values.items() if name.startswith("map.")}
    dry = values.get("action") == "check"
    try:
        data = base64.b64decode(values.get("data", ""), validate=True)
        run = await database(request).write(
            importing.start, caller, values.get("filename") or "contacts", data, mapping or None, dry
        )
    except ValueError:
        return await _page(request, InvalidInput("choose the file again", field="file"))
    except TielineError as error:
        return await _page(request, error)
    return go(request, f"/import/{run}")


async def start_checked(request: Request) -> Response:
    """Import what was only checked until now."""
    caller = await session.signed_in(request)
    try:
        run = await database(request).write(importing.start_checked, caller, request.path_params["number"])
    except InvalidInput as error:
        return await _page(request, error)
    return go(request, f"/import/{run}")


async def progress(request: Request) -> Response:
    """How far an import is; for htmx the moving part."""
    caller = await session.signed_in(request)
    run = await database(request).read(importing.status, caller, request.path_params["number"])
    template = "parts/import_progress.html" if is_partial(request) else "import_run.html"
    return await render(request, template, run=run)


async def rejected(request: Request) -> Response:
    """The rejected rows with reasons, as a file."""
    caller = await session.signed_in(request)
    text = await database(request).read(importing.rejected_csv, caller, request.path_params["number"])
    headers = {"Content-Disposition": 'attachment; filename="rejected.csv"'}
    return Response(text, media_type="text/csv", headers=headers)


async def _page(request: Request, error: TielineError | None) -> Response:
    caller = await session.signed_in(request)
    runs = await database(request).read(importing.latest, caller)
    return await render(request, "import.html", status=422 if error else 200, runs=runs, error=error)
