"""Importing contacts on the page: look, map a column, check, import, fetch what was rejected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.test_story import sign_up, url

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["url"]
CSV = (
    "First Name,E-mail Address,Rufname\nAda,ada@x.example,Countess\nBob,not an address,\nAda,ADA@x.example,\n"
)


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_text(CSV)
    return path


def test_a_file_is_looked_at_checked_and_imported(page: Page, url: str, contacts: Path) -> None:
    sign_up(page, url)
    page.goto(f"{url}/import")
    page.set_input_files("[name=file]", contacts)
    page.click("text=Look at it")
    page.wait_for_selector("text=What the columns mean")
    assert "not an address" in page.inner_text("main")
    page.select_option("select[name='map.Rufname']", "headline")

    page.click("text=Check only")
    page.wait_for_selector("text=nothing was changed")
    checked = page.url
    page.goto(f"{url}/people")
    assert page.locator("#rows li").count() == 0

    page.goto(checked)
    page.click("text=Import them now")
    page.wait_for_selector("text=download them with reasons")
    with page.expect_download() as download:
        page.click("a[href$='/rejected']")
    rejected = Path(download.value.path()).read_text()
    assert "not an address" in rejected
    assert "ada@x.example" not in rejected

    page.goto(f"{url}/people")
    assert page.locator("#rows li").count() == 1  # the two Adas are one
    page.click("#rows li a >> nth=0")
    page.wait_for_selector("h1 >> text=Ada")
    assert "Countess" in page.inner_text("main")


def test_what_cannot_be_read_is_told(page: Page, url: str, tmp_path: Path) -> None:
    sign_up(page, url)
    path = tmp_path / "contacts.vcf"
    path.write_bytes(b"\x00\x01\x02 not a card")
    page.goto(f"{url}/import")
    page.set_input_files("[name=file]", path)
    page.click("text=Look at it")
    page.wait_for_selector("[role=alert]")
    assert page.url.endswith("/import")
