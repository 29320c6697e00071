"""`tieline scenario schedule|next|hook|queue`, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import Run, environ, tieline
from tests.scenarios.test_hooks import HOOKED

__all__ = ["environ", "tieline"]


@pytest.fixture
def scenario(tmp_path: Path, tieline: Run) -> str:
    tieline("account", "create", "a@x.example")
    file = tmp_path / "hooked.json"
    file.write_text(json.dumps(HOOKED))
    return str(json.loads(tieline("scenario", "import", str(file), "--json").stdout)["id"])


def test_schedules_and_webhooks(tieline: Run, scenario: str) -> None:
    weekly = '{"type": "weekly", "days": [1], "time": "07:30", "timezone": "Asia/Tokyo"}'
    saved = tieline("scenario", "schedule", scenario, weekly)
    assert "T07:30:00+09:00" in saved.stdout
    times = json.loads(tieline("scenario", "next", scenario, "--count", "3", "--json").stdout)["upcoming"]
    assert [at["local"][11:] for at in times] == ["07:30:00+09:00"] * 3
    made = tieline("scenario", "hook", scenario, "--check", "hmac", "--new-secret", "--network", "10.0.0.0/8")
    assert "/hooks/" in made.stdout
    assert "shown only now" in made.stdout
    found = json.loads(tieline("scenario", "hook", scenario, "--learn", "next", "--json").stdout)
    assert found["options"] == {"check": "hmac", "networks": ["10.0.0.0/8"], "learning": True}
    assert found["secret"] is True
    assert tieline("scenario", "queue", scenario).stdout.strip() == "Nothing waits."
