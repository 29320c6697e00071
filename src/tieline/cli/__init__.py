"""The command line."""

from __future__ import annotations

import sys


def main() -> None:
    """The `tieline` command. Errors are one line on stderr; exit codes: 0 success, 1 failure, 2 bad usage."""
    import click

    from tieline.cli.commands import app
    from tieline.cli.output import fail
    from tieline.errors import TielineError

    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.NoArgsIsHelpError:
        sys.exit(2)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx is not None else "tieline"
        fail(f"{error.format_message()} See {path} --help.", 2)
    except click.Abort:
        sys.exit(130)
    except TielineError as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
