"""Every command. What it does is done by the control API; here is only how it is asked for and shown."""

from __future__ import annotations

import base64
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tieline import __version__
from tieline.cli import output
from tieline.cli.connections import connection_app
from tieline.cli.doctor import doctor
from tieline.cli.office import settings_app, team_app
from tieline.cli.options import Account, DatabaseUrl, DataDir, File, Json
from tieline.cli.options import read_file as _read
from tieline.cli.options import server as _server
from tieline.cli.reach import Server
from tieline.cli.scenarios import scenario_app
from tieline.cli.services import datastore_app, keychain_app
from tieline.settings import load

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tieline: your relationships, and the scenarios that keep them.",
)
account_app = typer.Typer(no_args_is_help=True, help="Accounts and their keys.")
oauth_app = typer.Typer(no_args_is_help=True, help="Apps that ask accounts for access (OAuth 2.0).")
module_app = typer.Typer(no_args_is_help=True, help="The Cloze modules.")
app.add_typer(account_app, name="account")
app.add_typer(connection_app, name="connection")
app.add_typer(oauth_app, name="app")
app.add_typer(module_app, name="module")
app.add_typer(scenario_app, name="scenario")
app.add_typer(datastore_app, name="datastore")
app.add_typer(keychain_app, name="keychain")
app.add_typer(settings_app, name="settings")
app.add_typer(team_app, name="team")
app.command()(doctor)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    sample: Annotated[bool, typer.Option("--sample", help="Load the sample office.")] = False,
) -> None:
    """Start the server."""
    from tieline.cli import serving

    serving.serve(load(host=host, port=port, data_dir=data_dir, database=database), sample)


