"""What the modules promise, one test for each promise (contract 3.8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.receiver import Receiver
from tieline import AsyncCloze
from tieline.crm import accounts, teams
from tieline.expressions import ERASE, IGNORE
from tieline.modules import MODULES, find_module
from tieline.modules.errors import ModuleError
from tieline.modules.runner import CallContext, Exchange, parse_event, run_all, subscribe

if TYPE_CHECKING:
    from tests.servers import RunningServer


@pytest.fixture
async def cloze(server: RunningServer) -> AsyncIterator[AsyncCloze]:
    async with AsyncCloze(api_key=server.api_key, url=server.url) as client:
        yield client


async def run(cloze: AsyncCloze, name: str, /, **given: Any) -> list[dict[str, Any]]:
    module = find_module(name)
    assert module is not None
    return await run_all(module, given, client=cloze)


DETAILS = {
    "segment": IGNORE, "stage": "current", "keywords": ["one"], "type": "vip", "leadSource": "web",
    "addresses": [{"street": "S 1", "city": "C", "postcode": "1"}],
    "appLinks": [{"source": "erp.example", "uniqueid": "7", "label": "ERP"}],
}  # fmt: skip
CONTACT = {"notes": "N", "phones": [{"value": "+46705550120"}], "faxes": [{"value": "+46705550121"}], "urls": [{"address": "https://x.example"}]}  # fmt: skip
# Kind: its record, what names it on an update, and a value of each sort that is erased.
RECORDS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "Person": (
        {"name": "Ada", "emails": [{"value": "ada@x.example", "work": True}], "headline": "H", "twitterHandle": "ada", "role": "vp", "department": "D", **CONTACT, **DETAILS},
        {"syncKey": "ada@x.example"}, "headline",
    ),
    "Company": (
        {"name": "Acme", "requiredField": "domain", "domains": ["acme.example"], "description": "H", "twitterHandle": "acme", **CONTACT, **DETAILS},
        {"requiredField": "domain", "domains": ["acme.example"]}, "description",
    ),
    "Project": (
        {"name": "Deal", "summary": "H", "startDate": "2026-03-01", "endDate": "2026-04-01", "value": 7, "forecast": "commit", "picture": "https://x.example/a.png", **DETAILS},
        {"syncKey": "erp.example:7"}, "summary",
    ),
}  # fmt: skip
STAMPS = {"lastChanged": 0}


@pytest.mark.parametrize("kind", RECORDS)
async def test_an_update_leaves_everything_else_unchanged(cloze: AsyncCloze, kind: str) -> None:
    given, target, text = RECORDS[kind]
    identifier = {"Person": "ada@x.example", "Company": "acme.example", "Project": "erp.example:7"}[kind]
    await run(cloze, f"Create a {kind}", **given)
    (before,) = await run(cloze, f"Get a {kind}", syncKey=identifier)
    nothing = {name: value for name in given for value in (None, IGNORE) if name not in target}
    await run(cloze, f"Update a {kind}", **target, **nothing)
    assert await run(cloze, f"Get a {kind}", syncKey=identifier) == [before]
    await run(cloze, f"Update a {kind}", **target, stage="future", **{text: "New"})
    (after,) = await run(cloze, f"Get a {kind}", syncKey=identifier)
    assert after == {**before, "stage": "future", text: "New", "lastChanged": after["lastChanged"]}


@pytest.mark.parametrize("kind", RECORDS)
async def test_erase_clears_each_sort_of_field_and_ignore_leaves_it_out(cloze: AsyncCloze, kind: str) -> None:
    given, target, text = RECORDS[kind]
    await run(cloze, f"Create a {kind}", **given)
    (before,) = await run(cloze, f"Get a {kind}", syncKey="erp.example:7")
    module = find_module(f"Update a {kind}")
    assert module is not None
    seen: list[Exchange] = []
    kept = {"name", "appLinks", "emails", "domains", "requiredField", "syncKey", "segment", text}
    erased = {name: ERASE for name in given if name not in kept}
    await run_all(
        module, {**target, **erased, text: IGNORE}, client=cloze, context=CallContext(on_exchange=seen.append)
    )
    assert text not in seen[0].body
    (after,) = await run(cloze, f"Get a {kind}", syncKey="erp.example:7")
    assert after[text] == before[text]
    assert (after["stage"], after["segment"]) == ("none", before["segment"])
    gone = set(before) - set(after)
    lists = {"Project": {"addresses", "pictures", "startDate", "endDate"}}.get(kind, {"addresses", "phones", "faxes", "urls", "socials", "notes"})  # fmt: skip
    assert gone == lists | {"keywords", "customFields"}
    await run(cloze, f"Update a {kind}", **target, **{text: ERASE})
    (after,) = await run(cloze, f"Get a {kind}", syncKey="erp.example:7")
    assert text not in after


async def test_a_creation_leaves_out_what_is_erased(cloze: AsyncCloze) -> None:
    seen: list[Exchange] = []
    given = {"name": "Ada", "emails": [{"value": "a@x.example"}], "headline": ERASE, "keywords": ERASE}
    await run_all(MODULES["createAPerson"], given, client=cloze, context=CallContext(on_exchange=seen.append))
    assert seen[0].body == {"name": "Ada", "emails": [{"value": "a@x.example"}]}


async def test_searches_ask_for_no_more_than_the_limit(cloze: AsyncCloze) -> None:
    for number in range(12):
        await cloze.projects.create({"name": f"D {number}"})
    seen: list[Exchange] = []
    context = CallContext(on_exchange=seen.append)
    for limit, sizes in (("3", [3]), (12, [12]), (100, [100]), (0, [])):
        seen.clear()
        found = await run_all(
            MODULES["findProjects"], {"limit": limit, "sort": "name"}, client=cloze, context=context
        )
        assert [one.query["pagesize"] for one in seen] == sizes
        assert len({bundle["syncKey"] for bundle in found}) == min(int(limit), 12)


@pytest.mark.parametrize("kind", RECORDS)
async def test_a_trigger_tells_every_audited_change(
    server: RunningServer, cloze: AsyncCloze, receiver: Receiver, kind: str
) -> None:
    given, target, text = RECORDS[kind]
    await run(cloze, f"Create a {kind}", **given)
    trigger = find_module(f"Watch {kind} Audit Changed")
    assert trigger is not None
    await subscribe(trigger, cloze, receiver.url, "w")
    changes: list[dict[str, Any]] = [
        {"stage": "future"},
        {text: "not audited"},
        {"type": "gold", "customFields": [{"id": "budget", "type": "number", "value": 5}]},
        {"type": ERASE},
        {"segment": "project1" if kind == "Project" else "partner"},
    ]
    for change in changes:
        await run(cloze, f"Update a {kind}", **target, **change)
        server.idle()
    told = [bundle for one in receiver.deliveries for bundle in parse_event(trigger, one.json())]
    unset = given.get("nothing")
    assert [bundle["changes"] for bundle in told] == [
        {"stage": {"before": "current", "after": "future"}},
        {"type": {"before": "vip", "after": "gold"}, "budget": {"before": unset, "after": 5}},
        {"type": {"before": "gold", "after": None}},
        {"segment": {"before": "none", "after": changes[-1]["segment"]}},
    ]
    noun = kind.lower()
    assert {bundle["event"] for bundle in told} == {f"{noun}.audit.change"}
    assert told[0][noun]["stage"] == "future"
    assert told[1][noun][text] == "not audited"


@pytest.mark.parametrize("kind", RECORDS)
async def test_team_chooses_whose_copy_is_read_and_deleted(server: RunningServer, kind: str) -> None:
    member = server.with_account(name="Ada")

    def found(tx: Any) -> None:
        teams.create_team(tx, accounts.caller_by_id(tx, member.account_id), "Office")

    member.write(found)
    given, _, text = RECORDS[kind]
    async with AsyncCloze(api_key=member.api_key, url=member.url) as cloze:
        await run(cloze, f"Create a {kind}", **given, shareTo="team")
        own, ours = [
            (await run(cloze, f"Get a {kind}", syncKey="erp.example:7", team=team))[0]
            for team in (False, "true")
        ]
        assert own["syncKey"] != ours["syncKey"]
        assert own[text] == ours[text]
        await run(cloze, f"Delete a {kind}", syncKey="erp.example:7", team=True)
        with pytest.raises(ModuleError, match=r"syncKey: .*was not found"):
            await run(cloze, f"Get a {kind}", syncKey="erp.example:7", team=True)
        assert (await run(cloze, f"Get a {kind}", syncKey="erp.example:7"))[0]["syncKey"] == own["syncKey"]
        await run(cloze, f"Delete a {kind}", syncKey="erp.example:7")
        with pytest.raises(ModuleError, match=r"syncKey: .*was not found"):
            await run(cloze, f"Get a {kind}", syncKey="erp.example:7")


NOON = 1772452800000  # 2026-03-02T12:00:00Z
DATES = [
    (NOON, NOON), (str(NOON), NOON), (NOON // 1000, NOON), ("2026-03-02T12:00:00Z", NOON), ("2026-03-02T13:00:00+01:00", NOON),
    (datetime(2026, 3, 2, 12, tzinfo=UTC), NOON), ("2026-03-02", NOON - 43_200_000), ("3/2/2026", NOON - 43_200_000),
]  # fmt: skip


async def test_dates_in_any_form(cloze: AsyncCloze) -> None:
    for number, (written, meant) in enumerate([*DATES, ("someday", 1), (1, 1), ("Someday", 1)]):
        mail = f"p{number}@x.example"
        await run(cloze, "Create a To Do", subject="T", participants=[mail], when=written)
        (todo,) = await run(cloze, "List To Dos", about=mail)
        assert todo["due"] == meant, written
        await run(
            cloze, "Create a Communication Record", style="call", **{"from": mail}, due=written, date=NOON
        )
        (call,) = await run(cloze, "List Timeline", id=mail, filter=["call"])
        assert (call["due"], call["date"]) == (meant, NOON), written
    for number, (written, meant) in enumerate(DATES):
        mail = f"q{number}@x.example"
        await run(
            cloze,
            "Create a Content",
            style="event",
            date=written,
            references=[{"value": mail}],
            **{"from": mail},
        )
        (event,) = await run(cloze, "List Timeline", id=mail)
        assert event["date"] == meant, written
        project = (await run(cloze, "Upsert a Project", name=f"D {number}", startDate=written))[0]
        assert project["startDate"] == "2026-03-02", written
    seen: list[Exchange] = []
    module = MODULES["createAToDo"]
    context = CallContext(on_exchange=seen.append)
    await run_all(module, {"subject": "T", "when": "someday"}, client=cloze, context=context)
    assert seen[0].body["when"] == 1  # the word is ours; the number is everybody's (0.3.8)
    with pytest.raises(ModuleError, match=r"Create a To Do: when: .*date"):
        await run(cloze, "Create a To Do", subject="T", when="the day after")


OUTSIDE = (
    "https://evil.example/v1", "//evil.example/v1", "HTTPS://evil.example", "ftp://evil.example", "javascript:alert(1)",
    "https:evil.example", "http://127.0.0.1@evil.example/v1", "/v1/../../x", "/v1/%2e%2e/x", "/v1/.%2E/x", "/v1/%252e%252e/x",
    "/v1/%25252e./x", "/v1\\..\\x", "/v1/..%5cx", "/v1/..%2fx", "/v1/..;/x", "/v1/..;a=b/x", "..", "v1/..", "/./v1", "/v1/\nx",
    "/v1/\tx", "/v1/x#y", "/v1/x\r\nHost: evil.example", "http://[evil", "\x00/v1",
)  # fmt: skip


@pytest.mark.parametrize("url", OUTSIDE)
async def test_an_api_call_cannot_leave_the_api(url: str) -> None:
    asked: list[str] = []

    class Nowhere:
        """Nothing may arrive here."""

        async def send(self, method: str, path: str, **more: Any) -> Any:
            asked.append(path)
            raise AssertionError(path)

        async def close(self) -> None:
            return None

    async with AsyncCloze(api_key="k", url="http://127.0.0.1:9/base", transport=Nowhere()) as cloze:
        for spelled in (url, f"  {url} ", f"http://127.0.0.1:9{url}" if url.startswith("/") else url):
            with pytest.raises(ModuleError) as error:
                await run(cloze, "Make an API Call", url=spelled)
            assert (error.value.kind, error.value.field) == ("BundleValidationError", "url"), spelled
            assert error.value.remedy
    assert asked == []


async def test_an_api_call_takes_any_method_headers_query_and_body(cloze: AsyncCloze) -> None:
    async def call(url: str, method: str = "GET", **given: Any) -> dict[str, Any]:
        return (await run(cloze, "Make an API Call", url=url, method=method, **given))[0]

    person = {"name": "Ada", "emails": [{"value": "a@x.example"}]}
    assert (await call("v1/people/create", "post", body=person))["body"] == {"errorcode": 0}
    key = {"key": "uniqueid", "value": "a@x.example"}
    found = await call(f"{cloze.url}/v1/people/get?team=false", qs=[key])
    assert found["body"]["person"]["name"] == "Ada"
    assert found["headers"]["content-type"] == "application/json"
    sent = [{"key": "If-None-Match", "value": found["headers"]["etag"]}]
    assert (await call("/v1/people/get", qs=[key], headers=sent))["statusCode"] == 304
    assert (await call("/v1/people/find", "GET", qs=[{"key": "freeformquery", "value": "ada & co"}]))[
        "statusCode"
    ] == 200
    assert (await call("/v1/people/delete", "DELETE", qs=[key]))["body"] == {"errorcode": 0}
    for method in ("PUT", "PATCH"):
        with pytest.raises(ModuleError, match="Resource Not Found"):
            await call("/v1/people/get", method)
    for name in ("Authorization", "host", "Content-Length", "Transfer-Encoding", "X\r\nY"):
        with pytest.raises(ModuleError, match=r"headers: .*cannot be set"):
            await call("/v1/user/profile", headers=[{"key": name, "value": "x"}])
