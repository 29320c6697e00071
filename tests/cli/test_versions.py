"""Versions, placeholders and the mapping table by command."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_cli import Run, answer, environ, refused, tieline
from tests.scenarios.test_versions import BASE, UNKNOWN, edited, insert, subject

__all__ = ["environ", "tieline"]


def test_versions_by_command(tieline: Run, tmp_path: Path) -> None:
    tieline("account", "create", "a@x.example")
    file, table = tmp_path / "b.json", tmp_path / "table.json"
    file.write_text(json.dumps(BASE))
    table.write_text('[{"kind": "connection", "foreign_id": "1", "name": "This account"}]')
    tieline("connection", "list")
    made = answer(tieline("scenario", "import", str(file), "--bindings", str(table), "--json"))
    assert "BP014" not in {finding["code"] for finding in made["findings"]}
    rows = answer(tieline("scenario", "bindings", "1", "--json"))
    assert [(row["foreign_id"], row["name"]) for row in rows] == [("1", "This account")]
    assert tieline("scenario", "bindings", "1", "--apply", str(table)).returncode == 0
    file.write_text(json.dumps(edited(subject(2, "Ring"))))
    assert answer(tieline("scenario", "save", "1", str(file), "--json"))["version"] == 2
    told = tieline("scenario", "diff", "1").stdout
    assert told.splitlines() == [
        "Version 1 → 2", "Create a To Do (module 2): mapped differently /mapper/subject", "    - Call", "    + Ring",
    ]  # fmt: skip
    file.write_text(json.dumps(edited(insert(3, {**UNKNOWN, "id": 9}))))
    assert answer(tieline("scenario", "save", "1", str(file), "--based-on", "1", "--json"))["merged"] is True
    file.write_text(json.dumps(edited(subject(2, "late"))))
    refused(tieline("scenario", "save", "1", str(file), "--based-on", "1"), 1, "Version 3", "(module 2)")
    assert "Version 4 is version 1 again." in tieline("scenario", "restore", "1", "1").stdout
    assert [row["version"] for row in answer(tieline("scenario", "versions", "1", "--json"))] == [4, 3, 2, 1]
    assert (
        tieline("scenario", "export", "1", "--version", "1").stdout
        == tieline("scenario", "export", "1").stdout
    )
    tieline("scenario", "restore", "1", "3")
    made = answer(tieline("scenario", "repoint", "1", "9", "--url", "https://example.org/", "--json"))
    assert (made["version"], made["losses"]) == (6, [])


def test_losses_and_lint_of_a_file(tieline: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_text(json.dumps(edited(insert(3, {**UNKNOWN, "id": 9}))))
    found = answer(tieline("scenario", "losses", str(file), "--json"))
    assert [loss["module_id"] for loss in found["losses"]] == [9]
    assert found["placeholders"][0]["connection"] == "Our Slack"
    assert tieline("scenario", "lint", str(file)).returncode == 0
    file.write_text(json.dumps(edited(subject(2, "{{nosuch(1)}}"))))
    done = tieline("scenario", "lint", str(file), "--json")
    assert done.returncode == 1
    assert [finding["pointer"] for finding in json.loads(done.stdout)] == ["/flow/1/mapper/subject"]
    file.write_text("{")
    assert tieline("scenario", "lint", str(file)).returncode == 1
    assert "BP001" in tieline("scenario", "lint", str(file)).stdout
