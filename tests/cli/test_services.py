"""`tieline keychain` and `tieline datastore` as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_incomplete_executions(tieline: Run, tmp_path: Path) -> None:
    throw = {"id": 2, "module": "json:ParseJSON", "parameters": {}, "mapper": {"json": "{{1.text}}"}}
    hook = {"id": 1, "module": "gateway:CustomWebHook", "parameters": {}, "mapper": {}}
    file = tmp_path / "b.json"
    file.write_text(json.dumps({"name": "s", "flow": [hook, throw], "metadata": {}}))
    tieline("account", "create", "ada@x.example")
    assert tieline("scenario", "import", str(file)).returncode == 0
    for text in ("bad 1", "bad 2", "bad 3"):
        data = tmp_path / "t.json"
        data.write_text(json.dumps({"text": text}))
        ran = tieline("scenario", "run", "1", "--trigger", str(data))
        assert "warning" in ran.stdout, ran
    rows = json.loads(tieline("scenario", "incomplete", "1", "--json").stdout)
    assert [row["error"]["name"] for row in rows] == ["DataError"] * 3
    first, second, third = (row["id"] for row in rows)
    assert json.loads(tieline("scenario", "incomplete", "1", "--show", str(first)).stdout)["bundles"] == {
        "1": {"text": "bad 1", "__IMTINDEX__": 1, "__IMTLENGTH__": 1}
    }
    mended = json.dumps({"1": {"text": "{}"}})
    assert (
        tieline("scenario", "incomplete", "1", "--resume", str(first), "--bundles", "-", text=mended).stdout
        == "1 resumed.\n"
    )
    assert tieline("scenario", "incomplete", "1", "--delete", f"{second},{third}").stdout == "2 deleted.\n"
    assert tieline("scenario", "incomplete", "1", "--resume", "x").returncode == 2
    assert tieline("scenario", "incomplete", "1", "--resume", "99").returncode == 1
