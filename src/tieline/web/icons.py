"""Line icons, 24 × 24, drawn by hand for these pages."""

from __future__ import annotations

from markupsafe import Markup

PATHS: dict[str, str] = {
    "people": "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500c2 .8 3.200 2.700 3.500 5.500",
    "company": "M4 21V5l8-2v18M12 8l8 2v11M2.500 21h19M7.500 8v0M7.500 12v0M7.500 16v0M16 13v0M16 17v0",
    "project": "M4 7h6l2 2h8v10H4ZM4 7V5h6l2 2",
    "agenda": "M5 5h14v15H5ZM5 10h14M9 3v4M15 3v4M9 14l2 2 4-3.500",
    "report": "M4 20h16M7 16v-5M12 16V6M17 16v-8",
    "scenario": "M6 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM18 21a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM9 6h4a3 3 0 0 1 3 3v6",
    "module": "M12 3v4M12 17v4M7 7h10v10H7ZM3 12h4M17 12h4",
    "execution": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM10 8.500v7l5.500-3.500Z",
    "import": "M12 4v10M8 10.500l4 4 4-4M4 17v3h16v-3",
    "settings": "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM9 19.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z",
    "search": "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16.200 16.200 20.500 20.500",
    "theme": "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9Z",
    "plus": "M12 5v14M5 12h14",
    "check": "M5 12.500 10 17.500 19 7",
    "mail": "M3.500 6h17v12h-17ZM3.500 7l8.500 6.500L20.500 7",
    "call": "M6 4h3.500l1.500 4.500-2 1.500c1 2.200 2.800 4 5 5l1.500-2 4.500 1.500V18c0 1-1 2-2 2C10.500 20 4 13.500 4 6c0-1 1-2 2-2Z",
    "text": "M4 5h16v11H10l-4 4v-4H4Z",
    "meeting": "M5 5h14v15H5ZM5 10h14M9 3v4M15 3v4",
    "note": "M6 3h9l4 4v14H6ZM9 11h7M9 15h5",
    "todo": "M4 4h16v16H4ZM8 12.500l3 3 5.500-6.500",
    "change": "M4 8h13l-3-3.500M20 16H7l3 3.500",
    "event": "M12 3v4M12 17v4M3 12h4M17 12h4M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
    "lock": "M6 11h12v9H6ZM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
    "link": "M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
    "bolt": "M13 3 5 14h6l-1 7 8-11h-6Z",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.500 2",
    "funnel": "M4 5h16l-6 7.500V19l-4-2v-4.500Z",
    "play": "M7 4.500v15l12-7.500Z",
    "pause": "M8 5v14M16 5v14",
    "download": "M12 4v11M8 11l4 4 4-4M4 19h16",
    "trash": "M5 7h14M10 4h4M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5",
    "key": "M8 16a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM12.500 11.500H21M18 11.500v3.500",
    "webhook": "M7 16a3.500 3.500 0 1 0 3.500 3.500H17M12 4a3.500 3.500 0 0 0-2 6.500L7 16M12 4a3.500 3.500 0 0 1 3.300 4.700L18.500 14",
    "warning": "M12 4 2.500 20h19ZM12 10v4.500M12 17.500v0",
    "undo": "M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
    "more": "M6 12v0M12 12v0M18 12v0",
    "edit": "M4 20l1-4L16 5l3 3L8 19Z",
}


def icon(name: str, label: str | None = None) -> Markup:
    """The named icon as inline SVG; decorative unless it has a label."""
    meaning = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" viewBox="0 0 24 24" {}><path d="{}"/></svg>').format(
        meaning, PATHS[name]
    )
