"""Versions of a scenario: what there is, what is different, saving, restoring."""

from __future__ import annotations

from typing import Any

from tieline.control.frame import Context
from tieline.errors import InvalidInput
from tieline.scenarios import library, placeholders
from tieline.store.database import Transaction


async def listing(context: Context) -> Any:
    """Every version with its author and time, newest first."""
    rows = await context.database.read(library.versions, context.account.account_id, context.number)
    return [{name: row[name] for name in ("version", "author", "at")} for row in rows]


async def save(context: Context) -> Any:
    """A new version. `based_on`: the version it was made from; what was saved since then is joined with it."""
    body = await context.body()
    account = context.account
    return await context.database.write(
        library.save_version,
        account.account_id,
        context.number,
        body.get("blueprint") or "",
        author=account.email,
        based_on=_version(body.get("based_on"), "based_on"),
    )


async def compare(context: Context) -> Any:
    """What is different between the versions `from` and `to` (the current one)."""
    asked = context.request.query_params
    before, after = _version(asked.get("from"), "from"), _version(asked.get("to"), "to")

    def read(tx: Transaction) -> Any:
        row = library.find(tx, context.account.account_id, context.number)
        current = after if after is not None else int(row["version"])
        start = before if before is not None else max(1, current - 1)
        changes = library.compare(tx, context.account.account_id, context.number, start, current)
        return {"from": start, "to": current, "changes": changes}

    return await context.database.read(read)


async def restore(context: Context) -> Any:
    """An earlier version, made the current one again."""
    version = _version((await context.body()).get("version"), "version")
    if version is None:
        raise InvalidInput("is required", field="version", remedy="say which version")
    account = context.account
    return await context.database.write(
        library.restore, account.account_id, context.number, version, author=account.email
    )


async def repoint(context: Context) -> Any:
    """A module that this server does not have, made into an HTTP call, as a new version."""
    body = await context.body()
    account = context.account
    module = _version(body.get("module"), "module")
    if module is None:
        raise InvalidInput("is required", field="module", remedy="say which module")

    def act(tx: Transaction) -> library.Imported:
        found = library.load_blueprint(tx, account.account_id, context.number)
        made = placeholders.repoint(
            found, module, str(body.get("url") or ""), str(body.get("method") or "post")
        )
        return library.save_version(tx, account.account_id, context.number, made.raw, author=account.email)

    return await context.database.write(act)


def _version(value: Any, field: str) -> int | None:
    """A number that was sent, as a number or as text. Raises InvalidInput."""
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not str(value).isdecimal():
        raise InvalidInput("must be a whole number", field=field, remedy="write it like 2")
    return int(value)
