"""Look-ups on PostgreSQL: everything that is asked for at the same moment shares one statement and one round trip."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from tieline.errors import Unavailable
from tieline.store.database import Params, Row
from tieline.store.statements import LookUp

MOST = 256  # look-ups in one statement


@dataclass(slots=True)
class Asked:
    """A look-up that waits for the next statement."""

    wanted: LookUp
    params: Params
    future: asyncio.Future[Row | None]
    answer: Row | None = None
    error: Exception | None = None


class LookUps:
    """One connection that answers them, in a thread of its own. It is made when the first is asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.loop = asyncio.get_running_loop()
        self.waiting: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self.connection: psycopg.Connection[TupleRow] | None = None
        self.thread = threading.Thread(target=self._work, name="tieline-lookups", daemon=True)
        self.thread.start()

    async def ask(self, wanted: LookUp, params: Params) -> Row | None:
        """The row. Raises Unavailable."""
        future: asyncio.Future[Row | None] = self.loop.create_future()
        self.waiting.put(Asked(wanted, params, future))
        return await future

    async def close(self) -> None:
        """Answer what waits, then end."""
        self.waiting.put(None)
        await asyncio.to_thread(self.thread.join)

    def _work(self) -> None:
        ended = False
        while not ended and (first := self.waiting.get()) is not None:
            group = [first]
            while len(group) < MOST and not ended:
                try:
                    following = self.waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ended = True
                else:
                    group.append(following)
            self._answer(group)
            self.loop.call_soon_threadsafe(_tell, group)
        if self.connection is not None:
            self.connection.close()

    def _answer(self, group: Sequence[Asked]) -> None:
        sorts: dict[LookUp, list[Asked]] = {}
        for one in group:
            sorts.setdefault(one.wanted, []).append(one)
        for wanted, asked in sorts.items():
            try:
                self._run(wanted, asked)
            except psycopg.Error as error:
                for one in asked:
                    one.error = Unavailable(
                        f"The database does not answer: {error}", remedy="check that it runs"
                    )
            except Exception as error:
                for one in asked:
                    one.error = error

    def _run(self, wanted: LookUp, asked: Sequence[Asked]) -> None:
        prepared = wanted.several.for_dialect("postgresql").prepared(
            {name: [one.params[name] for one in asked] for name in wanted.names}
        )
        try:
            rows = self._execute(prepared.sql, prepared.params)
        except psycopg.OperationalError:
            # The server was started anew, or ended the connection: reading once more does no harm.
            rows = self._execute(prepared.sql, prepared.params)
        if not wanted.names:  # all ask for the same
            for one in asked:
                one.answer = rows[0] if rows else None
        for row in rows if wanted.names else ():
            asked[row["n"] - 1].answer = row

    def _execute(self, sql: str, params: Params) -> list[dict[str, Any]]:
        if self.connection is None or self.connection.closed:
            self.connection = psycopg.connect(self.url, autocommit=True, connect_timeout=15)
        try:
            with self.connection.cursor(row_factory=dict_row) as cursor:
                return cursor.execute(sql.encode(), params or None, prepare=True).fetchall()
        except psycopg.OperationalError:
            self.connection.close()
            raise


def _tell(group: Sequence[Asked]) -> None:
    for one in group:
        if one.future.done():  # the caller went away
            continue
        if one.error is not None:
            one.future.set_exception(one.error)
        else:
            one.future.set_result(one.answer)
