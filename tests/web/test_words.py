"""Steps, custom fields and views in the settings: added, renamed, moved, removed with a warning; then the API says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tieline.crm import accounts

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import StartServer
    from tests.servers import RunningServer


@pytest.fixture
def office(start_server: StartServer) -> RunningServer:
    return start_server()


def enter(page: Page, office: RunningServer) -> None:
    session = office.write(accounts.create_session, office.account_id, days=1)
    page.context.add_cookies([{"name": "tieline_session", "value": session, "url": office.url}])


def steps(office: RunningServer) -> list[str]:
    found = office.get("/v1/user/steps")["segments"].get("customer", {}).get("lead", {"steps": []})
    return [step["name"] for step in found["steps"]]


def test_steps(page: Page, office: RunningServer) -> None:
    enter(page, office)
    for name in ("Call", "Write"):
        page.goto(f"{office.url}/settings#steps")
        page.fill("#steps input[placeholder]", name)
        page.select_option("#steps select[name=segment]", "customer")
        page.select_option("#steps select[name=stage]", "lead")
        page.click("#steps form:has(input[placeholder]) button")
        page.wait_for_selector("text=Step added.")
    assert steps(office) == ["Call", "Write"]
    for number, step in enumerate(("Call", "Write")):
        person = {
            "emails": [{"value": f"p{number}@x.example"}],
            "segment": "customer",
            "stage": "lead",
            "step": step,
        }
        assert office.post("/v1/people/create", {**person, "name": step})["errorcode"] == 0

    page.click("#steps form:has(input[value=Call]) button[value=down]")
    page.wait_for_selector("text=Step saved.")
    assert steps(office) == ["Write", "Call"]
    found = office.get("/v1/people/find", sort="nextstep")["people"]
    assert [person["name"] for person in found] == ["Write", "Call"], "records follow the new order"

    page.fill("#steps input[value=Call]", "Ring")
    page.click("#steps form:has(input[value=Call]) button >> text=Save")
    page.wait_for_selector("#steps input[value=Ring]")
    page.click("#steps form:has(input[value=Ring]) >> text=Remove")
    page.wait_for_selector("text=1 record stands at this step")
    page.click("button.danger")
    page.wait_for_selector("text=Step removed.")
    assert steps(office) == ["Write"]


def field(office: RunningServer, field_id: str) -> dict[str, Any] | None:
    return next((one for one in office.get("/v1/user/fields")["list"] if one["id"] == field_id), None)


def test_custom_fields(page: Page, office: RunningServer) -> None:
    enter(page, office)
    for name, kind in (("Colour", "keyword"), ("Size", "number")):
        page.goto(f"{office.url}/settings#fields")
        page.fill("#fields input[placeholder='Name of the field']", name)
        page.select_option("#fields select[name=type]", kind)
        if kind == "keyword":
            page.fill("#fields input[placeholder^=Choices]", "Red, Blue")
        page.click("#fields form:has(input[placeholder='Name of the field']) button")
        page.wait_for_selector("text=Field added.")
    value = [{"id": "colour", "type": "keyword", "value": "red"}]
    person = {"name": "Rosa", "emails": [{"value": "rosa@x.example"}], "customFields": value}
    assert office.post("/v1/people/create", person)["errorcode"] == 0

    page.click("#fields summary:has-text('Colour')")
    form = page.locator("#fields details:has-text('Colour')")
    form.locator("input[name=label]").fill("Paint")
    form.locator("input[name=choices]").fill("Blue, Red, Green")
    form.locator("input[name='kind.company']").check()
    form.locator("button >> text=Save").click()
    page.wait_for_selector("text=Field saved.")
    found = field(office, "colour")
    assert found is not None
    assert found["name"] == "Paint"
    assert list(found["values"]) == ["blue", "red", "green"], "a choice that stays keeps its key"
    assert found["relations"]["company"]

    page.click("#fields summary:has-text('Size')")
    page.click("#fields details:has-text('Size') button[value=up]")
    page.wait_for_selector("text=Field saved.")
    order = [one["id"] for one in office.get("/v1/user/fields")["list"]]
    assert order.index("size") < order.index("colour")

    page.click("#fields summary:has-text('Paint')")
    page.click("#fields details:has-text('Paint') >> text=Remove")
    page.wait_for_selector("text=1 record has a value")
    page.click("button.danger")
    page.wait_for_selector("text=Field removed.")
    assert field(office, "colour") is None
    stored = office.get("/v1/people/get", uniqueid="rosa@x.example")["person"]["customFields"]
    assert stored[0]["value"] == "red"


def test_views(page: Page, office: RunningServer) -> None:
    enter(page, office)
    for name, stage in (("Rosa", "current"), ("Otto", "lead")):
        person = {
            "name": name,
            "emails": [{"value": f"{name}@x.example"}],
            "segment": "customer",
            "stage": stage,
        }
        assert office.post("/v1/people/create", person)["errorcode"] == 0
    page.goto(f"{office.url}/settings#views")
    page.fill("#views input[placeholder='Name of the view']", "Golden circle")
    page.fill("#views input[placeholder^=active]", "active customers")
    page.click("#views form:has(select) button")
    page.wait_for_selector("text=View saved.")
    assert [view["name"] for view in office.get("/v1/user/views")["people"]["views"]][-1] == "Golden circle"
    found = office.get("/v1/people/find", freeformquery="golden circle")["people"]
    assert [person["name"] for person in found] == ["Rosa"]
    assert office.get("/v1/user/recipients")["list"][-1]["count"] == 1

    page.fill("#views input[value='My People']", "Everybody")
    page.click("#views form:has(input[value='My People']) button >> text=Save")
    page.wait_for_selector("#views input[value=Everybody]")
    assert office.get("/v1/user/views")["people"]["views"][0] == {"id": "my", "name": "Everybody"}
    page.click("#views form:has(input[value='Golden circle']) >> text=Remove")
    page.wait_for_selector("text=Its query “active customers”")
    page.click("button.danger")
    page.wait_for_selector("text=View removed.")
    assert len(office.get("/v1/user/views")["people"]["views"]) == 2
