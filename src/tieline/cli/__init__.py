"""The command line."""

from __future__ import annotations

import sys
from typing import Any

import typer

# Bad usage of every kind: the base that Typer's public BadParameter shares with its siblings.
USAGE: Any = typer.BadParameter.__base__


def main() -> None:
    """The `tieline` command. Errors are one line on stderr; exit codes: 0 success, 1 failure, 2 bad usage."""
    from tieline.cli.commands import app
    from tieline.cli.output import fail
    from tieline.errors import TielineError

    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.Abort:
        sys.exit(130)
    except USAGE as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help has been printed
            sys.exit(2)
        fail(f"{error.format_message()} See {error.ctx.command_path if error.ctx else 'tieline'} --help.", 2)
    except TielineError as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
