"""`tieline keychain` and `tieline datastore`: what scenarios sign with, and what they remember."""

from __future__ import annotations

import sys
from typing import Annotated
from urllib.parse import quote

import msgspec
import typer

from tieline.cli import output
from tieline.cli.options import Account, DatabaseUrl, DataDir, Json, read_file, server

keychain_app = typer.Typer(no_args_is_help=True, help="Keys and passwords that HTTP modules sign with.")
datastore_app = typer.Typer(no_args_is_help=True, help="Data stores: what scenarios remember.")


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


@datastore_app.command("create")
def datastore_create(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    megabytes: Annotated[int, typer.Option(help="How large it may get.")] = 10,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Make a data store."""
    with server(data_dir, database, account) as reached:
        made = reached.call("POST", "/datastores", {"name": name, "megabytes": megabytes})
    output.emit(made) if json else output.say(f"Data store {made['id']}: {made['name']}")


@datastore_app.command("list")
def datastore_list(
    account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False
) -> None:
    """The account's data stores."""
    with server(data_dir, database, account) as reached:
        rows = reached.call("GET", "/datastores")
    output.emit(rows) if json else output.table(
        rows, {"id": "Id", "name": "Name", "records": "Records", "size": "Bytes"}, "None."
    )


@datastore_app.command("show")
def datastore_show(
    name: Annotated[str, typer.Argument(help="Its name or id.")],
    after: Annotated[str, typer.Option(help="Only records whose keys come behind this one.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many records.")] = 100,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """A data store and its records."""
    with server(data_dir, database, account) as reached:
        found = reached.call("GET", f"/datastores/{quote(name)}?after={quote(after)}&limit={limit}")
    if json:
        output.emit(found)
        return
    output.say(
        f"{found['name']}: {found['records']} records, {found['size']} of {found['max_bytes']} bytes\n"
    )
    output.table(found["list"], {"key": "Key", "data": "Data"}, "It is empty.")


@datastore_app.command("put")
def datastore_put(
    name: Annotated[str, typer.Argument(help="Its name or id.")],
    key: Annotated[str, typer.Argument(help="The record's key.")],
    data: Annotated[str, typer.Argument(help="JSON object; - reads it from standard input.")],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Write a record over what was there."""
    try:
        value = msgspec.json.decode(read_file("-") if data == "-" else data.encode())
    except msgspec.DecodeError as error:
        output.fail(f"the data is not JSON: {error}", 2)
    with server(data_dir, database, account) as reached:
        made = reached.call("POST", f"/datastores/{quote(name)}/records", {"key": key, "data": value})
    output.emit(made) if json else output.say(f"“{made['key']}” is written.")


@datastore_app.command("delete")
def datastore_delete(
    name: Annotated[str, typer.Argument(help="Its name or id.")],
    key: Annotated[str | None, typer.Option(help="Only the record under this key.")] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Delete a data store that no scenario uses, or one of its records."""
    with server(data_dir, database, account) as reached:
        if key is None:
            found = reached.call("DELETE", f"/datastores/{quote(name)}")
        else:
            found = reached.call("POST", f"/datastores/{quote(name)}/records/remove", {"key": key})
    output.emit(found) if json else output.say(f"“{found['removed']}” is deleted.")
