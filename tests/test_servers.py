"""The application as a whole: it starts on either database, and what it knew is there when it starts again."""

from __future__ import annotations

from pathlib import Path

from tests.servers import RunningServer, Thread
from tieline.settings import load


def test_a_server_on_either_database(any_server: RunningServer) -> None:
    assert any_server.get("/healthz", key=None)["status"] == "ok"
    assert any_server.post("/v1/people/create", {"emails": [{"value": "a@x.example"}]}) == {"errorcode": 0}
    assert any_server.get("/v1/people/find")["availablecount"] == 1


def test_what_was_answered_is_there_after_a_restart(tmp_path: Path) -> None:
    settings = load({}, data_dir=str(tmp_path), port=0)
    first = Thread(settings)
    first.start().post("/v1/people/create", {"emails": [{"value": "a@x.example"}]})
    first.stop()
    second = Thread(settings)
    assert second.start().get("/v1/people/find")["availablecount"] == 1
    second.stop()


def test_unknown_paths(server: RunningServer) -> None:
    """404 signed out as well: a page for browsers, JSON for programs; records are behind the sign-in."""
    for path in ("/nothing", "/wp-login.php", "/people.php", "/v2/people/find", "/settings/nothing"):
        for method in ("GET", "POST"):
            assert server.request(method, path, key=None).json()["errorcode"] == 404
        page = server.request("GET", path, key=None, headers={"Accept": "text/html,*/*"})
        assert page.status == 404
        assert b"There is no such page." in page.body
        assert "content-security-policy" in page.headers
    assert server.request("GET", "/people", key=None).status == 303
