"""`tieline module run`: bundles in, bundles out, one line of JSON each, as they come."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from tieline.cli import output
from tieline.cli.account import reach
from tieline.cli.reach import Server, is_running
from tieline.client import AsyncCloze
from tieline.errors import TielineError
from tieline.modules import Module, find_module
from tieline.modules.errors import ModuleError
from tieline.modules.mapping import FieldMap, check_names
from tieline.modules.runner import CallContext, run
from tieline.settings import Settings

IN_MEMORY = 16_000_000  # bytes of standard input that are kept before they go to disk
EVERY = 0.5  # seconds between two words about progress


class Task(msgspec.Struct, frozen=True):
    """What was asked for. `fixed` fields are taken as they stand, `mapped` ones are expressions over each line."""

    module: Module
    connection: str
    fixed: dict[str, Any]
    mapped: dict[str, Any]
    source: str | None
    dry_run: bool
    quiet: bool


def run_module(task: Task, settings: Settings, account: str | None) -> None:
    """Run the module once for each line, or once when there is no input. Ends the process at the first failure."""
    try:
        with _lines(task.source, settings) as lines, Server(settings, account) as server:
            cloze, timezone = reach(server, task.connection)
            server.run(_run(task, cloze, timezone, lines))
    except ModuleError as error:
        output.fail(str(error))
    except BrokenPipeError:
        # Whoever reads has enough, such as `head`. The interpreter must not try to write again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def the_module(name: str) -> Module:
    """The module of that name; ends the process when there is none."""
    found = find_module(name)
    if found is None:
        output.fail(f"there is no module “{name}”: tieline module list shows them", 2)
    return found


async def _run(task: Task, cloze: AsyncCloze, timezone: str, lines: Iterator[bytes]) -> None:
    check_names(task.module, task.fixed)
    mapping = FieldMap(task.module, task.mapped, timezone) if task.mapped else None
    context = CallContext(timezone=timezone, dry_run=task.dry_run)
    told = _Progress(task)
    for number, line in enumerate(lines, 1):
        given = None if not line.strip() else _object(line, number)
        if given is None:
            continue
        told.taken()
        try:
            values = {**(given if mapping is None else mapping.apply(given)), **task.fixed}
            async for bundle in run(task.module, values, client=cloze, context=context):
                output.emit(bundle)
                sys.stdout.flush()  # the next command in the pipe may begin
                told.given()
        except (ModuleError, TielineError) as error:
            if told.outputs:
                told.end()
            where = f"line {number}: " if task.source is not None else ""
            output.fail(f"{where}{error}")
    told.end()


class _Progress:
    """Words on stderr: now and then while it runs, and what it came to."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.inputs = self.outputs = 0
        self.said = time.monotonic()

    def taken(self) -> None:
        self.inputs += 1

    def given(self) -> None:
        self.outputs += 1
        if not self.task.quiet and time.monotonic() - self.said > EVERY:
            self.said = time.monotonic()
            output.progress(self._text())

    def end(self) -> None:
        if not self.task.quiet:
            checked = "checked, nothing was changed: " if self.task.dry_run else ""
            output.progress(checked + self._text())

    def _text(self) -> str:
        made = f"{self.outputs:,} bundle{'' if self.outputs == 1 else 's'}"
        if self.task.source is None:
            return made
        return f"{made} from {self.inputs:,} line{'' if self.inputs == 1 else 's'}"


@contextlib.contextmanager
def _lines(source: str | None, settings: Settings) -> Iterator[Iterator[bytes]]:
    """The lines of the input as they come.

    Without a running server this process opens the data itself, which one process at a time may do; the command
    before it in a pipe does so too. Then the whole input is read first: it ends when that command has let go.
    """
    if source is None:
        yield iter((b"{}",))
    elif source == "-":
        if is_running(settings):
            yield iter(sys.stdin.buffer)
        else:
            with tempfile.SpooledTemporaryFile(IN_MEMORY) as kept:
                _copy(sys.stdin.buffer, kept)
                yield iter(kept)
    else:
        try:
            file = Path(source).open("rb")  # noqa: SIM115 - closed below
        except OSError as error:
            output.fail(f"{source} cannot be read: {error.strerror}", 2)
        with file:
            yield iter(file)


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(1 << 16):
        target.write(block)
    target.seek(0)


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        output.fail(f"line {number} of the input is not JSON: {error}", 2)
    if not isinstance(value, dict):
        output.fail(f"line {number} of the input must be a JSON object", 2)
    return value
