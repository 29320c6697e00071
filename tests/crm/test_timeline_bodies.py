"""What pages may show of a stranger's message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieline.crm.bodies import cut_preview, preview_of, safe_html, safe_link


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<p onclick=alert(1)>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' jAvAsCrIpT&colon;alert(1)'>x</a>",
        "<a href='data:text/html,<script>'>x</a>",
        "<iframe src=//evil.example></iframe>",
        "<form action=/control><input name=a></form>",
        "<style>body{display:none}</style>",
        "<p style='background:url(//evil.example)'>x</p>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<link rel=stylesheet href=//evil.example>",
        "<meta http-equiv=refresh content=0>",
        "<base href=//evil.example>",
    ],
)
def test_nothing_runs_or_loads(body: str) -> None:
    cleaned = safe_html(body, "html").lower()
    for forbidden in (
        "script",
        "onerror",
        "onclick",
        "evil.example",
        "<img",
        "<form",
        "<input",
        "style",
        "data:",
    ):
        assert forbidden not in cleaned


def test_formatting_and_links_stay() -> None:
    body = (
        '<h1>Hi</h1><p><b>bold</b> <a href="https://a.example/?x=1&amp;y=2">link</a></p><ul><li>1</li></ul>'
    )
    assert safe_html(body, "html") == (
        '<h1>Hi</h1><p><b>bold</b> <a href="https://a.example/?x=1&amp;y=2" rel="noopener noreferrer nofollow">'
        "link</a></p><ul><li>1</li></ul>"
    )


def test_text_is_escaped_and_keeps_its_lines() -> None:
    assert safe_html("a < b\n<script>\r\nc", "text") == "a &lt; b<br>&lt;script&gt;<br>c"


def test_links_that_pages_may_show() -> None:
    assert safe_link(" https://a.example ") == "https://a.example"
    assert safe_link("MAILTO:a@b.example") == "MAILTO:a@b.example"
    assert safe_link("javascript:alert(1)") is None
    assert safe_link("/v1/people") is None


@pytest.mark.parametrize(
    ("body", "bodytype", "expected"),
    [
        ("  Hello\n\n world ", "text", "Hello world"),
        ("<p>Hello</p><p>world &amp; all</p>", "html", "Hello world & all"),
        ("<style>p{}</style><script>x</script>Hi<br>you", "html", "Hi you"),
        ("<b>no tags</b>", "text", "<b>no tags</b>"),
        ("", "html", ""),
    ],
)
def test_preview(body: str, bodytype: str, expected: str) -> None:
    assert preview_of(body, bodytype) == expected


@given(st.text(max_size=3000))
def test_a_preview_has_at_most_one_kilobyte(body: str) -> None:
    for preview in (cut_preview(body), preview_of(body, "html"), preview_of(body, "text")):
        assert len(preview.encode("utf-8", "replace")) <= 1024
