"""An execution while it runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from tieline.jobs import Job
from tieline.scenarios import dry
from tieline.scenarios.interpreter import Failed
from tieline.scenarios.journal import Journal
from tieline.store.database import Row
from tieline.trace import Trace


@dataclass
class Run:
    """An execution while it runs. Without a `job` another one waits for it. `again`: what it should complete failed
    again. `told`: the catch-all knows what ends it."""

    row: Row
    journal: Journal
    job: Job | None
    attempt: int
    settings: dict[str, Any] = field(default_factory=dict)
    failed: Failed | None = None
    again: bool = False
    told: bool = False
    warnings: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    @property
    def dry(self) -> bool:
        """Whether it may change nothing."""
        return str(self.row["type"]) == dry.KIND

    @property
    def trace(self) -> Trace:
        """The chain as what it sets off sees it."""
        return Trace(str(self.row["id"]), int(self.row["depth"]), int(self.row["scenario_id"]))
