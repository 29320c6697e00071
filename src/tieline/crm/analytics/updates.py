"""Refreshing the team's activity (2.9).

Figures are computed when they are asked for, so that there is nothing to collect; what is kept is when somebody last
asked for a refresh, because a second one within fifteen minutes counts as skipped.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import bindparam, select

from tieline import clock
from tieline.crm.access import Caller
from tieline.store.database import Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import setting

INTERVAL: Final = 15 * 60_000
READ = Statement(select(setting.c.value).where(setting.c.name == bindparam("wanted")))
WRITE = upsert(setting, columns=("name", "value"), conflict=("name",), update=("value",))


class Update(msgspec.Struct, omit_defaults=True):
    """How many members were asked for, refreshed and skipped; when the oldest and the newest were refreshed."""

    users: int
    skipped: int
    updated: int
    oldest: int | None = None
    newest: int | None = None


def update_team_activity(tx: Transaction, caller: Caller, *, tag: str, only_report: bool) -> Update:
    """Refresh the members that carry the tag, all without one. `only_report`: tell of the last refresh."""
    if tag:
        return Update(0, 0, 0)  # the only member carries none
    name, now = f"teamactivity:{caller.account_id}", clock.now_ms()
    stored = tx.scalar(READ, {"wanted": name})
    last = None if stored is None else int(stored)
    if only_report:
        return Update(1, 0, 0, last, last)
    if last is not None and now - last < INTERVAL:
        return Update(1, 1, 0, last, last)
    tx.run(WRITE, {"name": name, "value": str(now)})
    return Update(1, 0, 1, now, now)
