"""A write that is only tried (an extension): everything is done, answered and undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tieline.api import queries
from tieline.store.database import Transaction

Act = Callable[[Transaction], bytes]


class _Undone(Exception):
    """Carries the answer out of the part that is undone."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer


def tried(parameters: Mapping[str, Any], act: Act) -> Act:
    """The write itself, or with `dryrun` its trial: the same answer or error, and nothing has changed."""
    if not queries.boolean(dict(parameters), "dryrun"):
        return act

    def trial(tx: Transaction) -> bytes:
        try:
            with tx.savepoint():
                raise _Undone(act(tx))
        except _Undone as undone:
            return undone.answer

    return trial
