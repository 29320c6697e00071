"""`tieline connection`: the accounts that modules act for."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tieline.cli import output
from tieline.cli.options import Account, DatabaseUrl, DataDir, Json, server

connection_app = typer.Typer(no_args_is_help=True, help="Accounts that modules act for.")


def _typed(api_key: str) -> str:
    return sys.stdin.readline().strip() if api_key == "-" else api_key


@connection_app.command("add")
def connection_add(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    email: Annotated[str, typer.Option(help="E-mail address of the account at the other side.")],
    api_key: Annotated[
        str, typer.Option(envvar="TIELINE_API_KEY", help="Its API key; - reads it from standard input.")
    ],
    url: Annotated[str, typer.Option(help="Address of the server.")] = "https://api.cloze.com",
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Connect an account of Cloze or of another Tieline; it is checked first."""
    key = _typed(api_key)
    with server(data_dir, database, account) as reached:
        made = reached.call(
            "POST", "/connections", {"name": name, "email": email, "api_key": key, "url": url}
        )
    output.emit(made) if json else output.say(f"Connected “{made['name']}” as {made['identity']}.")


@connection_app.command("list")
def connection_list(
    account: Account = None, data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False
) -> None:
    """The account's connections."""
    with server(data_dir, database, account) as reached:
        rows = reached.call("GET", "/connections")
    output.emit(rows) if json else output.table(
        rows, {"name": "Name", "email": "E-mail", "url": "Server", "identity": "Acts as"}, "None."
    )


@connection_app.command("test")
def connection_test(
    name: str,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Ask the other side who we are."""
    with server(data_dir, database, account) as reached:
        found = reached.call("POST", f"/connections/{name}/test")
    output.emit(found) if json else output.say(f"“{found['name']}” works, as {found['identity']}.")


@connection_app.command("remove")
def connection_remove(
    name: str,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Remove a connection that no scenario uses."""
    with server(data_dir, database, account) as reached:
        found = reached.call("DELETE", f"/connections/{name}")
    output.emit(found) if json else output.say(f"“{found['removed']}” is removed.")


@connection_app.command("rotate")
def connection_rotate(
    name: str,
    api_key: Annotated[
        str, typer.Option(envvar="TIELINE_API_KEY", help="The new API key; - reads it from standard input.")
    ],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Give a connection a new key, checked first; scenarios stay as they are."""
    with server(data_dir, database, account) as reached:
        found = reached.call("POST", f"/connections/{name}/rotate", {"api_key": _typed(api_key)})
    output.emit(found) if json else output.say(
        f"“{found['rotated']}” has its new key, and works as {found['identity']}."
    )
