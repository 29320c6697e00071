"""`tieline keychain` and `tieline datastore` as somebody types them."""

from __future__ import annotations

import json

from tests.cli.test_cli import Run, environ, tieline

__all__ = ["environ", "tieline"]


def test_data_stores_and_keychains(tieline: Run) -> None:
    assert tieline("account", "create", "ada@x.example").returncode == 0
    assert tieline("datastore", "create", "Seen", "--megabytes", "2").stdout == "Data store 1: Seen\n"
    assert tieline("datastore", "put", "Seen", "e1", '{"n": 1}').returncode == 0
    assert tieline("datastore", "put", "1", "e2", "-", text='{"n": 2}').returncode == 0
    shown = json.loads(tieline("datastore", "show", "Seen", "--after", "e1", "--json").stdout)
    assert (shown["records"], [r["data"] for r in shown["list"]]) == (2, [{"n": 2}])
    assert tieline("datastore", "delete", "Seen", "--key", "e1").stdout == "“e1” is deleted.\n"
    wrong = tieline("datastore", "show", "Nope")
    assert wrong.returncode == 1
    assert "there are: Seen" in wrong.stderr
    assert [r["records"] for r in json.loads(tieline("datastore", "list", "--json").stdout)] == [1]
    assert tieline("datastore", "delete", "Seen").returncode == 0

    made = tieline(
        "keychain", "add", "K", "--kind", "basic", "--set", "username=ada", "--set", "password=-", text="pw\n"
    )
    assert made.returncode == 0
    assert json.loads(tieline("keychain", "list", "--json").stdout)[0]["kind"] == "basic"
    assert tieline("keychain", "add", "L", "--kind", "basic", "--set", "password=x").returncode == 1
    assert tieline("keychain", "remove", "K").returncode == 0
