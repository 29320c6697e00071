"""Versions, placeholders and the mapping table by command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_cli import Run, answer, refused
from tests.scenarios.test_lint import HOOK, made
from tests.scenarios.test_versions import BASE, UNKNOWN, edited, insert, subject
from tieline.cli import main

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


@pytest.fixture
def tieline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process: the same code, without starting Python each time."""
    monkeypatch.setenv("TIELINE_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["tieline", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), written.out, written.err)

    return run


def test_versions_by_command(tieline: Run, tmp_path: Path) -> None:
    tieline("account", "create", "a@x.example")
    file, table = tmp_path / "b.json", tmp_path / "table.json"
    file.write_text(json.dumps(BASE))
    table.write_text('[{"kind": "connection", "foreign_id": "1", "name": "This account"}]')
    tieline("connection", "list")
    imported = answer(tieline("scenario", "import", str(file), "--bindings", str(table), "--json"))
    assert "BP014" not in {finding["code"] for finding in imported["findings"]}
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
    pointed = answer(tieline("scenario", "repoint", "1", "9", "--url", "https://example.org/", "--json"))
    assert (pointed["version"], pointed["losses"]) == (6, [])


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


def test_scenarios_as_folders(tieline: Run, tmp_path: Path) -> None:
    tieline("account", "create", "a@x.example")
    tieline("connection", "list")
    tieline(
        "scenario", "import", str(EXAMPLES / "clean-up" / "blueprint.json"), "--connection", "This account"
    )
    tieline("scenario", "schedule", "1", '{"type": "daily", "time": "09:00"}')
    out = tmp_path / "office"
    (row,) = answer(tieline("scenario", "export", "--dir", str(out), "--json"))
    assert row["folder"] == "clean-up-old-leads-are-marked-and-listed"
    text = (out / row["folder"] / "blueprint.json").read_text()
    assert text == (EXAMPLES / "clean-up" / "blueprint.json").read_text()
    assert "time: 09:00" in (out / row["folder"] / "scenario.yaml").read_text()
    (again,) = answer(tieline("scenario", "import", "--dir", str(out), "--json"))
    assert (again["id"], again["version"], again["done"]) == (1, 1, "unchanged")
    (out / row["folder"] / "blueprint.json").write_text(text.replace("to-review", "old"))
    (again,) = answer(tieline("scenario", "import", "--dir", str(out), "--json"))
    assert (again["version"], again["done"]) == (2, "saved")
    other = ("--data-dir", str(tmp_path / "other"))
    tieline("account", "create", "b@x.example", *other)
    tieline("connection", "list", *other)
    (fresh,) = answer(tieline("scenario", "import", "--dir", str(out), "--json", *other))
    assert (fresh["version"], fresh["done"], fresh["findings"]) == (1, "imported", [])
    shown = answer(tieline("scenario", "show", "1", "--json", *other))
    assert shown["scheduling"]["time"] == "09:00"


def test_cases_by_command(tieline: Run, tmp_path: Path) -> None:
    folder = tmp_path / "clean-up"
    shutil.copytree(EXAMPLES / "clean-up", folder)
    assert tieline("scenario", "test", str(tmp_path)).stdout.splitlines()[-1] == "2 passed, 0 failed"
    case = folder / "cases" / "none.yaml"
    case.write_text(case.read_text().replace("GET /v1/people/find}]", "GET /v1/companies/find}]"))
    done = tieline("scenario", "test", str(tmp_path))
    assert done.returncode == 1
    assert '+    "call": "GET /v1/people/find"' in done.stdout
    told = json.loads(tieline("scenario", "test", str(tmp_path), "--json").stdout)
    assert (told["passed"], told["failed"]) == (1, 1)
    refused(tieline("scenario", "test", str(tmp_path / "data")), 1, "no cases")


def test_history_and_replays_by_command(tieline: Run, tmp_path: Path) -> None:
    tieline("account", "create", "a@x.example")
    file, trigger = tmp_path / "b.json", tmp_path / "t.json"
    compose = {"id": 2, "module": "util:ComposeTransformer", "mapper": {"value": "Ring {{1.name}}"}}
    file.write_text(json.dumps(made(HOOK, compose)))
    trigger.write_text('[{"name": "Ada"}]')
    tieline("scenario", "import", str(file))
    first = answer(tieline("scenario", "run", "1", "--trigger", str(trigger), "--json"))["execution"]["id"]
    for asked, count in ((("--text", "ring ada"), 1), (("--text", "bob"), 0), (("--module", "Compose a string"), 1),
                         (("--status", "error"), 0), (("--to", "2020-01-31"), 0), (("--from", "2020-01-31"), 1)):  # fmt: skip
        assert len(answer(tieline("scenario", "history", "1", *asked, "--json"))) == count, asked
    refused(tieline("scenario", "history", "--from", "soon"), 1, "soon", "2026-01-31")
    view = answer(tieline("scenario", "replay", first, "--version", "1", "--dry", "--json"))
    assert (view["execution"]["type"], view["execution"]["version"]) == ("dry", 1)
    assert view["operations"][1]["output"] == [{"value": "Ring Ada"}]
    refused(tieline("scenario", "replay", first, "--version", "7"), 1, "no version 7")
