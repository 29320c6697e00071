"""An import as work that must happen: started in one transaction, resumed where a crash left it."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from tieline import clock, jobs
from tieline.crm import accounts, relations
from tieline.crm.access import Actor, Caller
from tieline.errors import InvalidInput, NotFound, TielineError
from tieline.importing.formats import Contacts, open_contacts, preview
from tieline.jobs import Handler, Job
from tieline.records.person import Person
from tieline.store.database import Database, Row, Statement, Transaction
from tieline.store.tables import import_run

KIND = "import.run"
BATCH = 200
FILE_LIMIT = 100_000_000

COLUMNS = [column for column in import_run.c if column.name not in {"source", "rejected"}]
STATUS = Statement(
    select(*COLUMNS).where(
        import_run.c.id == bindparam("id"), import_run.c.account_id == bindparam("account_id")
    )
)
LATEST = Statement(
    select(*COLUMNS)
    .where(import_run.c.account_id == bindparam("account_id"))
    .order_by(import_run.c.id.desc())
    .limit(bindparam("limit"))
)
WHOLE = Statement(select(import_run).where(import_run.c.id == bindparam("id")))
# Only the file of the newest check is kept.
FORGET = Statement(
    update(import_run)
    .where(
        import_run.c.account_id == bindparam("account_id"),
        import_run.c.id < bindparam("id"),
        import_run.c.state.in_(["finished", "failed"]),
        import_run.c.source.is_not(None),
    )
    .values(source=None)
)
REJECTED = Statement(
    select(import_run.c.rejected).where(
        import_run.c.id == bindparam("id"), import_run.c.account_id == bindparam("account_id")
    )
)


class RunStatus(msgspec.Struct):
    """How far an import is. `state`: waiting, running, finished or failed."""

    id: int
    filename: str
    state: str
    dry_run: bool
    total: int
    done: int
    created_count: int
    updated_count: int
    rejected_count: int
    error: str | None
    created: int
    finished: int | None


class Progress(msgspec.Struct):
    """What one batch adds."""

    done: int = 0
    created: int = 0
    updated: int = 0
    rejected: list[list[str]] = []


def start(
    tx: Transaction,
    caller: Caller,
    filename: str,
    data: bytes,
    mapping: dict[str, str] | None = None,
    dry_run: bool = False,
) -> int:
    """Take a file in and defer the work. Returns the id of the run.

    Raises InvalidInput when the file holds no contacts, the mapping is wrong, or it is larger than 100 MB.
    """
    if len(data) > FILE_LIMIT:
        raise InvalidInput("the file is larger than 100 MB", field="file", remedy="split it")
    found = preview(data, mapping)
    if not found.total:
        raise InvalidInput("the file holds no contacts", field="file", remedy="export the contacts again")
    run_id = tx.insert(
        import_run,
        {
            "account_id": caller.account_id,
            "filename": filename,
            "state": "waiting",
            "dry_run": dry_run,
            "mapping": msgspec.json.encode(mapping or {}).decode(),
            "source": data,
            "total": found.total,
            "created": clock.now_ms(),
        },
    )
    tx.run(FORGET, {"account_id": caller.account_id, "id": run_id})
    jobs.defer(tx, KIND, {"id": run_id}, lock=f"import:{caller.account_id}")
    return run_id


def start_checked(tx: Transaction, caller: Caller, run_id: int) -> int:
    """Import the file of a finished check. Returns the id of the new run; raises NotFound, InvalidInput."""
    row = tx.one(WHOLE, {"id": run_id})
    if row is None or row["account_id"] != caller.account_id:
        raise NotFound("There is no such import.")
    if row["state"] != "finished" or not row["dry_run"] or row["source"] is None:
        raise InvalidInput("the file is no longer kept", field="file", remedy="choose it again")
    mapping = msgspec.json.decode(row["mapping"], type=dict[str, str])
    return start(tx, caller, str(row["filename"]), bytes(row["source"]), mapping or None)


def status(tx: Transaction, caller: Caller, run_id: int) -> RunStatus:
    """How far the run is. Raises NotFound."""
    row = tx.one(STATUS, {"id": run_id, "account_id": caller.account_id})
    if row is None:
        raise NotFound("There is no such import.")
    return _status(row)


def latest(tx: Transaction, caller: Caller, limit: int = 20) -> list[RunStatus]:
    """The newest runs of the account."""
    return [_status(row) for row in tx.all(LATEST, {"account_id": caller.account_id, "limit": limit})]


def rejected_csv(tx: Transaction, caller: Caller, run_id: int) -> str:
    """The rejected rows as CSV: the reason, then the row as it was in the file. Raises NotFound."""
    row = tx.one(REJECTED, {"id": run_id, "account_id": caller.account_id})
    if row is None:
        raise NotFound("There is no such import.")
    return str(row["rejected"])


def handlers(database: Database) -> dict[str, Handler]:
    """The job handler of this room."""

    async def run(job: Job) -> None:
        await _run(database, int(job.payload["id"]))

    return {KIND: run}


async def _run(database: Database, run_id: int) -> None:
    row = await database.read(_whole, run_id)
    if row is None or row["state"] in {"finished", "failed"} or row["source"] is None:
        return
    try:
        await _import(database, row)
    except TielineError as error:
        await database.write(_end, run_id, "failed", str(error))


async def _import(database: Database, row: Row) -> None:
    run_id, dry_run = int(row["id"]), bool(row["dry_run"])
    contacts = open_contacts(bytes(row["source"]))
    mapping = msgspec.json.decode(row["mapping"], type=dict[str, str])
    actor = Actor(kind="import", name=str(row["filename"]), email="")
    caller = await database.read(lambda tx: accounts.caller_by_id(tx, int(row["account_id"]), actor=actor))
    rows = contacts.rows(mapping)
    # Rows counted as done were committed with their batch: a resumed run begins behind them.
    for _ in islice(rows, int(row["done"])):
        pass
    while batch := list(islice(rows, BATCH)):
        await database.write(_batch, run_id, caller, batch, dry_run, contacts)
    await database.write(_end, run_id, "finished", None)


def _whole(tx: Transaction, run_id: int) -> Row | None:
    return tx.one(WHOLE, {"id": run_id})


def _batch(
    tx: Transaction,
    run_id: int,
    caller: Caller,
    batch: list[tuple[list[str], Person | InvalidInput]],
    dry_run: bool,
    contacts: Contacts,
) -> None:
    progress = Progress(rejected=[])
    for cells, found in batch:
        progress.done += 1
        reason = found if isinstance(found, TielineError) else _store(tx, caller, found, dry_run, progress)
        if reason is not None:
            progress.rejected.append([str(reason), *cells])
    _advance(tx, run_id, progress, contacts)


def _store(
    tx: Transaction, caller: Caller, person: Person, dry_run: bool, progress: Progress
) -> TielineError | None:
    person.dryrun = dry_run
    try:
        with tx.savepoint():
            written = relations.upsert(tx, caller, "person", person, mode="update")
    except TielineError as error:
        return error
    if written.created:
        progress.created += 1
    elif written.changed:
        progress.updated += 1
    return None


def _advance(tx: Transaction, run_id: int, progress: Progress, contacts: Contacts) -> None:
    table = import_run.c
    values: dict[Any, Any] = {
        table.state: "running",
        table.done: table.done + progress.done,
        table.created_count: table.created_count + progress.created,
        table.updated_count: table.updated_count + progress.updated,
        table.rejected_count: table.rejected_count + len(progress.rejected),
    }
    if progress.rejected:
        row = _whole(tx, run_id)
        head = [] if row is not None and row["rejected"] else [["reason", *contacts.headings()]]
        values[table.rejected] = table.rejected + _csv(head + progress.rejected)
    tx.run(update(import_run).where(table.id == run_id).values(values))


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def _harmless(cell: str) -> str:
    # A spreadsheet would run a cell that begins like a formula.
    return (
        f"'{cell}" if cell[:1] in {"=", "@"} or (cell[:1] in {"+", "-"} and not cell[1:2].isdigit()) else cell
    )


def _end(tx: Transaction, run_id: int, state: str, error: str | None) -> None:
    values: dict[str, object] = {"state": state, "error": error, "finished": clock.now_ms()}
    row = tx.one(WHOLE, {"id": run_id})
    if state == "failed" or row is None or not row["dry_run"]:
        values["source"] = None  # the file of a check is kept, so that it can be imported next
    tx.run(update(import_run).where(import_run.c.id == run_id).values(values))


def _status(row: Row) -> RunStatus:
    return RunStatus(**{name: row[name] for name in RunStatus.__struct_fields__})


__all__ = ["RunStatus", "handlers", "latest", "rejected_csv", "start", "start_checked", "status"]
