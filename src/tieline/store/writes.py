"""A write that waits for its turn, and the answer to everybody of a group that shared a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tieline.store.database import Callback, Transaction

GROUP = 256  # writes in one commit at most: bounds how long the first of them waits


@dataclass(slots=True)
class Write:
    """A write that waits for its group."""

    fn: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    short: bool = False  # see `Database.write_short`
    result: Any = None
    error: BaseException | None = None
    callbacks: list[Callback] | None = None
    changes_setup: bool = False


def answer(group: Sequence[Write]) -> None:
    """On the event loop: tell everybody of the group how it went."""
    for write in group:
        for callback in write.callbacks or ():
            callback()
        if write.future.done():  # the caller was cancelled; what it asked for is done all the same
            continue
        if write.error is not None:
            write.future.set_exception(write.error)
        else:
            write.future.set_result(write.result)
