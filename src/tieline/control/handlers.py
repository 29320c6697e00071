"""What the owner may ask: each handler decodes, checks, acts and answers."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from tieline import importing
from tieline.client import AsyncCloze, HttpTransport
from tieline.client.asynchronous import CLOZE
from tieline.control import bindings
from tieline.control.clients import client_of
from tieline.control.frame import Context
from tieline.crm import accounts, finding, sample
from tieline.crm.finding import FindQuery
from tieline.errors import InvalidInput
from tieline.modules import MODULES, Module, connections, find_module, runner
from tieline.modules.dialog import describe_module
from tieline.records.kinds import KINDS
from tieline.scenarios import due, history, library, state
from tieline.scenarios.blueprint import export
from tieline.scenarios.lint import lint_source
from tieline.scenarios.placeholders import losses, not_in_make
from tieline.store.database import Transaction

EXPORT_PAGE = 500

# Accounts


async def create_account(context: Context) -> Any:
    """An account and its first key, shown once."""
    body = await context.body()

    def make(tx: Transaction) -> dict[str, Any]:
        made = accounts.create_account(
            tx,
            str(body.get("email") or ""),
            name=str(body.get("name") or ""),
            password=body.get("password"),
            country=str(body.get("country") or "US"),
            timezone=str(body.get("timezone") or "UTC"),
        )
        _, key = accounts.create_key(tx, made.id, "First key")
        return {"email": made.email, "api_key": key}

    return await context.database.write(make)


async def list_accounts(context: Context) -> Any:
    """Every account."""
    return await context.database.read(accounts.list_accounts)


async def create_key(context: Context) -> Any:
    """One more key for an account."""
    body = await context.body()
    account = context.account
    _, key = await context.database.write(
        accounts.create_key, account.account_id, str(body.get("name") or "Command line")
    )
    return {"email": account.email, "api_key": key}


async def set_password(context: Context) -> Any:
    """A password for an account, so that its person can sign in."""
    body = await context.body()
    await context.database.write(
        accounts.set_password, context.account.account_id, str(body.get("password") or "")
    )
    return {"email": context.account.email}


# Connections


async def add_connection(context: Context) -> Any:
    """Check and store a connection."""
    body = await context.body()
    name, email, key = (str(body.get(field) or "") for field in ("name", "email", "api_key"))
    url = str(body.get("url") or CLOZE)
    account_id = context.account.account_id
    identity = ""
    if key:
        async with AsyncCloze(
            email=email, api_key=key, url=url, transport=HttpTransport(url, context.door)
        ) as client:
            identity = await connections.verify(client, email)
    return await context.database.write(
        connections.create,
        context.vault,
        account_id,
        name,
        email=email,
        api_key=key,
        url=url,
        identity=identity,
    )


async def list_connections(context: Context) -> Any:
    """The account's connections."""
    await context.database.write(connections.this_account, context.account.account_id)
    return await context.database.read(connections.list_connections, context.account.account_id)


async def test_connection(context: Context) -> Any:
    """Ask the other side who we are."""
    client, row = await client_of(context, context.request.path_params["name"])
    identity = await connections.verify(client, str(row["email"]))
    await context.database.write(connections.verified, int(row["id"]), identity)
    return {"name": row["name"], "identity": identity}


async def remove_connection(context: Context) -> Any:
    """Remove a connection that nothing uses."""
    account_id = context.account.account_id

    def remove(tx: Transaction) -> dict[str, Any]:
        row = connections.find_by_name(tx, account_id, context.request.path_params["name"])
        connections.remove(tx, account_id, int(row["id"]))
        return {"removed": row["name"]}

    return await context.database.write(remove)


async def rotate_connection(context: Context) -> Any:
    """A new key for a connection, checked first."""
    body = await context.body()
    name = context.request.path_params["name"]
    row = await context.database.write(connections.find_by_name, context.account.account_id, name)
    identity = await connections.replace_key(
        context.database, context.vault, context.door, row, str(body.get("api_key") or "")
    )
    return {"rotated": row["name"], "identity": identity}


