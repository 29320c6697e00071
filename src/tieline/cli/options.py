"""Options that many commands have, and how they reach a server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tieline.cli import output
from tieline.cli.reach import Server
from tieline.settings import load

DataDir = Annotated[str | None, typer.Option("--data-dir", help="Folder of the data (TIELINE_DATA_DIR).")]
DatabaseUrl = Annotated[str | None, typer.Option("--database", help="Database URL (TIELINE_DATABASE).")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Account = Annotated[
    str | None, typer.Option("--account", help="E-mail address of the account, where there are several.")
]
File = Annotated[str, typer.Argument(help="A file, or - for standard input.")]


def server(data_dir: str | None, database: str | None, account: str | None = None) -> Server:
    """A running server, or the same code in this process."""
    return Server(load(data_dir=data_dir, database=database), account)


def read_file(path: str) -> bytes:
    """The bytes of a file or of standard input; ends the command with 2 when it cannot be read."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        output.fail(f"{path} cannot be read: {error.strerror}", 2)
