"""`tieline module run` as somebody types it: pipes, mapping, dry runs, with and without a server."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_cli import Run, answer, environ, port, refused, serving, tieline

__all__ = ["environ", "port", "serving", "tieline"]

COMMAND = shlex.join([sys.executable, "-m", "tieline.cli", "module", "run"])
PIPE = (
    f"{COMMAND} 'Find People' --set stage=lead --set limit=500 | "
    f"{COMMAND} 'Create a To Do' --map subject='Call {{{{name}}}}' --map participants='{{{{emails[1].value}}}}'"
)


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def add_people(tieline: Run, count: int) -> None:
    lines = "".join(
        json.dumps({"who": f"P {number}", "mail": f"p{number}@x.example"}) + "\n" for number in range(count)
    )
    done = tieline(
        "module", "run", "Create a Person",
        "--map", "name={{who}}", "--map", 'emails=[{"value": "{{1.mail}}", "work": true}]', "--set", "stage=lead",
        text=lines,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout) == [{"errorcode": 0}] * count
    assert done.stderr.splitlines()[-1] == f"{count} bundles from {count} lines"


def subjects(tieline: Run, address: str) -> list[str]:
    """The To Dos of somebody, through the module that makes any call."""

    def call(path: str, body: dict[str, Any]) -> Any:
        body_text = json.dumps(body)
        found = tieline(
            "module", "run", "Make an API Call", "--set", f"url={path}", "--set", "method=POST", "--set", f"body={body_text}", "--json",
        )  # fmt: skip
        return answer(found)["body"]

    keys = call("/v1/people/timeline", {"id": address})["messages"]
    return [entry["subject"] for entry in call("/v1/messages/get", {"messages": keys})["messages"]]


def pipe(environ: dict[str, str], command: str = PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environ, capture_output=True, text=True, timeout=120
    )


def test_bundles_flow_through_a_pipe_without_a_server(tieline: Run, environ: dict[str, str]) -> None:
    tieline("account", "create", "a@x.example")
    add_people(tieline, 3)
    done = pipe(environ)
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout) == [{"errorcode": 0}] * 3
    assert sorted(done.stderr.splitlines()) == ["3 bundles", "3 bundles from 3 lines"]
    assert subjects(tieline, "p1@x.example") == ["Call P 1"]


@pytest.mark.usefixtures("serving")
def test_bundles_flow_through_a_pipe_with_a_server(tieline: Run, environ: dict[str, str]) -> None:
    add_people(tieline, 150)  # more than one page
    done = pipe(environ)
    assert done.returncode == 0, done.stderr
    assert len(rows(done.stdout)) == 150
    assert subjects(tieline, "p149@x.example") == ["Call P 149"]
    head = pipe(environ, f"set +o pipefail; {COMMAND} 'Find People' --set limit=150 | head -1")
    assert (head.returncode, len(rows(head.stdout)), "Traceback" in head.stderr) == (0, 1, False)


def test_a_dry_run_changes_nothing_and_is_refused_where_the_api_has_none(tieline: Run) -> None:
    tieline("account", "create", "a@x.example")
    person = ("--set", "name=Ada", "--set", 'emails=[{"value": "ada@x.example"}]')
    tried = tieline("module", "run", "Create a Person", *person, "--dry-run")
    assert answer(tried) == {"errorcode": 0}
    assert "nothing was changed" in tried.stderr
    assert rows(tieline("module", "run", "Find People").stdout) == []
    refused(
        tieline("module", "run", "Create a Person", *person, "--set", "stage=nope", "--dry-run"),
        1, "Create a Person: stage", "one of: lead",
    )  # fmt: skip
    key = ("--set", "syncKey=ada@x.example", "--dry-run")
    refused(tieline("module", "run", "Delete a Person", *key), 1, "Delete a Person", "without the dry run")
    refused(tieline("module", "run", "Get a Person", *key), 1, "Get a Person", "nothing to try")


def test_what_is_wrong_is_said_with_its_line_and_field(tieline: Run, tmp_path: Path) -> None:
    tieline("account", "create", "a@x.example")
    run = ("module", "run", "Create a To Do")
    refused(tieline("module", "run", "Do It"), 2, "module list")
    refused(tieline(*run, "--set", "subject"), 2, "FIELD=VALUE")
    refused(tieline(*run, "--map", "subject"), 2, "--map", "FIELD=VALUE")
    refused(tieline(*run, "--set", "subjct=x"), 1, "subjct: there is no such field", "one of: subject")
    refused(tieline(*run, "--map", "subject={{upper(}}"), 1, "Create a To Do: subject", "character")
    refused(tieline(*run, "--input", str(tmp_path / "none")), 2, "cannot be read")
    refused(tieline(*run, "--input", "-", text="[]\n"), 2, "line 1", "JSON object")
    refused(tieline(*run, "--connection", "Nowhere", "--set", "subject=x"), 1, "Nowhere", "there are")
    file = tmp_path / "lines.jsonl"
    file.write_text('{"n": "one"}\n\n{"n": ""}\n{"n": "three"}\n')
    done = tieline(*run, "--input", str(file), "--map", "subject={{n}}")
    assert done.returncode == 1
    assert rows(done.stdout) == [{"errorcode": 0}]
    assert "line 3: Create a To Do: subject: " in done.stderr
    assert "fill in Subject" in done.stderr
