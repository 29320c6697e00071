"""The plug is pulled ten times while five hundred changes come in: nothing lost, nothing repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import crash


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("crash")
async def test_kill_9_at_ten_random_moments_loses_and_repeats_nothing(tmp_path: Path) -> None:
    report = await crash.run(changes=500, kills=10, seed=20, folder=tmp_path)
    assert report.problems == []
    assert report.todos == 500
    assert report.executions == {"success": 500}
