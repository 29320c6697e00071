"""The modules as tools, spoken to by the protocol's own client over both transports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import jsonschema
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from tieline.client import AsyncCloze
from tieline.mcp import schema, shrink
from tieline.mcp.tools import BY_NAME
from tieline.modules import MODULES

if TYPE_CHECKING:
    from tests.conftest import StartServer
    from tests.servers import RunningServer

EVERYTHING = "read,write,delete"


@asynccontextmanager
async def over_http(
    server: RunningServer, grants: str = "", mode: str = "auto", **headers: str
) -> AsyncIterator[Client]:
    sent = {"Authorization": f"Bearer {server.api_key}", **headers}
    if grants:
        sent["Tieline-Grants"] = grants
    async with (
        httpx2.AsyncClient(headers=sent, timeout=60) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(*arguments: str, **environ: str) -> AsyncIterator[Client]:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "tieline.cli", "mcp", *arguments], env={**os.environ, **environ}
    )
    async with Client(command) as client:
        yield client


def content(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    found: dict[str, Any] = result.structured_content
    return found


def refusal(result: Any) -> str:
    assert result.is_error
    return str(result.content[0].text)


async def fill(server: RunningServer, count: int, **more: Any) -> None:
    async with AsyncCloze(api_key=server.api_key, url=server.url) as cloze:
        for number in range(count):
            person = {"name": f"P {number}", "emails": [{"value": f"p{number}@x.example"}], "stage": "lead"}
            await cloze.people.create({**person, **more})


async def a_life(client: Client) -> None:
    """What any assistant does: looks around, adds, finds, changes, reads, deletes."""
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert listed.keys() == BY_NAME.keys()
    words = json.loads((await client.read_resource("tieline://vocabulary")).contents[0].text)  # type: ignore[union-attr]
    assert words["people"]["stages"]["lead"]
    person = {"name": "Ada Byron", "emails": [{"value": "ada@x.example"}], "segment": "customer"}
    tried = content(await client.call_tool("create_a_person", {**person, "dryRun": True}))
    assert "nothing was changed" in tried["summary"]
    assert content(await client.call_tool("find_people", {}))["available"] == 0
    assert content(await client.call_tool("create_a_person", person))["bundles"] == [{"errorcode": 0}]
    found = content(await client.call_tool("find_people", {"freeformquery": "ada"}))
    assert [bundle["name"] for bundle in found["bundles"]] == ["Ada Byron"]
    assert "portableId" not in found["bundles"][0]
    key = found["bundles"][0]["syncKey"]
    await client.call_tool("update_a_person", {"syncKey": key, "headline": "Analyst"})
    await client.call_tool("create_a_to_do", {"subject": "Call Ada", "participants": ["ada@x.example"]})
    whole = json.loads((await client.read_resource(f"tieline://people/{key}")).contents[0].text)  # type: ignore[union-attr]
    assert whole["headline"] == "Analyst"
    uri = "tieline://people/ada%40x.example/timeline"
    timeline = json.loads((await client.read_resource(uri)).contents[0].text)  # type: ignore[union-attr]
    assert [entry["subject"] for entry in timeline["entries"]] == ["Call Ada"]
    profile = content(await client.call_tool("make_an_api_call", {"url": "/v1/user/profile"}))
    assert profile["bundles"][0]["statusCode"] == 200
    would = content(await client.call_tool("delete_a_person", {"syncKey": key, "dryRun": True}))
    assert would["summary"] == "This would delete Ada Byron. Nothing was changed."
    assert content(await client.call_tool("get_a_person", {"syncKey": key}))["summary"] == "Ada Byron."
    content(await client.call_tool("delete_a_person", {"syncKey": key}))
    assert "was not found" in refusal(await client.call_tool("get_a_person", {"syncKey": key}))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_life_over_http(server: RunningServer, mode: str) -> None:
    async with over_http(server, EVERYTHING, mode) as client:
        assert client.server_info.name == "tieline"
        if mode == "auto":
            assert client.protocol_version == "2026-07-28"
        await a_life(client)


async def test_a_life_over_stdio_with_a_server(start_server: StartServer, tmp_path: Path) -> None:
    from tieline.cli.reach import announced

    server = start_server()
    server.app.state.owner_token = "owner"
    with announced(server.settings, "owner"):
        async with over_stdio("--allow", EVERYTHING, TIELINE_DATA_DIR=str(tmp_path / "data")) as client:
            await a_life(client)


async def test_a_life_over_stdio_without_a_server(tmp_path: Path) -> None:
    environ = {"TIELINE_DATA_DIR": str(tmp_path / "alone")}
    command = [sys.executable, "-m", "tieline.cli", "account", "create", "a@x.example"]
    subprocess.run(command, env={**os.environ, **environ}, check=True, capture_output=True)
    async with over_stdio("--allow", EVERYTHING, **environ) as client:
        await a_life(client)


async def test_a_life_over_stdio_at_another_server(server: RunningServer) -> None:
    async with over_stdio(
        "--allow", EVERYTHING, "--url", server.url, TIELINE_API_KEY=server.api_key
    ) as client:
        await a_life(client)


async def test_three_grants(server: RunningServer) -> None:
    await fill(server, 1)
    key = {"syncKey": "p0@x.example"}

    async def names(grants: str) -> set[str]:
        async with over_http(server, grants) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    deletes = {"delete_a_person", "delete_a_company", "delete_a_project", "delete_a_to_do"}
    reading = ("find_", "get_", "list_", "search_", "run_analytics", "make_an_api_call")
    reads = {name for name in BY_NAME if name.startswith(reading)}
    assert await names("read") == reads
    assert await names("") == BY_NAME.keys() - deletes
    assert await names("read, delete") == reads | deletes
    async with over_http(server, "read") as client:
        refused = refusal(await client.call_tool("create_a_to_do", {"subject": "x"}))
        assert "may not write" in refused
        assert "--allow read,write" in refused
        sneaky = {
            "url": "/v1/people/delete",
            "method": "DELETE",
            "qs": [{"key": "uniqueid", "value": "p0@x.example"}],
        }
        assert "may not delete and write" in refusal(await client.call_tool("make_an_api_call", sneaky))
        content(await client.call_tool("get_a_person", key))
    async with over_http(server) as client:
        assert "may not delete" in refusal(await client.call_tool("delete_a_person", key))
        assert "may not delete" in refusal(
            await client.call_tool("make_an_api_call", {"url": "/v1/people/submit", "method": "POST"})
        )


async def test_annotations_tell_what_a_tool_may_do(server: RunningServer) -> None:
    async with over_http(server, EVERYTHING) as client:
        hints = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
    shown = {
        name: (hint.read_only_hint, hint.destructive_hint, hint.idempotent_hint)
        for name, hint in hints.items()
        if hint is not None
    }
    assert shown["find_people"] == (True, False, True)
    assert shown["create_a_person"] == (False, False, True)
    assert shown["update_a_person"] == (False, True, True)
    assert shown["delete_a_person"] == (False, True, True)
    assert shown["create_a_to_do"] == (False, False, False)
    assert shown["make_an_api_call"] == (False, True, False)
    assert shown["watch_person_audit_changed"] == (False, False, False)
    assert shown["list_to_dos"] == (True, False, True)
    assert shown["upsert_a_person"] == (False, True, True)
    assert shown["bulk_upsert"] == (False, True, True)
    assert shown["merge_two_records"] == (False, True, False)
    assert shown["delete_a_to_do"] == (False, True, True)


def test_every_input_schema_is_sound_and_takes_its_module() -> None:
    for module in MODULES.values():
        made = schema.input_schema(module)
        jsonschema.Draft202012Validator.check_schema(made)
        assert made["properties"].keys() >= {field.name for field in module.fields}
        assert ("dryRun" in made["properties"]) == (module.writes and module.kind != "universal")
    checks = jsonschema.Draft202012Validator(schema.input_schema(MODULES["createAPerson"]))
    assert checks.is_valid({"name": "Ada", "emails": [{"value": "a@x.example", "work": True}]})
    assert not checks.is_valid({"emails": []})
    assert not checks.is_valid({"name": "Ada", "nmae": "x"})
    assert not jsonschema.Draft202012Validator(schema.input_schema(MODULES["findPeople"])).is_valid(
        {"sort": "bogus"}
    )


async def test_results_are_pages_that_fit(server: RunningServer) -> None:
    await fill(server, 30, notes="n" * 5000, keywords=[f"word {number}" for number in range(60)])
    async with over_http(server) as client:
        first = content(await client.call_tool("find_people", {"limit": 25}))
        assert (first["available"], first["page"], first["pages"], first["nextPage"]) == (30, 1, 2, 2)
        assert first["summary"] == "1 to 25 of 30 that match."
        second = content(await client.call_tool("find_people", {"limit": 25, "page": 2}))
        assert len(second["bundles"]) == 5
        assert "nextPage" not in second
        keys = {bundle["syncKey"] for page in (first, second) for bundle in page["bundles"]}
        assert len(keys) == 30
        full = await client.call_tool("find_people", {"limit": 25, "detail": "full"})
        assert len(full.content[0].text) < shrink.BUDGET + 1000  # type: ignore[union-attr]
        assert "more characters" in content(full)["bundles"][0]["notes"]
        beyond = content(await client.call_tool("find_people", {"page": 9}))
        assert beyond["summary"] == "Nothing on page 9; 30 match."


async def test_every_write_can_be_tried_and_changes_nothing(server: RunningServer) -> None:
    await fill(server, 2)
    server.post("/v1/timeline/todo/create", {"subject": "T", "participants": ["p0@x.example"]})
    todo = server.get("/v1/x/todos")["todos"][0]["key"]
    company = {"name": "C", "requiredField": "domain", "domains": ["c.example"]}
    server.post("/v1/companies/create", {"name": "C", "domains": ["c.example"]})
    server.post("/v1/projects/create", {"name": "D"})
    new = {"name": "N", "emails": [{"value": "n@x.example"}]}
    calls: dict[str, dict[str, Any]] = {
        "create_a_person": new,
        "update_a_person": {"syncKey": "p0@x.example", "headline": "H"},
        "upsert_a_person": new,
        "delete_a_person": {"syncKey": "p0@x.example"},
        "create_a_company": {**company, "name": "E"},
        "update_a_company": {**company, "description": "X"},
        "upsert_a_company": {"name": "E", "domains": ["e.example"]},
        "delete_a_company": {"syncKey": "c.example"},
        "create_a_project": {"name": "E"},
        "update_a_project": {"name": "D", "summary": "S"},
        "upsert_a_project": {"name": "E"},
        "delete_a_project": {"syncKey": "D"},
        "create_a_communication_record": {"style": "call", "from": "p0@x.example"},
        "create_a_to_do": {"subject": "U"},
        "create_a_content": {"style": "note", "source": "x.example", "uniqueid": "1", "references": [{"value": "p0@x.example"}]},
        "complete_a_to_do": {"key": todo},
        "delete_a_to_do": {"key": todo},
        "merge_two_records": {"into": "p0@x.example", "from": "p1@x.example"},
        "bulk_upsert": {"records": [new]},
    }  # fmt: skip
    untriable = {"make_an_api_call", "unmerge"}  # there is nothing to unmerge
    writes = {name for name, module in BY_NAME.items() if module.writes}
    assert calls.keys() == writes - untriable

    def state() -> list[Any]:
        found = [server.get(f"/v1/{kind}/find", pagesize=99) for kind in ("people", "companies", "projects")]
        timeline = server.post("/v1/people/timeline", {"id": "p0@x.example"})
        return [*found, timeline, server.get("/v1/x/todos", state="all")]

    before = state()
    async with over_http(server, EVERYTHING) as client:
        for name, arguments in calls.items():
            tried = content(await client.call_tool(name, {**arguments, "dryRun": True}))
            assert "othing was changed" in tried["summary"], name
        undone = refusal(await client.call_tool("unmerge", {"id": "p0@x.example", "dryRun": True}))
        assert "was not merged" in undone
    assert state() == before


async def test_tools_beyond_the_22(server: RunningServer) -> None:
    await fill(server, 30)
    async with over_http(server, EVERYTHING) as client:
        made = await client.call_tool(
            "upsert_a_person", {"syncKey": "p1@x.example", "notes": "n", "keywords": ["k"]}
        )
        assert content(made)["summary"] == "P 1."
        emptied = {"syncKey": "p1@x.example", "erase": ["notes", "keywords"]}
        erased = content(await client.call_tool("upsert_a_person", emptied))["bundles"][0]
        assert erased.keys().isdisjoint({"notes", "keywords"})
        wrong = refusal(await client.call_tool("update_a_person", {**emptied, "erase": ["nonsense"]}))
        assert "nonsense: there is no such field" in wrong
        changes = content(await client.call_tool("list_changes", {"limit": 20}))
        assert changes["summary"] == "20 found."
        rest = {"limit": 20, "cursor": changes["bundles"][-1]["cursor"]}
        assert content(await client.call_tool("list_changes", rest))["summary"] == "10 found."
        stages = content(await client.call_tool("list_stages", {"of": "projects"}))
        assert "won" in {one["key"] for one in stages["bundles"]}
        await client.call_tool("create_a_to_do", {"subject": "T", "participants": ["p0@x.example"]})
        todos = content(await client.call_tool("list_to_dos", {}))
        assert (todos["available"], todos["bundles"][0]["subject"]) == (1, "T")
        many = content(await client.call_tool("bulk_upsert", {"records": [{"name": "?"}]}))
        assert many["bundles"][0]["results"][0]["errorcode"] == 11


async def test_what_is_wrong_is_told_in_the_result(server: RunningServer) -> None:
    async with over_http(server) as client:

        async def told(tool: str, /, **arguments: Any) -> str:
            return refusal(await client.call_tool(tool, arguments))

        assert "fill in Full Name" in await told("create_a_person")
        assert "no such field" in await told("find_people", lmit=3)
        assert "limit: a whole number" in await told("find_people", limit="x")
        assert "one of: lead" in await told(
            "create_a_person", name="A", emails=[{"value": "a@x.example"}], stage="no"
        )
        assert "targetUrl" in await told("watch_person_audit_changed")
        assert "one of: watch" in await told("no_such_tool")
        hook = {"targetUrl": "https://x.example/hook", "name": "w"}
        made = content(await client.call_tool("watch_person_audit_changed", hook))
        assert made["bundles"][0]["event"] == "person.audit.change"
        for uri in (
            "tieline://people/nobody%40x.example",
            "tieline://nothing",
            "tieline://people/a/b",
            "http://x.example",
        ):
            with pytest.raises(MCPError) as error:
                await client.read_resource(uri)
            assert error.value.code == -32602


async def test_strangers_are_refused(server: RunningServer) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepts = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

    async with httpx2.AsyncClient(base_url=server.url, headers=accepts) as http:

        async def status(**headers: str) -> int:
            return (
                await http.post(
                    "/mcp", json=call, headers={k.replace("_", "-"): v for k, v in headers.items()}
                )
            ).status_code

        key = f"Bearer {server.api_key}"
        nobody = await http.post("/mcp", json=call)
        assert nobody.status_code == 401
        assert nobody.headers["www-authenticate"] == "Bearer"
        assert await status(Authorization="Bearer wrong") == 401
        assert await status(Authorization=key, Origin="https://evil.example") == 403
        assert await status(Authorization=key, Tieline_Grants="everything") == 400
        assert await status(Authorization=key, Origin=server.url) == 200


async def test_the_rate_limit_counts_calls_of_tools(start_server: StartServer) -> None:
    server = start_server(rate_limit=1, rate_burst=2)
    async with over_http(server) as client:
        results = [await client.call_tool("find_people", {}) for _ in range(3)]
    assert [result.is_error for result in results] == [False, False, True]
    assert "Find People: Rate limit exceeded (try again in" in refusal(results[2])


def test_a_bundle_too_large_for_anything_names_what_is_left_out() -> None:
    made = shrink.fit({f"field{number}": "x" * 500 for number in range(200)}, 2000)
    assert len(json.dumps(made, ensure_ascii=False)) <= 2100
    assert "fields are too long to show" in made["…"]
