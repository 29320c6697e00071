"""The event loop's reading connection on SQLite: one snapshot for as long as nobody writes.

To begin and to end a read takes SQLite more time than to find a row: locks are taken and given back. A transaction that
stays open saves them. Whether something was written since it began, by this process or by another, stands at the head of
the WAL index, which SQLite shares between processes as a file in memory (https://www.sqlite.org/walformat.html, 2.1).
"""

from __future__ import annotations

import mmap
import sqlite3
from pathlib import Path

HEAD = 48  # bytes: format, change counter, page size, last frame, salt, checksum


class Snapshot:
    """A read-only connection that always reads what is committed. For one thread."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.connection = connection
        self.known: bytes | None = None  # the head when the open transaction began; None: there is none
        # Any read makes SQLite make the index; in another journal mode there is none.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        index = Path(f"{path}-shm")
        self.index: mmap.mmap | None = None
        if index.exists() and index.stat().st_size >= HEAD:
            # The file stays open: closing it would take away the locks that SQLite holds on it in this process (POSIX),
            # and the next program to open the database would believe itself alone and cut the index short.
            self.file = index.open("rb")
            self.index = mmap.mmap(self.file.fileno(), HEAD, access=mmap.ACCESS_READ)

    def current(self) -> sqlite3.Connection:
        """The connection, in a transaction that sees everything committed by now."""
        # Read before the transaction begins: at worst it is newer than its mark, and begins once more.
        head = None if self.index is None else self.index[:HEAD]
        if head != self.known or head is None:
            self.release()
            self.connection.execute("BEGIN")
            self.known = head
        return self.connection

    def release(self) -> None:
        """End the transaction: after a write, so that the log can be taken into the database and begin anew."""
        if self.connection.in_transaction:
            self.connection.execute("COMMIT")
        self.known = None

    def close(self) -> None:
        """End, after every other connection of this process to the file."""
        self.connection.close()
        if self.index is not None:
            self.index.close()
            self.file.close()
