"""Commands of scenarios and their executions."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tieline.cli import folders, incomplete, output, triggers, versions
from tieline.cli.options import Account, DatabaseUrl, DataDir, File, Json
from tieline.cli.options import read_file as _read
from tieline.cli.options import server as _server
from tieline.cli.reach import Server

scenario_app = typer.Typer(no_args_is_help=True, help="Scenarios and their executions.")


@scenario_app.command("import")
def scenario_import(
    file: Annotated[str | None, typer.Argument(help="A blueprint, or - for standard input.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="A folder of scenarios, as `export --dir` writes it.")
    ] = None,
    connection: Annotated[
        str | None, typer.Option(help="Connect it to this connection; “This account” needs no key.")
    ] = None,
    bindings: Annotated[
        str | None,
        typer.Option(
            "--bindings", help="A mapping table, JSON: [{kind, foreign_id, name}, …]; see `bindings`."
        ),
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Import a Make blueprint, or a folder of scenarios: what is there by name and has changed gets a version."""
    if folder is not None:
        with _server(data_dir, database, account) as server:
            rows = folders.read_in(server, folder)
        columns = {"id": "Id", "name": "Name", "version": "Version", "done": "Done"}
        output.emit(rows) if json else output.table(rows, columns, "Nothing.")
        return
    if file is None:
        output.fail("give a file, or a folder with --dir", 2)
    text = _read(file).decode("utf-8", "replace")
    table = versions.table_of(bindings) if bindings else None
    body = {"blueprint": text, "connection": connection, "bindings": table}
    with _server(data_dir, database, account) as server:
        made = server.call("POST", "/scenarios", body)
    if json:
        output.emit(made)
        return
    output.say(f"Scenario {made['id']}: {made['name']}")
    output.findings(made["findings"])
    for loss in made["losses"]:
        output.say(f"lost: module {loss['module_id']}, {loss['what']}: {loss['remedy']}")


@scenario_app.command("list")
def scenario_list(
    account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False
) -> None:
    """The account's scenarios."""
    with _server(data_dir, database, account) as server:
        rows = server.call("GET", "/scenarios")
    output.emit(rows) if json else output.table(
        rows,
        {"id": "Id", "name": "Name", "active": "Active", "version": "Version", "paused_reason": "Paused"},
        "No scenarios yet: tieline scenario import FILE",
    )


