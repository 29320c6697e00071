"""The modules' pages: the dialog as a form, pick or map, run it and see the bundles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.test_sign_in import Visitor
from tieline.crm import accounts
from tieline.modules import MODULES, Field
from tieline.web import module_form
from tieline.web.pages import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.servers import RunningServer

PASSWORD = "three small words"


@pytest.fixture
def visitor(server: RunningServer) -> Visitor:
    sign_in._guesses.clear()
    server.write(accounts.set_password, server.account_id, PASSWORD)
    made = Visitor(server)
    made.sign_in()
    return made


@pytest.fixture
def signed_in(page: Page, server: RunningServer) -> str:
    sign_in._guesses.clear()
    server.write(accounts.set_password, server.account_id, PASSWORD)
    page.goto(f"{server.url}/sign-in")
    page.fill("[name=email]", server.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button.primary")
    page.wait_for_url("**/people")
    return server.url


# One sees where the focus is: by an outline, a ring, or that of the switch around it.
SHOWN = """[document.activeElement, document.activeElement.closest('.map-switch')].filter(Boolean).some((one) =>
  getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none')"""


def run(page: Page, button: str = ".module-form .primary") -> str:
    """Press the button; the words of the outcome that takes the place of an earlier one."""
    page.evaluate("document.querySelector('#outcome')?.setAttribute('data-old', '')")
    page.click(button)
    page.wait_for_selector("#outcome:not([data-old])")
    return page.inner_text("#outcome")


def test_a_person_is_created_found_and_deleted_by_forms(page: Page, signed_in: str) -> None:
    url = signed_in
    page.goto(f"{url}/modules")
    page.click("text=Create a Person")
    page.wait_for_selector(".module-form")
    weight = page.evaluate(
        "name => getComputedStyle(document.querySelector(`[data-field=${name}] .field-head span`)).fontWeight",
        "name",
    )
    other = page.evaluate(
        "name => getComputedStyle(document.querySelector(`[data-field=${name}] .field-head span`)).fontWeight",
        "headline",
    )
    assert (weight, other) == ("700", "400")
    assert not page.is_visible("[name='f.picture']")
    page.click("text=Show advanced settings")
    assert page.is_visible("[name='f.picture']")

    assert "fill in Full Name" in run(page)
    assert page.locator("[data-field=name].wrong").count() == 1
    assert page.evaluate("document.activeElement.name") == "f.name"

    page.fill("[name='f.name']", "Ada Byron")
    page.fill("[name='f.emails.0.value']", "ada@x.example")
    page.click("[data-field=emails] >> text=Add item")
    page.fill("[name='f.emails.1.value']", "ada@home.example")
    page.check("[name='f.emails.1.home']")
    page.select_option("[name='f.segment']", "customer")
    page.select_option("[name='f.stage']", "lead")
    assert "nothing was changed" in run(page, "text=Check only")
    page.fill("[name='f.keywords.0.value']", "analyst")
    assert '"errorcode": 0' in run(page)
    assert "/v1/people/create" in page.inner_text("#outcome")

    page.goto(f"{url}/modules/findPeople")
    page.select_option("[name='f.stage']", "lead")
    text = run(page)
    assert "1 bundle" in text
    assert "ada@home.example" in text

    page.goto(f"{url}/modules/deleteAPerson")
    page.wait_for_selector("datalist option", state="attached")
    key = page.get_attribute("datalist option", "value") or ""
    page.fill("[name='f.syncKey']", key)
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.click(".module-form .primary")
    assert "cannot be undone" in asked[0]
    page.on("dialog", lambda dialog: dialog.accept())
    assert '"errorcode": 0' in run(page)
    assert "was not found" in run(page)


def test_a_choice_is_picked_or_mapped_from_a_bundle(
    page: Page, signed_in: str, server: RunningServer
) -> None:
    server.post("/v1/people/create", {"name": "Ada", "emails": [{"value": "ada@x.example"}]})
    page.goto(f"{signed_in}/modules/updateAPerson")
    page.fill("[name='f.syncKey']", "{{mail}}")
    assert page.is_visible("[name='f.stage']")
    page.check("[name='f.stage.map']")
    assert not page.is_visible("[name='f.stage']")
    page.fill("[name='f.stage.expression']", '{{if(paid; "current"; "lead")}}')
    page.check("[name='f.emails.map']")
    page.fill("[name='f.emails.expression']", "{{addresses}}")
    page.click("text=Map from a bundle")
    page.fill(
        "[name=bundle]", '{"mail": "ada@x.example", "paid": true, "addresses": [{"value": "ada@y.example"}]}'
    )
    assert '"errorcode": 0' in run(page)
    found = server.get("/v1/people/get", uniqueid="ada@y.example")["person"]
    assert (found["stage"], len(found["emails"])) == ("current", 2)
    page.fill("[name='f.stage.expression']", "{{nosuch(1)}}")
    assert "there is no function nosuch" in run(page)
    assert page.locator("[data-field=stage].wrong").count() == 1
    page.fill("[name='f.stage.expression']", "lead")
    page.fill("[name=bundle]", "{")
    assert "is not JSON" in run(page)


def test_what_belongs_to_a_choice_shows_with_it(page: Page, signed_in: str) -> None:
    page.goto(f"{signed_in}/modules/createACompany")
    assert not page.is_visible("[data-field=emails]")
    assert not page.is_visible("[data-field=domains]")
    page.select_option("[name='f.requiredField']", "domain")
    assert page.is_visible("[data-field=domains]")
    assert not page.is_visible("[data-field=emails]")
    with page.expect_response(lambda answer: "/choices/step" in answer.url):
        page.select_option("[name='f.stage']", "lead")
    page.fill("[name='f.domains.0.value']", "acme.example")
    assert '"errorcode": 0' in run(page)


def test_extended_modules_stand_apart_and_run(page: Page, signed_in: str, server: RunningServer) -> None:
    page.goto(f"{signed_in}/modules")
    assert page.inner_text("h2#extended") == "Extended"
    page.click("text=Upsert a Person")
    assert page.is_visible(".head .chip:text('Extended')")
    page.fill("[name='f.emails.0.value']", "ada@x.example")
    page.click("text=Show advanced settings")
    assert page.locator("[data-field=customFields] .chip").inner_text() == "Extended"
    assert page.locator("[data-field=private] .chip").count() == 0
    page.fill("[name='f.customFields.0.id']", "budget")
    page.select_option("[name='f.customFields.0.type']", "number")
    page.fill("[name='f.customFields.0.value']", "5")
    assert '"budget"' in run(page)
    server.post("/v1/timeline/todo/create", {"subject": "Call Ada", "participants": ["ada@x.example"]})
    page.goto(f"{signed_in}/modules/completeAToDo")
    page.wait_for_selector("datalist option", state="attached")
    assert page.inner_text("datalist option") == "Call Ada"
    page.fill("[name='f.key']", page.get_attribute("datalist option", "value") or "")
    assert "nothing was changed" in run(page, "text=Check only")
    assert '"errorcode": 0' in run(page)
    assert server.get("/v1/x/todos")["todos"] == []
    page.goto(f"{signed_in}/modules/bulkUpsert")
    page.fill("[name='f.records.0.value']", '{"name": "Bob", "emails": [{"value": "bob@x.example"}]}')
    page.click("[data-field=records] >> text=Add item")
    page.fill("[name='f.records.1.value']", "not JSON")
    assert "each entry of Records is a collection" in run(page)
    page.fill("[name='f.records.1.value']", '{"name": "Nobody"}')
    text = run(page)
    assert '"created": 1' in text
    assert "No identifiers available" in text


def test_a_form_by_keyboard_alone(page: Page, signed_in: str) -> None:
    """The focus goes on by Tab; only what has it is touched."""
    page.goto(f"{signed_in}/modules")

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                assert page.evaluate(SHOWN), selector
                return
        raise AssertionError(f"the focus never comes to {selector}")

    tab_to("a[href='/modules/createAPerson']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".module-form")
    tab_to("[name='f.name']")
    page.keyboard.type("Ada Byron")
    tab_to("[name='f.stage.map']")
    page.keyboard.press("Space")
    tab_to("[name='f.stage.expression']")
    page.keyboard.type("{{place}}")
    tab_to("[data-field=keywords] [data-add-row]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "f.keywords.1.value"
    page.keyboard.type("vip")
    tab_to("[name='f.emails.0.value']")
    page.keyboard.type("ada@x.example")
    tab_to("details.advanced:has([name=bundle]) summary")
    page.keyboard.press("Enter")
    tab_to("[name=bundle]")
    page.keyboard.type('{"place": "lead"}')
    tab_to(".runbar button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#outcome")
    assert '"errorcode": 0' in page.inner_text("#outcome")
    page.goto(f"{signed_in}/modules/findPeople")
    tab_to("[name='f.stage']")
    page.keyboard.type("L")  # Lead
    page.keyboard.press("Enter")
    tab_to(".runbar button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#outcome")
    assert '"vip"' in page.inner_text("#outcome")


def test_every_form_fits_a_phone_and_names_its_controls(page: Page, signed_in: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/modules", *(f"/modules/{slug}" for slug in MODULES)):
        page.goto(signed_in + path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        unnamed = page.evaluate(
            """[...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(
                (field) => !field.labels?.length && !field.getAttribute("aria-label")).map((field) => field.outerHTML)"""
        )
        assert unnamed == [], path


def test_a_form_works_without_scripts(visitor: Visitor) -> None:
    fields = {
        "f.name": "Ada {{last}}", "f.emails.0.value": "ada@x.example", "f.emails.0.work": "true", "f.emails.1.work": "true",
        "f.keywords.0.value": "one", "f.keywords.1.value": "two", "bundle": '{"last": "Byron"}',
    }  # fmt: skip
    status, _, text = visitor.post("/modules/createAPerson", page="/modules/createAPerson", **fields)
    assert status == 200
    assert "&#34;errorcode&#34;: 0" in text
    person = visitor.server.get("/v1/people/get", uniqueid="ada@x.example")["person"]
    assert (person["name"], person["keywords"]) == ("Ada Byron", ["one", "two"])
    assert person["emails"] == [{"value": "ada@x.example", "work": True}]
    status, _, text = visitor.post(
        "/modules/findPeople", page="/modules/findPeople", **{"f.limit": "<many>", "f.sort": "name"}
    )
    assert status == 422
    assert "a number is expected" in text
    assert "&lt;many&gt;" in text  # what was typed is still there
    assert re.search(r'value="name" selected', text)


def test_what_does_not_exist_is_said(visitor: Visitor) -> None:
    assert visitor.get("/modules/nothing")[0] == 404
    assert visitor.get("/modules/findPeople/choices/limit")[0] == 404
    assert visitor.get("/modules/findPeople?connection=99")[0] == 404
    status, _, text = visitor.get("/modules/watchPersonAuditChanged")
    assert status == 200
    assert "starts by itself" in text


def test_a_form_of_a_stored_step_reads_back_as_it_was() -> None:
    module = MODULES["createAPerson"]
    stored = {
        "name": "{{1.person.name}}",
        "stage": "{{1.person.stage}}",
        "segment": "customer",
        "private": "true",
        "emails": [{"value": "{{1.mail}}", "work": "true"}],
        "phones": "{{1.phones}}",
        "keywords": ["a", "b"],
    }
    live = {
        "segment": [{"value": "customer", "label": "Customer"}],
        "stage": [{"value": "lead", "label": "Lead"}],
    }
    form = module_form.form_of(module, stored, live)
    sent: dict[str, list[str]] = {}

    def submit(control: module_form.Control) -> None:
        if control.mapped:
            sent[f"{control.name}.map"] = ["on"]
        sent[f"{control.name}.expression"] = [control.expression]
        sent[control.name] = [control.value]
        for row in control.rows:
            for cell in row:
                submit(cell)

    for control in (*form.usual, *form.advanced):
        submit(control)
    assert module_form.read(module, sent) == stored
    assert {one.field.name for one in form.usual if one.mapped} == {"stage", "phones"}
    assert form.unfolded
    assert isinstance(form.usual[0].field, Field)
