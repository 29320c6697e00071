"""Results that fit a context window: what nobody reads is left out, long texts and lists are cut, and both are said."""

from __future__ import annotations

from typing import Any

import msgspec

BUDGET = 20_000  # characters of one result: about 5,000 tokens
# Longest text and list, tried in this order until the result fits.
CUTS = ((2_000, 20), (600, 10), (200, 5), (80, 2))
TECHNICAL = frozenset(
    {"direct", "portableId", "uniqueids", "views", "visibility", "userKey", "pictures", "firstSeen"}
)
BRIEF = (
    "name", "syncKey", "headline", "jobtitle", "summary", "description", "emails", "phones", "domains", "segment",
    "stage", "step", "assignee", "keywords", "customFields", "lastChanged",
)  # fmt: skip


def fitted(bundles: list[dict[str, Any]], *, brief: bool = False) -> list[dict[str, Any]]:
    """The bundles, each with its share of the budget."""
    share = BUDGET // max(len(bundles), 1)
    return [fit(_chosen(bundle, brief), share) for bundle in bundles]


def fit(bundle: dict[str, Any], budget: int = BUDGET) -> dict[str, Any]:
    """A bundle within `budget` characters of JSON. `…` names the fields that are not shown."""
    for text, items in CUTS:
        made: dict[str, Any] = _cut(bundle, text, items)
        if _size(made) <= budget:
            return made
    kept: dict[str, Any] = {}
    for name, value in made.items():
        if _size({**kept, name: value}) > budget - 200:
            break
        kept[name] = value
    left_out = [name for name in made if name not in kept]
    return {**kept, "…": f"{len(left_out)} fields are too long to show: {', '.join(left_out)}"[:200]}


def _chosen(bundle: dict[str, Any], brief: bool) -> dict[str, Any]:
    if brief:
        return {name: bundle[name] for name in BRIEF if name in bundle and bundle[name] != "none"}
    return {name: value for name, value in bundle.items() if name not in TECHNICAL}


def _cut(value: Any, text: int, items: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= text else f"{value[:text]}… ({len(value) - text:,} more characters)"
    if isinstance(value, list):
        kept = [_cut(item, text, items) for item in value[:items]]
        return kept if len(value) <= items else [*kept, f"… {len(value) - items:,} more"]
    if isinstance(value, dict):
        return {name: _cut(item, text, items) for name, item in value.items()}
    return value


def _size(value: Any) -> int:
    return len(msgspec.json.encode(value).decode())