@scenario_app.command("show")
def scenario_show(
    number: int,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """A scenario, what it is connected to, and what is wrong with it."""
    with _server(data_dir, database, account) as server:
        found = server.call("GET", f"/scenarios/{number}")
    if json:
        output.emit(found)
        return
    output.say(
        f"{found['name']}  (scenario {found['id']}, version {found['version']}, {'active' if found['active'] else 'off'})"
    )
    if found["paused_reason"]:
        output.say(found["paused_reason"])
    if found["upcoming"]:
        output.say(f"Next: {found['upcoming'][0]['local']}")
    output.table(
        found["connections"],
        {"kind": "Needs", "label": "Called", "name": "Connected to"},
        "It needs no connections.",
    )
    output.findings(found["findings"])


@scenario_app.command("export")
def scenario_export(
    number: Annotated[int | None, typer.Argument(help="The scenario; all of them with --dir.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Write a folder for each scenario into this one.")
    ] = None,
    for_make: Annotated[
        bool, typer.Option("--for-make", help="Leave out what only Tieline understands.")
    ] = False,
    version: Annotated[int | None, typer.Option(help="An earlier version.")] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """The blueprint in its canonical form; with --dir files for version control."""
    if folder is not None:
        with _server(data_dir, database, account) as server:
            rows = folders.write_out(server, folder, number, for_make=for_make)
        columns = {"id": "Id", "name": "Name", "version": "Version", "folder": "Folder"}
        output.emit(rows) if json else output.table(rows, columns, "No scenarios yet.")
        return
    if number is None:
        output.fail("say which scenario, or give --dir", 2)
    with _server(data_dir, database, account) as server:
        found = server.call(
            "GET", f"/scenarios/{number}/export", for_make="true" if for_make else None, version=version
        )
    if json:
        output.emit(found)
        return
    for loss in found["not_in_make"]:
        output.progress(f"tieline: module {loss['module_id']}: {loss['what']}; {loss['remedy']}")
    print(found["blueprint"], end="")


@scenario_app.command("lint")
def scenario_lint(file: File, json: Json = False) -> None:
    """Check a blueprint file; exit code 1 when something is wrong with it."""
    from tieline.scenarios.lint import errors, lint_source

    findings = lint_source(_read(file))
    if json:
        output.emit(findings)
    else:
        output.findings([msgspec.to_builtins(finding) for finding in findings])
    if errors(findings):
        raise typer.Exit(1)


@scenario_app.command("connect")
def scenario_connect(
    number: int,
    connection: Annotated[str, typer.Argument(help="The connection.")] = "This account",
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Connect everything a scenario needs to one account."""
    with _server(data_dir, database, account) as server:
        rows = server.call("POST", f"/scenarios/{number}/connect", {"connection": connection})
    output.emit(rows) if json else output.table(
        rows, {"kind": "Needs", "label": "Called", "name": "Connected to"}, "It needs no connections."
    )


@scenario_app.command("bind")
def scenario_bind(
    number: int,
    kind: Annotated[str, typer.Argument(help="What it is: connection, hook, keychain, ….")],
    foreign_id: Annotated[str, typer.Argument(help="Its id in the blueprint, as `show` tells.")],
    name: Annotated[str, typer.Argument(help="The name of what it is here.")],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Connect one resource of a scenario."""
    body = {"kind": kind, "foreign_id": foreign_id, "name": name}
    with _server(data_dir, database, account) as server:
        rows = server.call("POST", f"/scenarios/{number}/bind", body)
    output.emit(rows) if json else output.table(
        rows, {"kind": "Needs", "foreign_id": "Id", "label": "Called", "name": "Connected to"}, "Nothing."
    )


@scenario_app.command("activate")
def scenario_activate(
    number: int,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Switch a scenario on."""
    with _server(data_dir, database, account) as server:
        found = server.call("POST", f"/scenarios/{number}/activate")
    output.emit(found) if json else output.say(f"“{found['name']}” is on.")


@scenario_app.command("deactivate")
def scenario_deactivate(
    number: int,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Switch a scenario off."""
    with _server(data_dir, database, account) as server:
        found = server.call("POST", f"/scenarios/{number}/deactivate")
    output.emit(found) if json else output.say(f"“{found['name']}” is off.")


@scenario_app.command("run")
def scenario_run(
    number: int,
    trigger: Annotated[
        str | None, typer.Option("--trigger", help="JSON bundles to start with, from a file or -.")
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Run a scenario once and wait for its end."""
    given = None if trigger is None else msgspec.json.decode(_read(trigger))
    with _server(data_dir, database, account) as server:
        started = server.call("POST", f"/scenarios/{number}/run", {"trigger": given})
        found = _wait(server, started["execution"])
    _show_execution(found, json)
    if found["execution"]["status"] == "error":
        raise typer.Exit(1)


def _wait(server: Server, execution: str) -> dict[str, Any]:
    for _ in range(1200):
        found: dict[str, Any] = server.call("GET", f"/executions/{execution}")
        if found["execution"]["status"] in {"success", "warning", "error", "skipped"}:
            return found
        time.sleep(0.1)
    return found


def _show_execution(found: dict[str, Any], json: bool) -> None:
    if json:
        output.emit(found)
        return
    run = found["execution"]
    output.say(f"Execution {run['id']}: {run['status']}, {run['operations']} operations")
    if run["error"]:
        output.say(f"{run['error']['module']}: {run['error']['message']}")
    rows = [{**o, "problem": (o["error"] or {}).get("message")} for o in found["operations"]]
    output.table(
        rows,
        {"path": "Path", "label": "Module", "state": "State", "duration": "ms", "problem": "Error"},
        "No operations.",
    )


@scenario_app.command("history")
def scenario_history(
    number: Annotated[str | None, typer.Argument(help="A scenario's number, or an execution's id.")] = None,
    limit: Annotated[int, typer.Option(help="The most rows.")] = 50,
    text: Annotated[str | None, typer.Option(help="Words in what they read, sent or failed with.")] = None,
    module: Annotated[str | None, typer.Option(help="A module that ran in them, by name or label.")] = None,
    status: Annotated[str | None, typer.Option(help="success, warning, error, running, queued.")] = None,
    after: Annotated[str | None, typer.Option("--from", help="A day or moment, such as 2026-01-31.")] = None,
    before: Annotated[str | None, typer.Option("--to", help="The last day, or a moment.")] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Executions of a scenario, or one of them with its operations."""
    with _server(data_dir, database, account) as server:
        if number is not None and not number.isdecimal():
            _show_execution(server.call("GET", f"/executions/{number}"), json)
            return
        asked = {"text": text, "module": module, "status": status, "from": after, "to": before}
        rows = server.call("GET", "/executions", scenario=number, limit=limit, **asked)
    output.emit(rows) if json else output.table(
        rows,
        {
            "id": "Execution",
            "scenario": "Scenario",
            "status": "Status",
            "type": "Began",
            "operations": "Operations",
        },
        "No executions yet.",
    )


@scenario_app.command("replay")
def scenario_replay(
    execution: str,
    version: Annotated[
        int | None, typer.Option(help="The version to run; the current one by default.")
    ] = None,
    dry: Annotated[bool, typer.Option("--dry", help="Show what would be written; send nothing.")] = False,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Run again with the trigger data of an earlier execution."""
    with _server(data_dir, database, account) as server:
        started = server.call("POST", f"/executions/{execution}/replay", {"version": version, "dry": dry})
        found = _wait(server, started["execution"])
    _show_execution(found, json)


incomplete.register(scenario_app)
triggers.register(scenario_app)
versions.register(scenario_app)
scenario_app.command("test")(folders.try_cases)
