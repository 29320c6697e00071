"""`tieline scenario …`: versions, what is different between them, and what a blueprint loses here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from tieline.cli import output
from tieline.cli.options import Account, DatabaseUrl, DataDir, File, Json, read_file, server


def versions(
    number: int,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Every version of a scenario, with its author and time."""
    with server(data_dir, database, account) as reached:
        rows = reached.call("GET", f"/scenarios/{number}/versions")
    if json:
        output.emit(rows)
        return
    shown = [
        {**row, "at": datetime.fromtimestamp(row["at"] / 1000, UTC).isoformat(" ", "seconds")} for row in rows
    ]
    output.table(shown, {"version": "Version", "at": "Saved", "author": "By"}, "None.")


def diff(
    number: int,
    before: Annotated[
        int | None, typer.Option("--from", help="The earlier version; the one before by default.")
    ] = None,
    after: Annotated[
        int | None, typer.Option("--to", help="The later version; the current one by default.")
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """What is different between two versions, module by module."""
    with server(data_dir, database, account) as reached:
        found = reached.call("GET", f"/scenarios/{number}/diff", **{"from": before, "to": after})
    output.emit(found) if json else _show(found)


def _show(found: dict[str, Any]) -> None:
    from tieline.scenarios.diff import WORDS

    output.say(f"Version {found['from']} → {found['to']}")
    if not found["changes"]:
        output.say("Nothing is different.")
    for change in found["changes"]:
        module = f" (module {change['module_id']})" if change["module_id"] is not None else ""
        output.say(f"{change['label']}{module}: {WORDS[change['kind']]} {change['field']}".rstrip())
        for sign, side in (("-", change["before"]), ("+", change["after"])):
            if side is not None:
                output.say(
                    f"    {sign} {side if isinstance(side, str) else msgspec.json.encode(side).decode()}"
                )


def restore(
    number: int,
    version: Annotated[int, typer.Argument(help="The version to go back to.")],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Make an earlier version the current one; the versions in between stay."""
    with server(data_dir, database, account) as reached:
        made = reached.call("POST", f"/scenarios/{number}/restore", {"version": version})
    output.emit(made) if json else output.say(f"Version {made['version']} is version {version} again.")


def save(
    number: int,
    file: File,
    based_on: Annotated[
        int | None,
        typer.Option("--based-on", help="The version it was made from; what others saved since is joined."),
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Save a changed blueprint as a new version."""
    text = read_file(file).decode("utf-8", "replace")
    with server(data_dir, database, account) as reached:
        made = reached.call(
            "POST", f"/scenarios/{number}/versions", {"blueprint": text, "based_on": based_on}
        )
    if json:
        output.emit(made)
        return
    joined = ", joined with what others saved" if made["merged"] else ""
    output.say(f"Version {made['version']}{joined}")
    output.findings(made["findings"])


def losses(file: File, json: Json = False) -> None:
    """What of a blueprint will not run here, module by module."""
    from tieline.scenarios.blueprint import parse
    from tieline.scenarios.placeholders import losses as lost
    from tieline.scenarios.placeholders import placeholders

    blueprint = parse(read_file(file))
    found = lost(blueprint)
    if json:
        output.emit({"losses": found, "placeholders": placeholders(blueprint)})
        return
    rows = [msgspec.to_builtins(one) for one in found]
    output.table(
        rows,
        {"module_id": "Module", "module": "Name", "what": "What", "remedy": "Remedy"},
        "Nothing is lost.",
    )


def repoint(
    number: int,
    module: Annotated[int, typer.Argument(help="The module's number.")],
    url: Annotated[str, typer.Option(help="The address to call instead.")],
    method: Annotated[str, typer.Option(help="get, post, put, patch or delete.")] = "post",
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Make an HTTP call of a module that this server does not have."""
    with server(data_dir, database, account) as reached:
        made = reached.call(
            "POST", f"/scenarios/{number}/repoint", {"module": module, "url": url, "method": method}
        )
    output.emit(made) if json else output.say(f"Version {made['version']}: module {module} calls {url}.")


def bindings(
    number: int,
    table: Annotated[
        str | None,
        typer.Option("--apply", help="A table to apply: JSON as --json writes it, from a file or -."),
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """The mapping table of a scenario: each resource of its old home, and what it is here."""
    given = None if table is None else table_of(table)
    with server(data_dir, database, account) as reached:
        if given is not None:
            reached.call("POST", f"/scenarios/{number}/bind", {"bindings": given})
        rows = reached.call("GET", f"/scenarios/{number}")["connections"]
    output.emit(rows) if json else output.table(
        rows,
        {"kind": "Needs", "foreign_id": "Id", "label": "Called", "name": "Connected to"},
        "It needs nothing.",
    )


def table_of(path: str) -> list[Any]:
    """The rows of a mapping table in a file; ends the command with 2 when it is none."""
    try:
        found = msgspec.json.decode(read_file(path))
    except msgspec.DecodeError as error:
        output.fail(f"the table is not JSON: {error}", 2)
    if not isinstance(found, list):
        output.fail("the table is a list of {kind, foreign_id, name}", 2)
    return found


def register(app: typer.Typer) -> None:
    """Add the commands to `tieline scenario`."""
    for command in (versions, diff, restore, save, losses, repoint, bindings):
        app.command()(command)
