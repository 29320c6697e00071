"""When what is known of credentials is out of date: a key was revoked, a profile or a team changed.

Whoever keeps what `caller_by_key` answered throws it away when the version changes. On SQLite one process writes, and
counts. On PostgreSQL the version is a row, changed in the transaction that changes the credential: what another process
revoked is seen by the next request anywhere.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from tieline import ids
from tieline.store.database import Database, LookUp, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import setting

# By database: how often something that identifying a caller answers became out of date in this process.
_versions: Counter[str] = Counter()

NAME = "credentials"
_VERSION = LookUp(lambda value: select(setting.c.value).where(setting.c.name == NAME), {})
_SET = upsert(setting, columns=("name", "value"), conflict=("name",), update=("value",))


def counted(database: Database) -> object:
    """What changes with them, where this process is the only one that writes: on SQLite."""
    return _versions[database.url]


async def version(database: Database) -> object:
    """What changes with them, wherever they are changed."""
    if database.dialect == "sqlite":
        return counted(database)
    row = await database.look_up(_VERSION, {})
    return None if row is None else row["value"]


def changed(tx: Transaction) -> None:
    """Callers of this database are to be read anew, once this transaction is over."""
    tx.forget()
    if tx.dialect == "postgresql":
        tx.run(_SET, {"name": NAME, "value": ids.secret(9)})
        return
    source = tx.source
    tx.after_commit(lambda: _versions.update((source,)))