@app.command()
def work(data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Run jobs in a process of their own (PostgreSQL)."""
    from tieline.cli import serving

    settings = load(data_dir=data_dir, database=database)
    if settings.database_url.startswith("sqlite"):
        output.fail(
            "workers need PostgreSQL: give --database postgresql://…; on SQLite the server does the work itself",
            2,
        )
    serving.work(settings)


@app.command()
def version(json: Json = False) -> None:
    """The version of Tieline."""
    output.emit({"version": __version__}) if json else output.say(f"Tieline {__version__}")


@account_app.command("create")
def account_create(
    email: Annotated[str, typer.Argument(help="E-mail address of the account.")],
    name: Annotated[str, typer.Option(help="Name of the person.")] = "",
    country: Annotated[str, typer.Option(help="Country code that completes phone numbers.")] = "US",
    timezone: Annotated[str, typer.Option(help="Time zone, such as Europe/Stockholm.")] = "UTC",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read a password for the pages from standard input.")
    ] = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Make an account; its API key is shown once."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    body = {"email": email, "name": name, "country": country, "timezone": timezone, "password": password}
    with _server(data_dir, database) as server:
        made = server.call("POST", "/accounts", body)
    output.emit(made) if json else output.say(
        f"Account {made['email']}\nAPI key {made['api_key']}  (shown only now)"
    )


@account_app.command("list")
def account_list(data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False) -> None:
    """Every account."""
    with _server(data_dir, database) as server:
        rows = server.call("GET", "/accounts")
    output.emit(rows) if json else output.table(
        rows,
        {"email": "E-mail", "name": "Name", "timezone": "Time zone"},
        "No accounts yet: tieline account create EMAIL",
    )


@account_app.command("key")
def account_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """One more API key, shown once."""
    with _server(data_dir, database, account) as server:
        made = server.call("POST", "/accounts/key", {"name": name})
    output.emit(made) if json else output.say(f"API key {made['api_key']}  (shown only now)")


@account_app.command("password")
def account_password(account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Set the password for the pages, read from standard input."""
    with _server(data_dir, database, account) as server:
        server.call("POST", "/accounts/password", {"password": sys.stdin.readline().rstrip("\r\n")})
    output.say("Password set.")


@oauth_app.command("register")
def app_register(
    name: Annotated[str, typer.Argument(help="What people see when it asks for access.")],
    redirect_uri: Annotated[
        list[str], typer.Option(help="Where people come back to, exactly; as often as needed.")
    ],
    description: Annotated[str, typer.Option(help="One sentence about it.")] = "",
    logo: Annotated[str, typer.Option(help="Address of its logo, https://.")] = "",
    public: Annotated[
        bool, typer.Option("--public", help="It runs where no secret can be kept: PKCE instead of a secret.")
    ] = False,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Register an app; its secret is shown once."""
    body = {
        "name": name,
        "redirect_uris": redirect_uri,
        "description": description,
        "logo_url": logo,
        "public": public,
    }
    with _server(data_dir, database, account) as server:
        made = server.call("POST", "/apps", body)
    if json:
        output.emit(made)
        return
    secret = f"{made['client_secret']}  (shown only now)" if made["client_secret"] else "none: it is public"
    output.say(f"Client id      {made['client_id']}\nClient secret  {secret}")


@oauth_app.command("list")
def app_list(
    account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False
) -> None:
    """The apps that the account has registered."""
    with _server(data_dir, database, account) as server:
        rows = server.call("GET", "/apps")
    output.emit(rows) if json else output.table(
        rows,
        {"name": "Name", "client_id": "Client id", "public": "Public", "redirect_uris": "Redirect addresses"},
        "None.",
    )


@oauth_app.command("revoke")
def app_revoke(
    client_id: Annotated[str, typer.Argument(help="Its client id.")],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """End an app and the access it has to any account."""
    with _server(data_dir, database, account) as server:
        found = server.call("DELETE", f"/apps/{client_id}")
    output.emit(found) if json else output.say(f"“{found['revoked']}” is revoked.")


@module_app.command("list")
def module_list(json: Json = False) -> None:
    """Every module."""
    from tieline.modules import MODULES

    rows = [
        {
            "name": m.name,
            "label": m.label,
            "kind": m.kind,
            "extended": m.extended,
            "description": m.description,
        }
        for m in MODULES.values()
    ]
    if json:
        output.emit(rows)
        return
    shown = [{**row, "family": "Extended" if row["extended"] else "Cloze"} for row in rows]
    output.table(
        shown, {"label": "Module", "family": "Family", "kind": "Kind", "description": "What it does"}, ""
    )


@module_app.command("show")
def module_show(name: str, json: Json = False) -> None:
    """A module with its fields."""
    from tieline.modules import find_module
    from tieline.modules.dialog import describe_module
    from tieline.modules.module import walk

    found = find_module(name)
    if found is None:
        output.fail(f"there is no module “{name}”: tieline module list shows them", 2)
    if json:
        output.emit(describe_module(found))
        return
    family = ", extended" if found.extended else ""
    output.say(f"{found.label}  ({found.name}, {found.kind}{family})\n{found.description}\n")
    rows = [
        {
            "label": f.label + (" *" if f.required else "") + (" (extended)" if f.extended else ""),
            "name": f.name,
            "type": f.type,
            "help": f.help,
        }
        for f in walk(found.fields)
    ]
    output.table(
        rows, {"label": "Field", "name": "Name", "type": "Type", "help": "Meaning"}, "It has no fields."
    )


@module_app.command("run")
def module_run(
    name: str,
    input: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="JSON lines, one call each; - for standard input. Without --map each line is the module's input.",
        ),
    ] = None,
    set: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE, as often as needed.")] = None,
    map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="FIELD={{expression}} over each input line, such as subject='Call {{name}}'. Reads standard input.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Have the calls checked; change nothing.")
    ] = False,
    connection: Annotated[str, typer.Option(help="The connection to act for.")] = "This account",
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Annotated[bool, typer.Option("--json", help="Only the bundles: no words about progress.")] = False,
) -> None:
    """Run a module; bundles come out as JSON lines."""
    from tieline.cli.run_module import Task, run_module, the_module

    task = Task(
        module=the_module(name),
        connection=connection,
        fixed=dict(_pair(text) for text in set or ()),
        mapped=dict(_pair(text, "--map") for text in map or ()),
        source="-" if input is None and map else input,
        dry_run=dry_run,
        quiet=json,
    )
    run_module(task, load(data_dir=data_dir, database=database), account)


def _pair(text: str, option: str = "--set") -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        output.fail(f"{option} {text}: write FIELD=VALUE", 2)
    try:
        return name, msgspec.json.decode(value) if value[:1] in {"{", "["} else value
    except msgspec.DecodeError:
        return name, value


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        output.fail(f"the input is not JSON: {error}", 2)
    if not isinstance(value, dict):
        output.fail("each line of the input must be a JSON object", 2)
    return value


@app.command()
def mcp(
    allow: Annotated[
        str, typer.Option("--allow", help="What the assistant may do: read, write, delete.")
    ] = "read,write",
    connection: Annotated[str, typer.Option(help="The connection to act for.")] = "This account",
    url: Annotated[
        str | None, typer.Option(help="Another server to act at, with the key in TIELINE_API_KEY.")
    ] = None,
    api_key: Annotated[str, typer.Option(envvar="TIELINE_API_KEY", hidden=True)] = "",
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Serve the modules as tools to an assistant over standard input and output (Model Context Protocol)."""
    from tieline.cli import assistants
    from tieline.mcp import grants

    allowed = grants.parse(allow)
    if url is None:
        assistants.serve(load(data_dir=data_dir, database=database), account, connection, allowed)
    elif api_key:
        assistants.serve_elsewhere(url, api_key, allowed)
    else:
        output.fail("--url needs the account's key: set TIELINE_API_KEY", 2)


@app.command("expression")
def expression(
    text: Annotated[str, typer.Argument(metavar="EXPR", help="A template such as {{upper(1.name)}}.")],
    context: Annotated[
        str | None, typer.Option(help="JSON file: module id to bundle; `var` for variables.")
    ] = None,
    now: Annotated[str | None, typer.Option(help="The moment to evaluate at, ISO 8601.")] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of the scenario.")] = "UTC",
    json: Json = False,
) -> None:
    """Evaluate an expression."""
    from tieline.cli.evaluate import evaluate

    evaluate(text, _object(_read(context)) if context else {}, now, timezone, json)


@app.command()
def query(
    kind: Annotated[str, typer.Argument(help="people, companies or projects.")],
    text: Annotated[str, typer.Argument(help="A free-form query, such as: active customers in Boston")],
    explain: Annotated[
        bool, typer.Option("--explain", help="Show how it is read instead of what it finds.")
    ] = False,
    now: Annotated[str | None, typer.Option(help="The moment dates are relative to, ISO 8601.")] = None,
    limit: Annotated[int, typer.Option(help="The most records to list.")] = 50,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Find records by a free-form query, or see how it is read."""
    from tieline.cli.query import show

    with _server(data_dir, database, account) as server:
        show(server, kind, text, explain, now, limit, json)


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="activity, projects, leads or funnel.")],
    period: Annotated[str, typer.Option(help="year, quarter, month, week or day.")] = "month",
    start: Annotated[
        str | None, typer.Option("--from", help="A day in the first period, such as 2026-01-01.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="A day in the last period; today when left out.")
    ] = None,
    of: Annotated[str, typer.Option(help="Whose funnel: people or projects.")] = "people",
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Figures: activity and leads by period, projects by stage, the way through the stages."""
    from tieline.cli.report import show

    with _server(data_dir, database, account) as server:
        show(server, name, {"period": period, "from": start, "to": end, "of": of}, json)


@app.command("import")
def import_contacts(
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only; change nothing.")] = False,
    map: Annotated[
        list[str] | None, typer.Option("--map", help="COLUMN=FIELD for columns that are not recognised.")
    ] = None,
    rejected: Annotated[
        str | None, typer.Option(help="Write rejected rows with reasons to this file.")
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Import contacts from a vCard or CSV file."""
    mapping = {name: str(value) for name, value in (_pair(text) for text in map or ())}
    body = {
        "filename": Path(file).name,
        "data": base64.b64encode(_read(file)).decode(),
        "mapping": mapping,
        "dry_run": dry_run,
    }
    with _server(data_dir, database, account) as server:
        run = server.call("POST", "/imports", body)["id"]
        found = _follow(server, run, quiet=json)
        text = server.call("GET", f"/imports/{run}/rejected")["csv"] if found["rejected_count"] else ""
    if text and rejected:
        Path(rejected).write_text(text)
    if json:
        output.emit(found)
    else:
        would = "would be " if dry_run else ""
        output.say(
            f"{found['created_count']} {would}added, {found['updated_count']} {would}enhanced, {found['rejected_count']} rejected."
        )
        if text and not rejected:
            output.say(text.rstrip())
    if found["state"] == "failed":
        output.fail(str(found["error"]))


def _follow(server: Server, run: int, *, quiet: bool) -> dict[str, Any]:
    shown = -1
    while True:
        found: dict[str, Any] = server.call("GET", f"/imports/{run}")
        if not quiet and found["done"] != shown:
            shown = found["done"]
            output.progress(f"{shown:,} of {found['total']:,}")
        if found["state"] in {"finished", "failed"}:
            return found
        time.sleep(0.2)


@app.command("export")
def export_contacts(
    account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False
) -> None:
    """Every person, company and project as JSON lines, each with its kind."""
    with _server(data_dir, database, account) as server:
        for kind in ("person", "company", "project"):
            page = 1
            while records := server.call("GET", f"/records/{kind}", page=page)["records"]:
                for record in records:
                    output.emit({kind: record})
                page += 1
