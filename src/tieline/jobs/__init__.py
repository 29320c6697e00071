"""Work that must happen: deferred in the transaction that causes it, run until it is done.

Two runners behind one interface: embedded (rows of the same SQLite file, in the server process) and distributed
(Procrastinate on PostgreSQL, any number of worker processes).
"""

from __future__ import annotations

from tieline.jobs.jobs import Handler, Handlers, Job, Retry, Runner, create_runner, defer

__all__ = ["Handler", "Handlers", "Job", "Retry", "Runner", "create_runner", "defer"]
