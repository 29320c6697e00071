"""Connections: checked, several, rotated without touching scenarios, and their keys in no place that anybody reads."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.test_engine import activate, executions, load, post, webhook
from tests.web.test_sign_in import Visitor
from tieline import Cloze, ModuleError
from tieline.cli.reach import announced
from tieline.crm import accounts
from tieline.mcp import tools
from tieline.mcp.visit import Visit
from tieline.modules import connections
from tieline.scenarios import history, library
from tieline.web.pages import sign_in

if TYPE_CHECKING:
    from tests.servers import RunningServer

OLD, NEW, WRONG, OTHER = (f"{word}-Zq8vK3xWm5Ty7Ub2" for word in ("old", "new", "wrong", "other"))
PASSWORD = "three small words"
SCENARIO = json.dumps({
    "name": "There", "metadata": {"scenario": {"dlq": False}},
    "flow": [
        {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}},
        {"id": 2, "module": "cloze:findPeople", "parameters": {"__IMTCONN__": 7}, "mapper": {}},
        {"id": 3, "module": "cloze:makeAnApiCall", "parameters": {"__IMTCONN__": 7}, "mapper": {"url": "/v1/echo", "method": "GET"}},
        {"id": 4, "module": "cloze:getAPerson", "parameters": {"__IMTCONN__": 7}, "mapper": {"syncKey": "{{2.syncKey}}"}},
    ],
})  # fmt: skip


class Echo(BaseHTTPRequestHandler):
    """A server that says aloud what it should keep to itself: the credentials that it was sent."""

    keys: dict[str, str]
    asked: list[str]

    def do_GET(self) -> None:
        key = self.headers["Authorization"].removeprefix("Bearer ")
        path = self.path.partition("?")[0]
        self.asked.append(key)
        if key not in self.keys:
            self.answer(401, {"errorcode": 1, "message": f"The key {key} is unknown"})
        elif path == "/v1/user/profile":
            self.answer(200, {"errorcode": 0, "profile": {"email": self.keys[key], "key": key}})
        elif path == "/v1/people/get":
            self.answer(200, {"errorcode": 400, "message": f"syncKey: nobody may ask with {key}"})
        else:
            person = {"syncKey": "s" * 43, "name": f"Echo of {key}"}
            self.answer(200, {"errorcode": 0, "availablecount": 1, "people": [person]})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Echo", self.headers["Authorization"])
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        return None


class There(Echo):
    """One server of a test."""


@pytest.fixture
def there() -> Iterator[str]:
    There.keys = {OLD: "ada@there.example", NEW: "ada@there.example", OTHER: "bob@there.example"}
    There.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), There)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visitor(server: RunningServer) -> Visitor:
    sign_in._guesses.clear()
    server.write(accounts.set_password, server.account_id, PASSWORD)
    made = Visitor(server)
    made.sign_in()
    return made


class Commands:
    """The commands, against the running server; keeps every word they say."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.said = ""
        server.app.state.owner_token = "owner"

    def __call__(self, *words: str, stdin: str = "") -> tuple[int, str]:
        with announced(self.server.settings, "owner"):
            environ = {**os.environ, "TIELINE_DATA_DIR": self.server.settings.data_dir}
            command = [sys.executable, "-m", "tieline.cli", *words]
            done = subprocess.run(command, env=environ, input=stdin, capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
        self.said += done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr


def connect(server: RunningServer, there: str, name: str = "There", key: str = OLD) -> int:
    vault = server.app.state.vault
    made = server.write(connections.create, vault, server.account_id, name, email="", api_key=key, url=there)
    return made.id


def test_a_key_is_rotated_by_command_and_page_and_scenarios_go_on(
    server: RunningServer, there: str, visitor: Visitor
) -> None:
    tieline = Commands(server)
    added = ("connection", "add", "There", "--email", "ada@there.example", "--url", there, "--api-key", "-")
    assert tieline(*added, stdin=WRONG)[0] == 1
    code, said = tieline(*added, stdin=OLD)
    assert (code, said) == (0, "Connected “There” as ada@there.example.\n")
    code, said = tieline(
        "connection", "add", "Bob", "--email", "bob@there.example", "--url", there, "--api-key", OTHER
    )
    assert code == 0
    assert tieline("connection", "test", "There") == (0, "“There” works, as ada@there.example.\n")
    number = load(server, SCENARIO.replace('"id": 4', '"id": 5').split(', {"id": 5')[0] + "]}")
    row = server.read(connections.find_by_name, server.account_id, "There")
    server.write(library.bind_all, server.account_id, number, int(row["id"]))
    activate(server, number)
    before = server.read(library.get_scenario, server.account_id, number)

    del There.keys[OLD]  # the other side has ended it
    code, said = tieline("connection", "test", "There")
    assert code == 1
    assert "api_key: the server refused it" in said
    assert "copy the key again" in said
    code, said = tieline("connection", "rotate", "There", "--api-key", "-", stdin=WRONG)
    assert code == 1
    assert "refused" in said
    code, said = tieline("connection", "rotate", "There", "--api-key", "-", stdin=OTHER)
    assert code == 1
    assert "the key belongs to bob@there.example" in said
    code, said = tieline("connection", "rotate", "There", "--api-key", "-", stdin=NEW)
    assert (code, said) == (0, "“There” has its new key, and works as ada@there.example.\n")
    There.asked.clear()
    post(webhook(server, number), {"word": "x"})
    assert [found.status for found in executions(server)] == ["success"]
    assert set(There.asked) == {NEW}
    after = server.read(library.get_scenario, server.account_id, number)
    assert (after.version, after.active) == (before.version, True)

    page = "/settings/connections"
    There.keys[OLD] = "ada@there.example"
    _, _, text = visitor.post(f"{page}/{row['id']}/rotate", page=page, api_key=WRONG)
    assert "the server refused it" in text
    assert WRONG not in text
    status, _, _ = visitor.post(f"{page}/{row['id']}/rotate", page=page, api_key=OLD)
    assert status == 303
    assert "has its new key, and works as ada@there.example" in visitor.get(page)[2]
    assert tieline("connection", "rotate", "This account", "--api-key", "x")[0] == 1
    assert not [key for key in (OLD, NEW, WRONG, OTHER) if key in tieline.said]
    code, said = tieline("connection", "remove", "There")
    assert code == 1
    assert "used by There" in said


def test_a_key_is_in_no_place_that_anybody_reads(
    server: RunningServer, there: str, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tieline, seen = Commands(server), {}
    number = load(server, SCENARIO)
    server.write(library.bind_all, server.account_id, number, connect(server, there))
    chosen = str(server.read(connections.find_by_name, server.account_id, "There")["id"])
    activate(server, number)
    post(webhook(server, number), {"word": "x"})
    (execution,) = executions(server)
    assert execution.status == "error"
    assert There.asked.count(OLD) == 3

    told = server.read(history.get_execution, server.account_id, execution.id)
    assert [op.exchange[0]["answer"]["people"][0]["name"] for op in told.operations[1:3]] == [
        "Echo of ***"
    ] * 2
    assert told.operations[2].output[0]["headers"]["x-echo"] == "Bearer ***"
    assert "nobody may ask with ***" in str(told.operations[-1].error)
    seen["history"] = repr(told)
    paths = ("/executions", f"/executions/{execution.id}", f"/scenarios/{number}", "/scenarios", "/settings/connections", "/settings")  # fmt: skip
    for path in paths:
        status, _, seen[path] = visitor.get(path)
        assert status == 200, path
    run = {"connection": chosen, "f.url": f"/v1/echo?api_key={OLD}", "f.method": "GET", "f.qs.0.key": "api_key", "f.qs.0.value": OLD}  # fmt: skip
    outcome = visitor.post("/modules/makeAnApiCall", page="/modules/makeAnApiCall", **run)[2]
    seen["run page"] = outcome.partition('id="outcome"')[2]
    assert "Echo of ***" in seen["run page"]
    seen["failed page"] = visitor.post("/modules/getAPerson", page="/modules/getAPerson", connection=chosen, **{"f.syncKey": "x"})[2]  # fmt: skip
    assert "nobody may ask with ***" in seen["failed page"]
    with Cloze(api_key=OLD, url=there) as cloze:
        seen["python"] = repr(list(cloze.modules.find_people()))
        with pytest.raises(ModuleError) as error:
            cloze.modules.get_a_person("x")
        seen["python error"] = str(error.value)

    async def assistant() -> None:
        from tieline import AsyncCloze

        async with AsyncCloze(api_key=OLD, url=there) as client:
            for tool in ("find_people", "get_a_person"):
                arguments = {"syncKey": "x"} if tool == "get_a_person" else {}
                seen[tool] = repr(await tools.call(Visit(client), tool, arguments))

    asyncio.run(assistant())
    for words in (
        ("module", "run", "Find People", "--connection", "There"),
        ("connection", "list", "--json"),
        ("scenario", "export", str(number)),
        ("export",),
        ("settings", "export"),
    ):
        tieline(*words)
    assert "Echo of ***" in tieline.said
    seen |= {"commands": tieline.said, "logs": caplog.text}
    for file in Path(server.settings.data_dir).rglob("*"):
        if file.is_file():
            seen[f"file {file.name}"] = file.read_bytes().decode("latin-1")
    assert [place for place, text in seen.items() if OLD in text] == []
    assert any("tieline.db" in place or ".sqlite" in place for place in seen), sorted(seen)
