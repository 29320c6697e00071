"""Executions of a killed worker, in the middle of their calls, are finished by the other one within seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import workers
from tests.databases import new_postgres


@pytest.mark.timeout(180)
async def test_executions_of_a_dead_worker_are_taken_over(tmp_path: Path) -> None:
    with new_postgres() as url:
        report = await workers.run(url, tmp_path, 40, workers=2, concurrency=4, answer=0.5, kill=True)
    assert (report.done, report.missing) == (40, 0)
    assert report.twice > 0  # calls that were under way
    assert 0 < report.rescue < 30  # a silence of 5 s, a look every 2 s, and the work that is left