# Modules


async def list_modules(context: Context) -> Any:
    """Every module in a line."""
    return [
        {
            "name": m.name,
            "label": m.label,
            "kind": m.kind,
            "extended": m.extended,
            "description": m.description,
            "fields": len(m.fields),
        }
        for m in MODULES.values()
    ]


async def show_module(context: Context) -> Any:
    """A module with its fields."""
    return describe_module(_module(context.request.path_params["name"]))


async def run_module(context: Context) -> Any:
    """Run a module once; its bundles."""
    body = await context.body()
    client, _ = await client_of(context, str(body.get("connection") or connections.THIS_ACCOUNT))
    given = body.get("input")
    timezone = context.account.timezone
    found = _module(context.request.path_params["name"])
    around = runner.CallContext(timezone=timezone, dry_run=bool(body.get("dry_run")))
    return await runner.run_all(
        found, given if isinstance(given, dict) else {}, client=client, context=around
    )


def _module(name: str) -> Module:
    found = find_module(name)
    if found is None:
        raise InvalidInput(
            f"there is no module “{name}”", field="module", remedy="tieline module list shows them"
        )
    return found


# Scenarios


async def import_scenario(context: Context) -> Any:
    """Store a blueprint."""
    body = await context.body()
    account = context.account
    name = body.get("connection")

    def store(tx: Transaction) -> library.Imported:
        chosen = connections.find_by_name(tx, account.account_id, str(name))["id"] if name else None
        made = library.import_blueprint(
            tx, account.account_id, body.get("blueprint") or "", author=account.email, connection_id=chosen
        )
        if table := body.get("bindings"):
            bindings.apply(tx, account.account_id, made.id, table)
            left = library.findings(tx, account.account_id, made.id)
            made.findings = [f for f in made.findings if f.code != "BP014"]
            made.findings += [f for f in left if f.code == "BP014"]
        return made

    return await context.database.write(store)


async def list_scenarios(context: Context) -> Any:
    """The account's scenarios."""
    return await context.database.read(library.list_scenarios, context.account.account_id)


async def show_scenario(context: Context) -> Any:
    """A scenario with what it needs and what is wrong with it."""

    def read(tx: Transaction) -> dict[str, Any]:
        account_id = context.account.account_id
        shown = msgspec.to_builtins(library.get_scenario(tx, account_id, context.number))
        return {
            **shown,
            "upcoming": due.coming(shown["scheduling"], shown["next_run"], state.timezone(tx, account_id)),
            "connections": library.bindings(tx, account_id, context.number),
            "findings": library.findings(tx, account_id, context.number),
            "losses": losses(library.load_blueprint(tx, account_id, context.number)),
        }

    return await context.database.read(read)


async def export_scenario(context: Context) -> Any:
    """The canonical text."""
    for_make = context.request.query_params.get("for_make") == "true"
    version = context.request.query_params.get("version", "")
    found = await context.database.read(
        library.load_blueprint,
        context.account.account_id,
        context.number,
        int(version) if version.isdecimal() else None,
    )
    return {
        "blueprint": export(found, for_make=for_make),
        "not_in_make": not_in_make(found) if for_make else [],
    }


async def lint_blueprint(context: Context) -> Any:
    """What is wrong with a blueprint that is not stored."""
    body = await context.body()
    return lint_source(body.get("blueprint") or "")


async def connect_scenario(context: Context) -> Any:
    """Connect every resource of a scenario to one account."""
    body = await context.body()
    account_id = context.account.account_id

    def connect(tx: Transaction) -> Any:
        row = connections.find_by_name(
            tx, account_id, str(body.get("connection") or connections.THIS_ACCOUNT)
        )
        library.bind_all(tx, account_id, context.number, int(row["id"]))
        return library.bindings(tx, account_id, context.number)

    return await context.database.write(connect)


async def schedule_scenario(context: Context) -> Any:
    """Say when a scenario runs."""
    body = await context.body()
    await context.database.write(library.set_scheduling, context.account.account_id, context.number, body)
    return await context.database.read(library.get_scenario, context.account.account_id, context.number)


