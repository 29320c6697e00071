"""`tieline settings` and `tieline team`: what an office has in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieline.cli import output
from tieline.cli.options import Account, DatabaseUrl, DataDir, File, Json, read_file, server
from tieline.http import mask_url
from tieline.settings import Settings, load

settings_app = typer.Typer(help="Settings of this installation, and of an account.")
team_app = typer.Typer(no_args_is_help=True, help="The team of an account.")

Email = Annotated[str, typer.Argument(help="E-mail address of the member's account.")]
Role = Annotated[str | None, typer.Option(help="administrator, manager, member, or one of the team's own.")]
Node = Annotated[str | None, typer.Option(help="Sub-team, such as /US/West.")]


def _shown(name: str, value: object) -> object:
    """A setting without what would let a reader act as somebody."""
    if name in {"secret_key", "smtp_password"}:
        return "***" if value else value
    return mask_url(value) if isinstance(value, str) and "://" in value else value


@settings_app.callback(invoke_without_command=True)
def show(
    context: typer.Context, data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False
) -> None:
    """Every setting of the installation with its value; export and apply: those of an account."""
    if context.invoked_subcommand:
        return
    current = load(data_dir=data_dir, database=database)
    rows = [
        {
            "variable": f"TIELINE_{name.upper()}",
            "value": _shown(name, value),
            "changed": value != default,
        }
        for name, value, default in (
            (n, getattr(current, n), getattr(Settings(), n)) for n in Settings.__struct_fields__
        )
    ]
    output.emit(rows) if json else output.table(
        rows, {"variable": "Variable", "value": "Value", "changed": "Changed"}, ""
    )


@settings_app.command("export")
def export(
    file: Annotated[str, typer.Argument(help="Where to write it; - is standard output.")] = "-",
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Write what an account calls things (segments, stages, steps, fields, merging) as YAML."""
    with server(data_dir, database, account) as reached:
        text = reached.call("GET", "/settings")["yaml"]
    if file == "-":
        typer.echo(text, nl=False)
    else:
        Path(file).write_text(text, encoding="utf-8")
        output.say(f"Written to {file}.")


@settings_app.command("apply")
def apply(
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would change.")] = False,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Make an account's settings those of a YAML file; what it does not name is as shipped."""
    text = read_file(file).decode("utf-8", "replace")
    with server(data_dir, database, account) as reached:
        told = reached.call("POST", "/settings", {"yaml": text, "dry_run": dry_run})["changes"]
    if json:
        output.emit({"changes": told, "dry_run": dry_run})
        return
    for line in told:
        output.say(line)
    output.say("Nothing changes." if not told else "Nothing was changed yet." if dry_run else "Applied.")


@team_app.command("show")
def team_show(
    account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False
) -> None:
    """The members of the account's team."""
    with server(data_dir, database, account) as reached:
        found = reached.call("GET", "/team")
    if json:
        output.emit(found)
        return
    output.say(found["name"])
    columns = {"email": "E-mail", "name": "Name", "role": "Role", "node": "Sub-team"}
    output.table(found["members"], columns, "No members.")
    for address in found["invitations"]:
        output.say(f"Invited: {address}")


@team_app.command("create")
def team_create(
    name: Annotated[str, typer.Argument(help="Name of the team.")],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Make a team; the account becomes its administrator."""
    with server(data_dir, database, account) as reached:
        reached.call("POST", "/team", {"name": name})
    output.say(f"“{name}” is there. Add members with: tieline team add EMAIL")


@team_app.command("add")
def team_add(
    email: Email,
    role: Role = None,
    node: Node = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Make an account of this installation a member."""
    with server(data_dir, database, account) as reached:
        reached.call("POST", "/team/members", {"email": email, "role": role, "node": node})
    output.say(f"{email} is a member.")


@team_app.command("set")
def team_set(
    email: Email,
    role: Role = None,
    node: Node = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Give a member another role or sub-team."""
    with server(data_dir, database, account) as reached:
        reached.call("POST", "/team/members/update", {"email": email, "role": role, "node": node})
    output.say(f"{email} is changed.")


@team_app.command("remove")
def team_remove(
    email: Email, account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None
) -> None:
    """End a membership; what the member shared stays with the team."""
    with server(data_dir, database, account) as reached:
        reached.call("POST", "/team/members/remove", {"email": email})
    output.say(f"{email} is no member any more.")
