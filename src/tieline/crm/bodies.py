"""Bodies of timeline entries: a safe form for pages, and the preview of contract 2.8. Pure."""

from __future__ import annotations

import html
import re
from typing import Final

import nh3

PREVIEW_BYTES: Final = 1024
_READ_FOR_PREVIEW: Final = 65_536  # characters; a preview never needs more

_TAGS: Final = frozenset(
    {
        *("a", "abbr", "b", "br", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "samp"),
        *("small", "span", "strong", "sub", "sup", "time", "u"),
        *("blockquote", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"),
        *("pre", "ul"),
        *("caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    }
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_BLOCK: Final = re.compile(r"<(?=/?(?:p|div|br|li|tr|td|th|h[1-6]|blockquote|pre|hr|dd|dt)\b)", re.IGNORECASE)


def safe_html(body: str, bodytype: str) -> str:
    """HTML that a page may include: formatting and links only, nothing that loads or runs.

    Links open with `rel="noopener noreferrer nofollow"`. Plain text is escaped and keeps its lines.
    """
    if bodytype != "html":
        return "<br>".join(html.escape(body).splitlines())
    return nh3.clean(
        body,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )


def safe_link(url: str) -> str | None:
    """The address if a page may link to it, else None."""
    scheme, colon, _ = url.strip().partition(":")
    return url.strip() if colon and scheme.lower() in _SCHEMES else None


def preview_of(body: str, bodytype: str) -> str:
    """The beginning of a body in one line of text of at most 1 kB."""
    text = body[:_READ_FOR_PREVIEW]
    if bodytype == "html":
        text = html.unescape(nh3.clean(_BLOCK.sub(" <", text), tags=set()))
    return cut_preview(text)


def cut_preview(text: str) -> str:
    """At most 1 kB of UTF-8, blanks collapsed, no character cut in two."""
    line = " ".join(text.replace("\0", " ").split())
    encoded = line.encode("utf-8", "replace")
    if len(encoded) <= PREVIEW_BYTES:
        return line
    return encoded[:PREVIEW_BYTES].decode("utf-8", "ignore").rstrip()
