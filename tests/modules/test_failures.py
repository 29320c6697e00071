"""What can go wrong with a module, told alike on every face: which module, which field, what to do."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.test_engine import activate, load, post, webhook
from tests.servers import Thread
from tests.web.test_sign_in import Visitor
from tieline import AsyncCloze, Cloze, ModuleError
from tieline.cli.reach import announced
from tieline.crm import accounts
from tieline.mcp import tools
from tieline.mcp.visit import Visit
from tieline.modules import connections, find_module
from tieline.modules.signatures import python_name
from tieline.scenarios import history, library
from tieline.settings import load as load_settings
from tieline.web.pages import sign_in

if TYPE_CHECKING:
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
    Case("expired on a write", "Create a To Do", {"subject": "x"}, None, ("unknown or revoked", "give the connection a new one"), "revoked"),
    Case("vanished to-do", "Complete a To Do", {"key": "gone"}, "key", ("was not found", "deleted, merged or renamed")),
    Case("unknown mode", "Bulk Upsert", {"records": ['{"name": "A"}'], "mode": "replace"}, "mode", ("“replace” is unknown", "one of: update, create")),
    Case("unknown measure", "Run Analytics", {"measures": ["nope"]}, "measures", ("“nope” is unknown", "some of: sentmails")),
    Case("not at this server", "List To Dos", {}, None, ("has no such call", "use a connection to a Tieline server"), "older"),
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


class Older(Html):
    """The Cloze API as another server speaks it: without what is Tieline's own."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"errorcode": 404, "message": "Resource Not Found"}')


def serving(handler: type[Html]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RunningServer]]:
    """One server for every case, and one that takes a single request in a minute."""
    base = {"port": 0, "allow_private_targets": "loopback"}
    threads = {
        name: Thread(load_settings({}, data_dir=str(tmp_path_factory.mktemp(name)), **base, **more))
        for name, more in (("home", {"rate_limit": 0}), ("limited", {"rate_limit": 1, "rate_burst": 1}))
    }
    yield {name: thread.start() for name, thread in threads.items()}
    for thread in threads.values():
        thread.stop()


@pytest.fixture(scope="module")
def server(servers: dict[str, RunningServer]) -> RunningServer:
    return servers["home"]


@pytest.fixture(scope="module")
def others() -> Iterator[dict[str, str]]:
    """Servers that are something else."""
    with contextlib.ExitStack() as stack:
        serve = contextlib.contextmanager(serving)
        yield {
            name: stack.enter_context(serve(kind)) for name, kind in (("html", Html), ("older", Older))
        } | {"nowhere": "http://127.0.0.1:9"}


@pytest.fixture
def places(servers: dict[str, RunningServer], others: dict[str, str]) -> dict[str, Place]:
    server, limited = servers["home"], servers["limited"]

    def revoked(tx: Any) -> str:
        made, key = accounts.create_key(tx, server.account_id, "old")
        accounts.revoke_key(tx, server.account_id, made.id)
        return key

    return {
        "home": Place(server.url, server.api_key),
        "revoked": Place(server.url, server.write(revoked)),
        "limited": Place(limited.url, limited.api_key),
        **{name: Place(url, "k") for name, url in others.items()},
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
            connections.create,
            vault,
            server.account_id,
            case.name,
            email="",
            api_key=place.key,
            url=place.url,
        )
        self.made = made
        self.connection = "This account" if case.place == "home" else case.name
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

    def visitor(self) -> Visitor:
        sign_in._guesses.clear()
        self.server.write(accounts.set_password, self.server.account_id, PASSWORD)
        visitor = Visitor(self.server)
        visitor.sign_in()
        return visitor

    def scenario(self) -> str:
        """A scenario whose step fails, as the page of its execution tells it."""
        # Mapped, so that it is seen only when it runs; mandatory fields that are missing are mapped from nothing.
        names = {one.name for one in self.module.fields if one.required} | self.case.given.keys()
        mapper = {name: f"{{{{1.{name}}}}}" for name in names}
        flow = [
            {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}},
            {"id": 2, "module": self.module.name, "parameters": {}, "mapper": mapper},
        ]
        number = load(self.server, json.dumps({"name": "s", "metadata": UNKEPT, "flow": flow}))
        if self.case.place != "home":
            self.server.write(library.bind_all, self.server.account_id, number, self.made.id)
        activate(self.server, number)
        post(webhook(self.server, number), self.case.given)
        # A rate limit or a server that is away is tried again later: the execution waits, and tells why.
        rows: list[Any] = []
        until = time.monotonic() + 60
        while not rows or not rows[0].error:
            assert time.monotonic() < until, rows
            rows = self.server.read(history.list_executions, self.server.account_id, number)
            time.sleep(0.05)
        text = self.visitor().get(f"/executions/{rows[0].id}")[2]
        return re.sub(r"<[^>]+>", "", html.unescape(text))

    def page(self) -> str:
        visitor = self.visitor()
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


# What fails is the execution's own failure, rather than kept for later.
UNKEPT = {"scenario": {"dlq": False}}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_face_names_module_field_and_remedy(
    case: Case, server: RunningServer, places: dict[str, Place], servers: dict[str, RunningServer]
) -> None:
    faces = Faces(server, places[case.place], case)
    for face in (
        faces.python, faces.asynchronous_python, faces.control, faces.command, faces.assistant, faces.page, faces.scenario,
    ):  # fmt: skip
        servers["limited"].get("/v1/user/profile")  # that was all for a minute
        said = face()
        wanted = (case.module, *((case.field,) if case.field else ()), *case.words)
        if case.name == "wrong type" and face == faces.assistant:
            wanted = (case.module, "limit", "a whole number")  # its own limit, for pages
        missing = [words for words in wanted if words not in said]
        assert not missing, f"{face.__name__} says “{said}”, without {missing}"
