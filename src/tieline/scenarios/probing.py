"""What follows a pause: the alarm, and the probe that finds out whether the scenario works again (3.11)."""

from __future__ import annotations

from tieline import mail
from tieline.jobs import Job, defer
from tieline.mail import Mail
from tieline.scenarios import pausing, state
from tieline.scenarios.executing import Executor
from tieline.scenarios.shared import Shared
from tieline.store.database import Row, Transaction


class Prober:
    """One per process."""

    def __init__(self, shared: Shared, executor: Executor) -> None:
        self.shared = shared
        self.database = shared.database
        self.executor = executor

    async def choose(self, job: Job) -> None:
        """A pause is over: choose the execution that is tried. A scenario without one that waits goes on."""
        row = await self._paused(job)
        if row is None:
            return
        number = int(row["id"])
        plan = await self.shared.plan(int(row["account_id"]), number, None)

        def act(tx: Transaction) -> None:
            chosen = pausing.candidate(
                tx, number, events=plan.trigger.is_trigger and not plan.trigger.polling
            )
            if chosen is None:
                pausing.release(tx, number)
            else:
                defer(tx, "scenario.try", {**job.payload, "execution": chosen})

        await self.database.write(act)

    async def try_one(self, job: Job) -> None:
        """Run it, and go on or pause anew. After a crash it is taken up where its journal ends."""
        row = await self._paused(job)
        if row is None:
            return
        number, chosen = int(row["id"]), str(job.payload["execution"])
        await self.executor.execute(chosen, job.attempt)
        tried = await self.database.read(state.find, chosen)
        if tried is not None and tried["status"] == "error":
            await self.database.write(pausing.pause, row, str(row["paused_reason"]), int(row["probes"]) + 1)
        else:
            await self.database.write(pausing.release, number)

    async def _paused(self, job: Job) -> Row | None:
        """The scenario, while it is in the pause that this job belongs to."""
        row = await self.database.read(state.scenario_row, int(job.payload["id"]))
        if row is None or not row["active"] or row["paused_until"] != job.payload["until"]:
            return None
        return row

    async def alarm(self, job: Job) -> None:
        """Tell the owner of a scenario by e-mail that it was paused or switched off, where e-mail can be sent."""
        settings, told = self.shared.settings, job.payload
        if not mail.configured(settings):
            return
        text = f"{told['reason']}\n\n{settings.base_url}/scenarios/{told['id']}\n"
        subject = f"Tieline: “{told['name']}” needs you"
        await mail.send(
            settings, Mail([str(told["to"])], subject, text, key=f"alarm.{told['id']}.{told['at']}")
        )
