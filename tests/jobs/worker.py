"""A worker process for tests: `python -m tests.jobs.worker URL NAME`. Each job writes which worker did it."""

from __future__ import annotations

import asyncio
import sys

from tieline.jobs import Job, create_runner
from tieline.settings import Settings
from tieline.store.database import open_database
from tieline.store.tables import setting


async def main(url: str, name: str) -> None:
    """Work until killed."""
    database = await open_database(url)
    runner = create_runner(database, Settings(job_concurrency=2))

    async def work(job: Job) -> None:
        number = job.payload["n"]
        await database.write(
            lambda tx: tx.insert(setting, {"name": f"began:{number}:{name}:{job.attempt}", "value": ""})
        )
        await asyncio.sleep(job.payload["seconds"])
        await database.write(lambda tx: tx.insert(setting, {"name": f"done:{number}:{name}", "value": ""}))

    await runner.start({"test.work": work})
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
