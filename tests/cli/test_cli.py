"""The command line as somebody types it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = str(ROOT / "examples" / "stage-change-todo" / "blueprint.json")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TIELINE_DATA_DIR": str(tmp_path / "data"),
        "TIELINE_ALLOW_PRIVATE_TARGETS": "loopback",
    }


@pytest.fixture
def tieline(environ: dict[str, str]) -> Run:
    def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tieline.cli", *arguments]
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, input=text, timeout=120, check=False
        )

    return run


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serving(environ: dict[str, str], port: int, tieline: Run) -> Iterator[str]:
    """A server process with one account; yields its API key."""
    key = answer(tieline("account", "create", "a@x.example", "--json"))["api_key"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tieline.cli", "serve", "--port", str(port)], env=environ
    )
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1)
            break
        except OSError:
            time.sleep(0.1)
    yield key
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def test_bad_usage_and_failures_are_one_line(tieline: Run, tmp_path: Path) -> None:
    refused(tieline("bogus"), 2, "No such command")
    refused(tieline("scenario", "import"), 2, "file")
    refused(tieline("work"), 2, "PostgreSQL")
    refused(tieline("module", "show", "nothing"), 2, "module list")
    refused(tieline("scenario", "list"), 1, "--account")
    refused(tieline("account", "create", "not an address"), 1, "email", "ada@example.org")
    tieline("account", "create", "a@x.example")
    refused(tieline("account", "create", "a@x.example"), 1, "already")
    refused(tieline("scenario", "activate", "7"), 1, "no such scenario")
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    refused(tieline("scenario", "import", str(broken)), 1, "BP001")
    refused(tieline("import", str(broken)), 1, "column")
    refused(
        tieline(
            "connection",
            "add",
            "x",
            "--email",
            "e@x.example",
            "--api-key",
            "k",
            "--url",
            "http://127.0.0.1:9",
        ),
        1,
        "127.0.0.1:9",
    )


def test_expressions_speak_the_encoding_of_the_vectors(tieline: Run, tmp_path: Path) -> None:
    context = tmp_path / "c.json"
    context.write_text('{"1": {"at": {"$date": "2026-01-31T00:00:00.000Z"}}, "$env": {"timezone": "UTC"}}')
    found = tieline("expression", "{{addMonths(1.at; 1)}}", "--context", str(context), "--json")
    assert answer(found) == {"$date": "2026-02-28T00:00:00.000Z"}
    failed = tieline("expression", "{{nosuch(1)}}", "--json")
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["$err"] == "UnknownFunction"


def test_modules_are_listed_and_shown_without_a_server(tieline: Run) -> None:
    listed = answer(tieline("module", "list", "--json"))
    assert sum(not module["extended"] for module in listed) == 22
    assert "Upsert a Person" in {module["label"] for module in listed if module["extended"]}
    assert "extended)" in tieline("module", "show", "Upsert a Person").stdout
    assert {
        field["name"] for field in answer(tieline("module", "show", "Create a To Do", "--json"))["fields"]
    } >= {"subject", "when"}


@pytest.mark.usefixtures("serving")
def test_a_second_server_on_the_same_data_is_refused_by_name(tieline: Run) -> None:
    refused(tieline("serve", "--port", "1"), 1, "already works on the data folder", "pid")


@pytest.mark.usefixtures("serving")
def test_a_scenario_by_command_against_the_running_server(tieline: Run) -> None:
    made = answer(tieline("scenario", "import", EXAMPLE, "--json"))
    assert [finding["code"] for finding in made["findings"]] == ["BP014", "BP014"]
    refused(tieline("scenario", "activate", "1"), 1, "Not connected")
    tieline("scenario", "connect", "1")
    assert answer(tieline("scenario", "activate", "1", "--json"))["active"] is True
    run = answer(
        tieline(
            "module",
            "run",
            "Create a Person",
            "--set",
            "name=Ada",
            "--set",
            'emails=[{"value": "a@x.example"}]',
            "--json",
        )
    )
    assert run == {"errorcode": 0}
    lines = '{"syncKey": "a@x.example", "stage": "lead"}\n'
    assert tieline("module", "run", "Update a Person", "--input", "-", "--json", text=lines).returncode == 0
    for _ in range(300):
        rows = answer(tieline("scenario", "history", "1", "--json"))
        if rows and rows[0]["status"] == "success":
            break
        time.sleep(0.1)
    assert [row["status"] for row in rows] == ["success"]
    shown = answer(tieline("scenario", "history", rows[0]["id"], "--json"))
    assert [operation["module_id"] for operation in shown["operations"]] == [1, 2, 3]
    assert answer(tieline("scenario", "deactivate", "1", "--json"))["active"] is False
    text = tieline("scenario", "export", "1").stdout
    assert text == Path(EXAMPLE).read_text()


def test_contacts_by_command_without_a_server(tieline: Run, tmp_path: Path) -> None:
    tieline("account", "create", "a@x.example")
    source = tmp_path / "c.csv"
    source.write_text("First Name,E-mail Address\nAda,ada@x.example\nBob,not an address\n")
    found = answer(tieline("import", str(source), "--rejected", str(tmp_path / "r.csv"), "--json"))
    assert (found["state"], found["created_count"], found["rejected_count"]) == ("finished", 1, 1)
    assert "not an address" in (tmp_path / "r.csv").read_text()
    exported = [json.loads(line) for line in tieline("export").stdout.splitlines()]
    assert [record["person"]["name"] for record in exported] == ["Ada"]


def test_queries(tieline: Run, tmp_path: Path) -> None:
    asked = (
        "query",
        "people",
        "active customers added last month",
        "--explain",
        "--now",
        "2025-06-18T12:00:00Z",
    )
    before = answer(tieline(*asked, "--json"))  # without an account: the shipped words
    assert before["filter"]["and"][0] == {"field": "stage", "op": "eq", "value": "current"}
    assert before["filter"]["and"][2]["value"] == ["2025-05-01T00:00:00Z", "2025-06-01T00:00:00Z"]
    assert tieline(*asked).stdout.strip() == before["sentence"]
    tieline("account", "create", "a@x.example")
    assert answer(tieline(*asked, "--json")) == before
    refused(tieline("query", "things", "x"), 1, "people, companies or projects")
    refused(tieline("query", "people", "x", "--explain", "--now", "soon"), 1, "now", "2026-01-15")
    assert "Nothing found." in tieline("query", "people", "leads").stdout
    source = tmp_path / "c.csv"
    source.write_text("First Name,E-mail Address\nAda,ada@x.example\nBob,bob@y.example\n")
    assert tieline("import", str(source)).returncode == 0
    found = tieline("query", "people", "email ends with y.example", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in found] == ["Bob"]
    assert "ada@x.example" in tieline("query", "people", "ada").stdout


def test_settings_in_a_file(tieline: Run, tmp_path: Path) -> None:
    tieline("account", "create", "a@x.example")
    file = tmp_path / "office.yaml"
    assert "Written" in tieline("settings", "export", str(file)).stdout
    assert "Nothing changes." in tieline("settings", "apply", str(file)).stdout
    text = file.read_text() + (
        "contact_segments: {customer: Clients}\nsteps:\n"
        "- {segment: customer, stage: lead, key: s-1, label: Send offer}\n"
    )
    file.write_text(text.replace("merge: always", "merge: review"))
    told = answer(tieline("settings", "apply", str(file), "--dry-run", "--json"))
    assert told["changes"] == [
        "+ contact_segments.customer: Clients",
        "~ merge: always → review",
        "+ steps.s-1: segment=customer, stage=lead, label=Send offer",
    ]
    assert "Applied." in tieline("settings", "apply", str(file)).stdout
    assert "Clients" in tieline("settings", "export").stdout
    again = tmp_path / "again.yaml"
    tieline("settings", "export", str(again))
    assert "Nothing changes." in tieline("settings", "apply", str(again)).stdout
    for wrong, said in (
        ("colour: red\n", "colour"), ("merge: maybe\n", "merge"), ("a: [\n", "YAML"), ("- 1\n", "names and values"),
        ("steps: [{segment: x, stage: lead, key: k, label: l}]\n", "steps"),
    ):  # fmt: skip
        refused(tieline("settings", "apply", "-", text=wrong), 1, said)
    assert "Clients" in tieline("settings", "export").stdout


def test_a_team_by_command(tieline: Run) -> None:
    for name in ("ada", "max"):
        tieline("account", "create", f"{name}@x.example")
    ada = ("--account", "ada@x.example")
    refused(tieline("team", "show", *ada), 1, "not a member of a team")
    assert "“Fjord” is there" in tieline("team", "create", "Fjord", *ada).stdout
    tieline("team", "add", "max@x.example", "--role", "manager", "--node", "/US", *ada)
    found = answer(tieline("team", "show", *ada, "--json"))["members"]
    assert [(one["email"], one["role"], one["node"]) for one in found] == [
        ("ada@x.example", "Administrator", "/"),
        ("max@x.example", "Manager", "/US"),
    ]
    tieline("team", "set", "max@x.example", "--node", "/EU", *ada)
    assert "/EU" in tieline("team", "show", *ada).stdout
    refused(tieline("team", "set", "max@x.example", "--role", "king", *ada), 1, "king", "manager")
    refused(tieline("team", "add", "nobody@x.example", *ada), 1, "account create")
    assert tieline("team", "remove", "max@x.example", *ada).returncode == 0
    refused(tieline("team", "remove", "max@x.example", *ada), 1, "no member")


def test_apps(tieline: Run) -> None:
    tieline("account", "create", "a@x.example")
    register = ("app", "register", "Mail merge", "--redirect-uri")
    refused(tieline("app", "register", "Mail merge"), 2, "redirect-uri")
    refused(tieline(*register, "http://app.example.org/"), 1, "redirect_uris", "https://")
    made = answer(tieline(*register, "https://app.example.org/a", "--redirect-uri", "https://app.example.org/b", "--json"))  # fmt: skip
    assert len(made["client_secret"]) == 43
    assert made["redirect_uris"] == ["https://app.example.org/a", "https://app.example.org/b"]
    public = tieline(*register, "com.example.app:/back", "--public").stdout
    assert "none: it is public" in public
    (first, second) = answer(tieline("app", "list", "--json"))
    assert (first["client_id"], first["public"], second["public"]) == (made["client_id"], False, True)
    assert "client_secret" not in first
    assert answer(tieline("app", "revoke", made["client_id"], "--json"))["revoked"] == "Mail merge"
    refused(tieline("app", "revoke", made["client_id"]), 1, "tieline app list")
    assert "https://app.example.org" not in tieline("app", "list").stdout
