"""The example app of docs/oauth.md, run as it stands; and that the guide names what there is."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.web.test_sign_in import PASSWORD, NoRedirect, Visitor
from tieline.crm import accounts
from tieline.crm.oauth import apps
from tieline.crm.oauth.apps import AppDraft
from tieline.records.vocabulary import SCOPE_WORDS
from tieline.web.pages import sign_in

if TYPE_CHECKING:
    from tests.servers import RunningServer

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def example(server: RunningServer) -> Iterator[str]:
    """The app, running; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    draft = AppDraft("Latest people", [f"http://127.0.0.1:{port}/callback"])
    app, secret = server.write(apps.register, server.account_id, draft)
    environ = {
        **os.environ,
        "TIELINE_URL": server.url,
        "CLIENT_ID": app.client_id,
        "CLIENT_SECRET": str(secret),
        "PORT": str(port),
    }
    command = [sys.executable, str(ROOT / "examples" / "oauth-app" / "app.py")]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert b"Open" in process.stdout.readline()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(30)


def fetch(url: str) -> tuple[int, str, str]:
    """Status, location and text, without following and without cookies."""
    opener = urllib.request.build_opener(NoRedirect())
    try:
        with opener.open(url, timeout=30) as answer:
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("location", ""), error.read().decode()


def test_the_example(server: RunningServer, example: str) -> None:
    sign_in._guesses.clear()
    server.write(accounts.set_password, server.account_id, PASSWORD)
    for name in ("Ada", "Bob"):
        server.post("/v1/people/create", {"name": name, "emails": [{"value": f"{name}@x.example"}]})
    visitor = Visitor(server)
    visitor.sign_in()

    def answered(decision: str) -> str:
        _, location, _ = fetch(f"{example}/")
        parts = urlsplit(location)
        page = f"{parts.path}?{parts.query}"
        _, back, _ = visitor.post("/oauth/authorize", page, decision=decision, **dict(parse_qsl(parts.query)))
        assert back.startswith(f"{example}/callback?")
        status, _, text = fetch(back)
        assert status == 200
        return text

    assert "No access: The person said no." in answered("deny")
    shown = answered("allow")
    assert f"{server.email} knows 2" in shown
    assert "Ada" in shown
    assert fetch(f"{example}/callback?code=x&state=y")[0] == 400


def test_the_guide_has_every_scope_in_its_own_words() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (.+) \|$", (ROOT / "docs" / "oauth.md").read_text(), re.MULTILINE)
    )
    assert rows == {scope: words[0].lower() + words[1:] for scope, words in SCOPE_WORDS.items()}
