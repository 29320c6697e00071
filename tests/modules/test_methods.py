"""The modules as Python methods: `cloze.modules.find_people(segment="customer")`, with and without `await`."""

from __future__ import annotations

import gc
import inspect
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docs import build
from tieline import AsyncCloze, Cloze, ModuleError
from tieline.expressions import ERASE
from tieline.modules import MODULES, searching
from tieline.modules.methods import AsyncModules, Modules
from tieline.modules.signatures import python_name

if TYPE_CHECKING:
    from tests.servers import RunningServer

ROOT = Path(__file__).resolve().parent.parent.parent
STUB = ROOT / "src" / "tieline" / "modules" / "methods.pyi"
PROGRAM = """
from tieline import AsyncCloze, Cloze

with Cloze(api_key="k") as cloze:
    names: list[str] = [person["name"] for person in cloze.modules.find_people(segment="customer", limit=50)]
    done: dict[str, object] = cloze.modules.create_a_to_do("Call", dry_run=True)
    cloze.modules.find_people(limt=5)
    cloze.modules.find_people(sort="bogus")
    cloze.modules.get_a_person()

async def main() -> None:
    async with AsyncCloze(api_key="k") as cloze:
        async for person in cloze.modules.find_people(stage="lead"):
            await cloze.modules.create_a_to_do(f"Call {person['name']}")
"""


def test_the_stub_says_what_the_declarations_say() -> None:
    assert STUB.read_text() == build.methods_stub(), "run `make docs`"


def test_every_module_is_a_method_with_a_real_signature() -> None:
    for module in MODULES.values():
        name = python_name(module.slug)
        taken = inspect.signature(getattr(Modules, name)).parameters
        assert taken.keys() >= {python_name(field.name) for field in module.fields}
        assert module.description in (inspect.getdoc(getattr(AsyncModules, name)) or "")
    parameters = inspect.signature(Modules.find_people).parameters
    assert parameters["limit"].default == 10
    assert parameters["limit"].annotation is int
    assert parameters["segment"].annotation == str | None
    assert parameters["segment"].kind is inspect.Parameter.KEYWORD_ONLY
    assert python_name("makeAnApiCall") == "make_an_api_call"
    assert python_name("from") == "from_"


def test_type_checkers_see_the_signatures(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(tmp_path / "cache"),
    ]
    done = subprocess.run(
        [*command, "--follow-imports=silent", str(tmp_path / "program.py")],
        env={"MYPYPATH": str(ROOT / "src")}, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    lines = [
        line.split("error: ")[1]
        for line in done.stdout.splitlines()
        if "program.py" in line and "error" in line
    ]
    assert len(lines) == 3, done.stdout + done.stderr
    assert 'Unexpected keyword argument "limt"' in lines[0]
    assert 'Argument "sort"' in lines[1]
    assert 'Missing positional argument "sync_key"' in lines[2]


def test_a_life_without_await(server: RunningServer) -> None:
    with Cloze(api_key=server.api_key, url=server.url) as cloze:
        modules = cloze.modules
        for number in range(12):
            mail = f"p{number}@x.example"
            assert modules.create_a_person(f"P {number}", emails=[{"value": mail}], segment="customer") == {
                "errorcode": 0
            }
        assert modules.create_a_person("Nobody", emails=[{"value": "n@x.example"}], dry_run=True) == {
            "errorcode": 0
        }
        found = list(modules.find_people(segment="customer", limit=50))
        assert len(found) == 12
        assert modules.get_a_person("p1@x.example")["name"] == "P 1"
        modules.update_a_person("p1@x.example", headline="Buyer")
        modules.update_a_person("p1@x.example", headline=ERASE)
        assert "headline" not in modules.get_a_person("p1@x.example")
        for _ in range(2):
            modules.create_a_to_do("Call", participants=["p1@x.example"], idempotency_key="k")
        modules.create_a_communication_record("call", from_="p1@x.example", subject="Rang")
        assert len(cloze.people.timeline("p1@x.example").messages) == 2
        uniqueid = modules.watch_person_audit_changed("https://x.example/hook", name="watch")
        assert [(one.uniqueid, one.client_reference) for one in cloze.webhooks.list()] == [
            (uniqueid, "watch")
        ]
        answer = modules.make_an_api_call("/v1/user/profile")
        assert answer["body"]["profile"]["email"] == server.email
        modules.delete_a_person("p1@x.example")
        with pytest.raises(ModuleError, match="Get a Person: syncKey: The person was not found"):
            modules.get_a_person("p1@x.example")


def test_wrong_calls_are_refused_at_once(server: RunningServer) -> None:
    with Cloze(api_key=server.api_key, url=server.url) as cloze:
        with pytest.raises(ModuleError, match=r"Find People: limit: .*whole number"):
            cloze.modules.find_people(limit="many")  # type: ignore[arg-type]
        with pytest.raises(ModuleError, match=r"'name' \(Full Name\)\. \(fill in Full Name\)"):
            cloze.modules.create_a_person()  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="nmae"):
            cloze.modules.create_a_person(nmae="x")  # type: ignore[call-arg]


async def test_searches_are_lazy_page_by_page(server: RunningServer) -> None:
    async with AsyncCloze(api_key=server.api_key, url=server.url) as cloze:
        for number in range(130):
            await cloze.people.create({"name": f"P {number}", "emails": [{"value": f"p{number}@x.example"}]})
        asked: list[Any] = []
        exchange = cloze.sender.exchange

        async def seen(method: str, path: str, **more: Any) -> Any:
            asked.append(more["query"].get("pagenumber"))
            return await exchange(method, path, **more)

        cloze.sender.exchange = seen  # type: ignore[method-assign]
        people = cloze.modules.find_people(limit=1000)
        assert asked == []
        first = await anext(people)
        for _ in range(99):
            await anext(people)
        assert asked == [1]  # a page is asked for when its first bundle is
        await anext(people)
        assert asked == [1, 2]
        assert len([person async for person in people]) == 29
        assert asked == [1, 2]
        assert await cloze.modules.get_a_person(first["syncKey"]) == first


def test_searches_keep_one_page_at_a_time(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PAGE", 20)
    lines = [
        json.dumps(
            {"name": f"P {number}", "notes": "n" * 5000, "emails": [{"value": f"p{number}@x.example"}]}
        )
        for number in range(400)
    ]
    server.request("POST", "/v1/x/people/bulk", body="\n".join(lines).encode())
    with Cloze(api_key=server.api_key, url=server.url) as cloze:
        peaks, whole = [], 400 * 5000
        gc.collect()
        tracemalloc.start()
        try:
            for number, bundle in enumerate(cloze.modules.find_people(limit=400), 1):
                assert len(bundle["notes"]) == 5000
                if number % 100 == 0:
                    held, _ = tracemalloc.get_traced_memory()
                    peaks.append(held)
        finally:
            tracemalloc.stop()
    assert number == 400
    assert max(peaks) < whole / 3, peaks
    assert max(peaks) - min(peaks) < whole / 10, peaks
