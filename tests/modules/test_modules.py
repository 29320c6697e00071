"""The modules against a real server: create, read, search, update, delete; and what they refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from tieline import AsyncCloze
from tieline.expressions import ERASE, IGNORE
from tieline.modules import MODULES, find_module
from tieline.modules.errors import ModuleError
from tieline.modules.runner import CallContext, Exchange, run_all

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


KINDS = {
    "Person": (
        "People",
        {"name": "Ada Byron", "emails": [{"value": "ada@x.example", "work": True}]},
        "ada@x.example",
    ),
    "Company": (
        "Companies",
        {"name": "Acme", "requiredField": "domain", "domains": ["acme.example"]},
        "acme.example",
    ),
    "Project": ("Projects", {"name": "Deal 7", "value": 5000, "forecast": "commit"}, "Deal 7"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_record_through_its_life(cloze: AsyncCloze, kind: str) -> None:
    plural, given, identifier = KINDS[kind]
    assert await run(cloze, f"Create a {kind}", **given, stage="current", keywords=["one"]) == [
        {"errorcode": 0}
    ]
    found = (await run(cloze, f"Get a {kind}", syncKey=identifier))[0]
    assert found["name"] == given["name"]
    assert found["stage"] == "current"
    key = found["syncKey"]
    target = (
        {"requiredField": "domain", "domains": ["acme.example"]} if kind == "Company" else {"syncKey": key}
    )
    await run(cloze, f"Update a {kind}", **target, segment=IGNORE, stage="future", keywords=["two"])
    changed = (await run(cloze, f"Find {plural}", stage="future"))[0]
    assert (changed["syncKey"], changed["keywords"]) == (key, ["one", "two"])
    assert changed["name"] == given["name"]
    assert await run(cloze, f"Delete a {kind}", syncKey=key) == [{"errorcode": 0}]
    with pytest.raises(ModuleError, match="was not found") as error:
        await run(cloze, f"Get a {kind}", syncKey=key)
    assert error.value.kind == "DataError"
    assert error.value.module == f"Get a {kind}"


async def test_every_field_of_a_person_reaches_the_record(cloze: AsyncCloze) -> None:
    await run(
        cloze,
        "Create a Person",
        name="Ada Byron",
        headline="H",
        picture="https://x.example/a.png",
        private=True,
        segment="customer",
        stage="Lead",
        notes="N",
        keywords=["k"],
        twitterHandle="ada",
        facebookId="ada.b",
        linkedinId="adab",
        emails=[{"value": "ada@x.example", "home": True}],
        phones=[{"value": "+46705550120", "mobile": True}],
        faxes=[{"value": "+46705550121", "work": True}],
        addresses=[
            {
                "street": "S 1",
                "city": "C",
                "region": "R",
                "country": "SE",
                "postcode": "1",
                "latitude": "59.3",
            }
        ],
        appLinks=[{"source": "erp.example", "uniqueid": "7", "label": "ERP", "url": "https://erp.example/7"}],
        urls=[{"address": "https://x.example", "name": "Home"}],
        type="vip",
        role="vp",
        department="Sales",
        leadSource="web",
    )
    person = (await run(cloze, "Get a Person", syncKey="erp.example:7"))[0]
    assert person["private"] is True
    assert {social["type"] for social in person["socials"]} == {"twitter", "facebook", "linkedin"}
    assert {field["id"]: field["value"] for field in person["customFields"]} == {
        "type": "vip", "role": "vp", "department": "Sales", "lead-source": ["web"],
    }  # fmt: skip
    assert person["phones"] == [{"value": "+46705550120", "mobile": True}]
    assert person["faxes"][0]["work"] is True
    assert person["addresses"][0]["city"] == "C"
    assert person["pictures"][0]["url"] == "https://x.example/a.png"
    await run(cloze, "Update a Person", syncKey="ada@x.example", headline=ERASE, notes=None)
    person = (await run(cloze, "Get a Person", syncKey="ada@x.example"))[0]
    assert "headline" not in person
    assert person["notes"] == "N"


async def test_a_search_pages_until_its_limit(cloze: AsyncCloze) -> None:
    for number in range(23):
        await cloze.people.create({"name": f"P {number}", "emails": [{"value": f"p{number}@x.example"}]})
    assert len(await run(cloze, "Find People")) == 10
    assert len(await run(cloze, "Find People", limit="15")) == 15
    found = await run(cloze, "Find People", limit=1000)
    assert len({bundle["syncKey"] for bundle in found}) == 23


async def test_the_timeline_modules(cloze: AsyncCloze) -> None:
    await cloze.people.create({"name": "Ada", "emails": [{"value": "ada@x.example"}]})
    await run(cloze, "Create a To Do", subject="Call", participants=["ada@x.example"], when="someday")
    await run(
        cloze,
        "Create a Communication Record",
        style="call",
        subject="Rang",
        **{"from": "ada@x.example"},
        references=[{"value": "bob@x.example", "role": "to"}],
        outcome="leftvm",
        duration=3,
    )
    await run(
        cloze,
        "Create a Content",
        style="note",
        source="x.example",
        uniqueid="1",
        body="b",
        references=[{"value": "ada@x.example"}],
    )
    page = await cloze.people.timeline("ada@x.example")
    messages = await cloze.timeline.messages(page.messages)
    assert {message.style for message in messages} == {"todo", "call", "note"}
    todo = next(message for message in messages if message.style == "todo")
    assert (todo.subject, todo.due) == ("Call", 1)


async def test_an_api_call_stays_inside_the_api(cloze: AsyncCloze) -> None:
    answer = (
        await run(cloze, "Make an API Call", url="v1/people/find", qs=[{"key": "pagesize", "value": "1"}])
    )[0]
    assert answer["statusCode"] == 200
    assert answer["body"]["errorcode"] == 0
    for url in (
        "https://evil.example/v1",
        "//evil.example/v1",
        "/v1/../../x",
        "/v1/%2e%2e/x",
        "/v1\\..\\x",
        "/v1/\nx",
    ):
        with pytest.raises(ModuleError) as error:
            await run(cloze, "Make an API Call", url=url)
        assert (error.value.kind, error.value.field) == ("BundleValidationError", "url")


async def test_a_missing_field_and_a_wrong_type_are_named(cloze: AsyncCloze) -> None:
    with pytest.raises(
        ModuleError, match=r"Missing value of required parameter 'name' \(Full Name\)"
    ) as error:
        await run(cloze, "Create a Person", emails="a@x.example")
    assert (error.value.kind, error.value.field, error.value.module) == (
        "BundleValidationError", "name", "Create a Person",
    )  # fmt: skip
    with pytest.raises(ModuleError, match="limit"):
        await run(cloze, "Find People", limit="many")
    with pytest.raises(ModuleError, match="unknown") as unknown:
        await run(cloze, "Create a Person", name="A", emails="a@x.example", stage="nope")
    assert (unknown.value.kind, unknown.value.field) == ("DataError", "stage")


async def test_a_wrong_key_is_an_access_error(server: RunningServer) -> None:
    async with AsyncCloze(api_key="wrong", url=server.url) as client:
        with pytest.raises(ModuleError) as error:
            await run(client, "Find People")
    assert error.value.kind == "InvalidAccessTokenError"


async def test_an_exchange_is_seen_without_secrets(cloze: AsyncCloze) -> None:
    seen: list[Exchange] = []
    context = CallContext(idempotency_key="k", on_exchange=seen.append)
    module = MODULES["createAToDo"]
    for _ in range(2):
        await run_all(
            module, {"subject": "once", "participants": ["a@x.example"]}, client=cloze, context=context
        )
    assert [exchange.path for exchange in seen] == ["/v1/timeline/todo/create"] * 2
    assert cloze.sender.headers["Authorization"] not in str(seen)
    page = await cloze.people.timeline("a@x.example")
    assert len(page.messages) == 1  # the same key twice is one To Do
