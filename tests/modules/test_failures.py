"""What can go wrong with a module, told alike on every face: which module, which field, what to do."""

from __future__ import annotations

import asyncio
import html
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.test_sign_in import Visitor
from tieline import AsyncCloze, Cloze, ModuleError
from tieline.cli.reach import announced
from tieline.crm import accounts
from tieline.mcp import tools
from tieline.mcp.visit import Visit
from tieline.modules import connections, find_module
from tieline.modules.signatures import python_name
from tieline.web.pages import sign_in

if TYPE_CHECKING:
    from tests.conftest import StartServer
    from tests.servers import RunningServer

PASSWORD = "three small words"


@dataclass
class Place:
    """Where a module acts: a server and a key there."""

    url: str
    key: str


@dataclass
class Case:
    """What is done, where, and what must be said."""

    name: str
    module: str
    given: dict[str, Any]
    field: str | None
    words: tuple[str, ...]
    place: str = "home"
    options: dict[str, Any] = field(default_factory=dict)


CASES = [
    Case("missing field", "Create a To Do", {"participants": ["a@x.example"]}, "subject", ("Missing value", "fill in Subject")),
    Case("wrong type", "Find People", {"limit": "many"}, "limit", ("a number is expected", "a whole number such as 25")),
    Case("wrong type inside", "Create a Person", {"name": "A", "emails": [{"value": "zz"}]}, "emails[0].value", ("not 'zz'", "ada@example.org")),
    Case("unknown choice", "Create a Person", {"name": "A", "emails": [{"value": "a@x.example"}], "stage": "nope"}, "stage", ("“nope” is unknown", "one of: lead")),
    Case("unknown sort", "Find People", {"sort": "bogus"}, "sort", ("“bogus” is unknown", "one of: lastchanged")),
    Case("nobody meant", "Create a Person", {"name": "A"}, None, ("No identifiers", "such as an e-mail address")),
    Case("vanished record", "Get a Person", {"syncKey": "gone@x.example"}, "syncKey", ("was not found", "deleted, merged or renamed")),
    Case("expired key", "Find People", {}, None, ("unknown or revoked", "give the connection a new one"), "revoked"),
    Case("rate limit", "Find People", {}, None, ("Rate limit exceeded", "try again in", "seconds"), "limited"),
    Case("another web server", "Find People", {}, None, ("text/html instead of JSON", "check the address"), "html"),
    Case("nobody listens", "Find People", {}, None, ("127.0.0.1:9", "check that the server runs"), "nowhere"),
]  # fmt: skip


class Html(BaseHTTPRequestHandler):
    """A web server that is not the API."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Welcome</title>")

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def web_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Html)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def places(
    start_server: StartServer, server: RunningServer, web_server: str, tmp_path: Any
) -> dict[str, Place]:
    limited = start_server(data_dir=str(tmp_path / "limited"), rate_limit=1, rate_burst=1)
    limited.get("/v1/user/profile")  # that was all for a minute

    def revoked(tx: Any) -> str:
        made, key = accounts.create_key(tx, server.account_id, "old")
        accounts.revoke_key(tx, server.account_id, made.id)
        return key

    return {
        "home": Place(server.url, server.api_key),
        "revoked": Place(server.url, server.write(revoked)),
        "limited": Place(limited.url, limited.api_key),
        "html": Place(web_server, "k"),
        "nowhere": Place("http://127.0.0.1:9", "k"),
    }


class Faces:
    """Every way to run a module; each gives the words it fails with."""

    def __init__(self, server: RunningServer, place: Place, case: Case) -> None:
        self.server, self.place, self.case = server, place, case
        module = find_module(case.module)
        assert module is not None
        self.module = module
        self.method = python_name(module.slug)
        self.arguments = {python_name(name): value for name, value in case.given.items()}
        vault = server.app.state.vault
        made = server.write(
            connections.create, vault, server.account_id, "There", email="", api_key=place.key, url=place.url
        )
        self.connection = "This account" if case.place == "home" else "There"
        self.connection_id = str(made.id) if case.place != "home" else ""

    def python(self) -> str:
        def run() -> None:
            with Cloze(api_key=self.place.key, url=self.place.url, retries=0) as cloze:
                list(getattr(cloze.modules, self.method)(**self.arguments))

        with pytest.raises(ModuleError) as error:
            run()
        return str(error.value)

    def asynchronous_python(self) -> str:
        async def run() -> None:
            async with AsyncCloze(api_key=self.place.key, url=self.place.url, retries=0) as cloze:
                found = getattr(cloze.modules, self.method)(**self.arguments)
                if self.module.kind == "search":
                    [bundle async for bundle in found]
                else:
                    await found

        with pytest.raises(ModuleError) as error:
            asyncio.run(run())
        return str(error.value)

    def control(self) -> str:
        asked = {"connection": self.connection, "input": self.case.given}
        answer = self.server.request("POST", f"/control/modules/{self.module.slug}/run", json_body=asked)
        assert answer.status == 422
        return str(answer.json()["error"]["message"])

    def command(self) -> str:
        self.server.app.state.owner_token = "owner"
        lines = "" if self.case.given is None else json.dumps(self.case.given) + "\n"
        command = [sys.executable, "-m", "tieline.cli", "module", "run", self.module.label, "--input", "-", "--connection", self.connection]  # fmt: skip
        with announced(self.server.settings, "owner"):
            environ = {**os.environ, "TIELINE_DATA_DIR": self.server.settings.data_dir}
            done = subprocess.run(
                command, env=environ, input=lines, capture_output=True, text=True, timeout=60, check=False
            )
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        return done.stderr

    def assistant(self) -> str:
        async def run() -> Any:
            async with AsyncCloze(api_key=self.place.key, url=self.place.url, retries=0) as cloze:
                return await tools.call(Visit(cloze), self.method, self.case.given)

        result = asyncio.run(run())
        assert result.is_error
        return str(result.content[0].text)

    def page(self) -> str:
        sign_in._guesses.clear()
        self.server.write(accounts.set_password, self.server.account_id, PASSWORD)
        visitor = Visitor(self.server)
        visitor.sign_in()
        sent = {"connection": self.connection_id}
        for name, value in self.case.given.items():
            if not isinstance(value, list):
                sent[f"f.{name}"] = str(value)
            for number, entry in enumerate(value if isinstance(value, list) else []):
                for key, part in (entry if isinstance(entry, dict) else {"value": entry}).items():
                    sent[f"f.{name}.{number}.{key}"] = part
        path = f"/modules/{self.module.slug}"
        status, _, text = visitor.post(path, page=path, **sent)
        assert status == 422
        alert = text.partition('id="outcome"')[2].partition("</section>")[0]
        return html.unescape(alert)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_face_names_module_field_and_remedy(
    case: Case, server: RunningServer, places: dict[str, Place]
) -> None:
    faces = Faces(server, places[case.place], case)
    for face in (
        faces.python, faces.asynchronous_python, faces.control, faces.command, faces.assistant, faces.page,
    ):  # fmt: skip
        said = face()
        wanted = (case.module, *((case.field,) if case.field else ()), *case.words)
        if case.name == "wrong type" and face == faces.assistant:
            wanted = (case.module, "limit", "a whole number")  # its own limit, for pages
        missing = [words for words in wanted if words not in said]
        assert not missing, f"{face.__name__} says “{said}”, without {missing}"
