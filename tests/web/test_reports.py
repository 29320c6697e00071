"""The reports page in a browser: empty, with the sample office, behind the bars, and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.test_story import sign_up, url
from tieline.web import charts
from tieline.web.charts import Column, Part

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["url"]


def test_reports_of_the_sample_office(page: Page, url: str) -> None:
    sign_up(page, url)
    page.click("nav >> text=Reports")
    page.wait_for_selector("text=Nothing to report yet")
    page.goto(f"{url}/welcome")
    page.click("text=Move it in")
    page.wait_for_url("**/people")

    page.click("nav >> text=Reports")
    for name in ("activity", "leads", "pipeline", "funnel"):
        chart = page.locator(f"#{name} svg.chart")
        assert chart.get_attribute("role") == "img"
        assert all(
            page.locator(f"#{part}").count() for part in str(chart.get_attribute("aria-labelledby")).split()
        )

    # The figures beneath are those of the chart, and lead to what was counted.
    page.click("#activity summary")
    cell = page.locator("#activity td a").first
    count = int(cell.inner_text())
    cell.click()
    page.wait_for_url("**/reports/entries?**")
    assert page.locator(".list > li").count() == count
    page.go_back()
    page.click("#leads summary")
    cell = page.locator("#leads td a").first
    count = int(cell.inner_text())
    cell.click()
    page.wait_for_url("**/reports/leads?**")
    assert page.locator("#rows li").count() == count
    page.go_back()
    bar = page.locator("#pipeline svg.chart a").nth(1)
    assert bar.get_attribute("href") == "/projects?stage=current"
    bar.click()
    page.wait_for_url("**/projects?stage=current")
    assert page.locator("#rows li").count() == 5

    page.goto(f"{url}/reports")
    page.click("#funnel >> text=Projects")
    page.wait_for_url("**of=projects**")
    page.click("#funnel summary")
    assert page.locator("#funnel tbody tr").first.inner_text().split()[:2] == ["Potential", "10"]
    page.click("text=Quarters")
    page.wait_for_url("**scale=quarter**")
    page.fill("[name=from]", "2020-01-01")
    page.fill("[name=to]", "2020-06-30")
    page.click("main >> text=Show")
    page.wait_for_selector("text=Nothing happened in these periods.")
    assert page.locator("#pipeline svg.chart").count() == 1
    page.goto(f"{url}/reports?from=2026-02-01&to=2026-01-01")
    page.wait_for_selector("text=lies after the end")
    page.goto(f"{url}/reports/entries?kind=mail&scale=month&from=soon")
    page.wait_for_selector("text=is no day")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reports_fit_a_phone(page: Page, url: str, scheme: str) -> None:
    sign_up(page, url)
    page.click("text=Move it in")
    page.wait_for_url("**/people")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{url}/reports")
    for summary in page.locator(".reports summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_columns_are_as_high_as_what_they_count() -> None:
    made = charts.columns(
        [Column("Jan", [Part(3, "a", "/a"), Part(0, "b", "/b"), Part(9, "c", "/c", 1)]), Column("Feb")]
    )
    assert [text for _, text in made.lines] == ["0", "5", "10", "15"]
    low, high = made.boxes
    assert (low.part.text, high.part.text) == ("a", "c")
    assert high.height == pytest.approx(3 * low.height, abs=0.02)
    assert high.y + high.height == pytest.approx(low.y, abs=0.02)
    assert [text for _, text in made.labels] == ["Jan", "Feb"]
    assert charts.columns([]).boxes == []
    many = charts.columns([Column(str(number)) for number in range(100)])
    assert len(many.labels) <= charts.MOST_LABELS
    assert many.labels[-1][1] == "99"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (950, "950"), (1200, "1.2k"), (2_000_000, "2m"), (3.5e9, "3.5bn")]
)
def test_short_numbers(value: float, text: str) -> None:
    assert charts.short(value) == text


@pytest.mark.parametrize("highest", [1, 4, 5, 9, 37, 100, 101, 999_999])
def test_lines_are_round_and_few(highest: int) -> None:
    step = charts.step_of(highest)
    assert step == int(step)
    assert 1 <= highest / step <= 5
