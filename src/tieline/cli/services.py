"""`tieline keychain`: what HTTP modules sign their requests with."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tieline.cli import output
from tieline.cli.options import Account, DatabaseUrl, DataDir, Json, server

keychain_app = typer.Typer(no_args_is_help=True, help="Keys and passwords that HTTP modules sign with.")


@keychain_app.command("add")
def keychain_add(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    kind: Annotated[str, typer.Option(help="apiKey, basic or oauth.")],
    set: Annotated[
        list[str],
        typer.Option(
            "--set",
            help="FIELD=VALUE, as often as needed; a VALUE of - is read from standard input. apiKey: key, placement, "
            "parameter. basic: username, password. oauth: token_url, client_id, client_secret, scope, refresh_token.",
        ),
    ],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Store a keychain, encrypted."""
    fields = {}
    for text in set:
        field, equals, value = text.partition("=")
        if not equals:
            output.fail(f"--set {text}: write FIELD=VALUE", 2)
        fields[field] = sys.stdin.readline().rstrip("\r\n") if value == "-" else value
    with server(data_dir, database, account) as reached:
        made = reached.call("POST", "/keychains", {"name": name, "kind": kind, "fields": fields})
    output.emit(made) if json else output.say(f"Keychain “{made['name']}” is stored.")


@keychain_app.command("list")
def keychain_list(
    account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False
) -> None:
    """The account's keychains."""
    with server(data_dir, database, account) as reached:
        rows = reached.call("GET", "/keychains")
    output.emit(rows) if json else output.table(rows, {"name": "Name", "kind": "Kind"}, "None.")


@keychain_app.command("remove")
def keychain_remove(
    name: str,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Remove a keychain that no scenario uses."""
    with server(data_dir, database, account) as reached:
        found = reached.call("DELETE", f"/keychains/{name}")
    output.emit(found) if json else output.say(f"“{found['removed']}” is removed.")