async def activate(context: Context) -> Any:
    """Switch on."""
    await context.engine.activate(context.account.account_id, context.number)
    return await context.database.read(library.get_scenario, context.account.account_id, context.number)


async def deactivate(context: Context) -> Any:
    """Switch off."""
    await context.engine.deactivate(context.account.account_id, context.number)
    return await context.database.read(library.get_scenario, context.account.account_id, context.number)


async def remove_scenario(context: Context) -> Any:
    """Delete a scenario that is off."""
    await context.database.write(library.remove, context.account.account_id, context.number)
    return {"removed": context.number}


async def run_scenario(context: Context) -> Any:
    """Start an execution by hand."""
    body = await context.body()
    trigger = body.get("trigger")
    bundles = trigger if isinstance(trigger, list) or trigger is None else [trigger]
    return {"execution": await context.engine.run_once(context.account.account_id, context.number, bundles)}


async def list_executions(context: Context) -> Any:
    """Executions, of one scenario or of all: by status, words, module, and time."""
    asked = context.request.query_params
    scenario = asked.get("scenario", "")
    limit = asked.get("limit", "50")
    zone = context.account.timezone
    return await context.database.read_slow(
        history.list_executions,
        context.account.account_id,
        int(scenario) if scenario.isdecimal() else None,
        status=asked.get("status") or None,
        text=asked.get("text") or None,
        module=asked.get("module") or None,
        after=history.moment(asked.get("from"), zone),
        before=history.moment(asked.get("to"), zone, end=True),
        limit=min(int(limit), 10_000) if limit.isdecimal() else 50,
    )


async def show_execution(context: Context) -> Any:
    """An execution with its operations."""
    return await context.database.read(
        history.get_execution, context.account.account_id, context.request.path_params["execution"]
    )


async def replay_execution(context: Context) -> Any:
    """Run again with the same trigger data. `version`: another version; `dry`: writes are shown, not sent."""
    body = await context.body()
    version = body.get("version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise InvalidInput("must be a whole number", field="version", remedy="write it like 2")
    started = await context.engine.replay(
        context.account.account_id,
        context.request.path_params["execution"],
        version,
        dry_run=body.get("dry") is True,
    )
    return {"execution": started}


# Contacts


async def start_import(context: Context) -> Any:
    """Take a file of contacts in."""
    body = await context.body()
    try:
        data = base64.b64decode(str(body.get("data") or ""), validate=True)
    except ValueError:
        raise InvalidInput("must be base64", field="data") from None
    mapping = body.get("mapping")
    run_id = await context.database.write(
        importing.start,
        context.account,
        str(body.get("filename") or "contacts"),
        data,
        mapping if isinstance(mapping, dict) else None,
        bool(body.get("dry_run")),
    )
    return {"id": run_id}


async def import_status(context: Context) -> Any:
    """How far an import is."""
    return await context.database.read(importing.status, context.account, context.number)


async def import_rejected(context: Context) -> Any:
    """The rejected rows with reasons, as CSV."""
    return {"csv": await context.database.read(importing.rejected_csv, context.account, context.number)}


async def export_records(context: Context) -> Any:
    """A page of records of one kind, for an export."""
    kind = context.request.path_params["kind"]
    page = context.request.query_params.get("page", "1")
    if kind not in KINDS:
        raise InvalidInput(f"“{kind}” is unknown", field="kind", remedy=f"one of: {', '.join(KINDS)}")
    query = FindQuery(
        pagesize=EXPORT_PAGE,
        pagenumber=int(page) if page.isdecimal() else 1,
        sort="created",
        sortdir="asc",
        detailed=True,
    )
    found = await context.database.read_slow(finding.find, context.account, kind, query)
    return {"records": found.records, "available": found.available}


async def load_sample(context: Context) -> Any:
    """Move the sample office in."""
    return {"relations": await context.database.write(sample.load, context.account)}


async def remove_sample(context: Context) -> Any:
    """Move it out."""
    return {"relations": await context.database.write(sample.remove, context.account)}
