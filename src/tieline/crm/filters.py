"""Subscription filters (contract 5.3): does a notification match a fragment? Pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tieline.errors import InvalidInput

NOUNS: Final = ("person", "company", "project")
MAX_DEPTH: Final = 20
MAX_NODES: Final = 5000
_VOCABULARY_KEYS: Final = ("segment", "stage", "step")

Filters = Sequence[Mapping[str, Any]]
_NO_LABELS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Labels:
    """The account's words for keys. All lookups are by lower case.

    `choices`: field (`segment`, `stage`, `step`, or a custom field's id) → {choice key in lower case: label}.
    `fields`: label of a custom field → its id.
    """

    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> Mapping[str, str]:
        return self.choices.get(name, _NO_LABELS)

    def field_id(self, name: str) -> str:
        folded = name.strip().casefold()
        return self.fields.get(folded, folded)


NO_LABELS: Final = Labels()


def check_filters(filters: object) -> list[dict[str, Any]]:
    """`filters` of a subscription, or InvalidInput unless it is an array of objects of sensible size."""
    if filters is None:
        return []
    if not isinstance(filters, list) or not all(isinstance(element, dict) for element in filters):
        raise InvalidInput("must be an array of objects", field="filters")
    nodes, level = 0, list(filters)
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if not level or nodes > MAX_NODES:
            break
        level = [child for node in level for child in _children(node)]
    if level:
        raise InvalidInput(f"at most {MAX_DEPTH} levels and {MAX_NODES} values are allowed", field="filters")
    return filters


def matches(
    filters: Filters,
    noun: str,
    record: Mapping[str, Any],
    changes: Mapping[str, Any],
    labels: Labels = NO_LABELS,
) -> bool:
    """Whether one element of `filters` matches; no filter at all matches everything.

    `record` and `changes` ({field: {"before", "after"}}, empty for plain events) are in wire form, with keys.
    """
    if not filters:
        return True
    return any(_element(element, noun, record, changes, labels) for element in filters)


def _element(
    element: Mapping[str, Any],
    noun: str,
    record: Mapping[str, Any],
    changes: Mapping[str, Any],
    labels: Labels,
) -> bool:
    for key, fragment in element.items():
        if key == noun:
            if not _match(fragment, record, labels):
                return False
        elif key != "changes" or not _match_changes(fragment, changes, labels):
            return False
    return True


def _match(fragment: Any, value: Any, labels: Labels, words: Mapping[str, str] = _NO_LABELS) -> bool:
    """The match of 5.3. `words` are the labels of the choices that `value` is taken from."""
    if fragment == "*":
        return True  # the caller found something here; "none" and null count as present
    if isinstance(fragment, dict):
        return isinstance(value, Mapping) and all(
            key in value and _match_member(key, inner, value[key], labels) for key, inner in fragment.items()
        )
    if isinstance(fragment, list):
        return isinstance(value, list) and all(
            any(_match(inner, item, labels, words) for item in value) for inner in fragment
        )
    return _scalar(fragment, value, words)


def _match_member(key: str, fragment: Any, value: Any, labels: Labels) -> bool:
    if key == "customFields" and isinstance(fragment, list) and isinstance(value, list):
        return all(any(_match_custom(inner, item, labels) for item in value) for inner in fragment)
    return _match(fragment, value, labels, labels.of(key) if key in _VOCABULARY_KEYS else _NO_LABELS)


def _match_custom(fragment: Any, entry: Any, labels: Labels) -> bool:
    """One custom field of a record: found by id or label, its value by key or label, lists by membership."""
    if not isinstance(fragment, dict) or not isinstance(entry, Mapping):
        return _match(fragment, entry, labels)
    name = str(entry.get("id", "")).casefold()
    for key, inner in fragment.items():
        if key not in entry:
            return False
        if key == "id" and isinstance(inner, str) and inner != "*":
            if labels.field_id(inner) != name:
                return False
        elif not _match_choice(inner, entry[key], labels, labels.of(name)):
            return False
    return True


def _match_changes(fragment: Any, changes: Mapping[str, Any], labels: Labels) -> bool:
    if not isinstance(fragment, dict):
        return _match(fragment, changes, labels)
    by_name = {name.casefold(): change for name, change in changes.items()}
    for key, inner in fragment.items():
        name = labels.field_id(key)
        if name not in by_name or not _match_change(inner, by_name[name], labels, labels.of(name)):
            return False
    return True


def _match_change(fragment: Any, change: Any, labels: Labels, words: Mapping[str, str]) -> bool:
    """`{"before", "after"}` of one field; "*" alone: it changed."""
    if not isinstance(fragment, dict) or not isinstance(change, Mapping):
        return _match(fragment, change, labels, words)
    return all(
        key in change and _match_choice(inner, change[key], labels, words) for key, inner in fragment.items()
    )


def _match_choice(fragment: Any, value: Any, labels: Labels, words: Mapping[str, str]) -> bool:
    """As `_match`; moreover a list of choices matches a scalar that it contains."""
    if isinstance(value, list) and not isinstance(fragment, (dict, list)) and fragment != "*":
        return any(_scalar(fragment, item, words) for item in value)
    return _match(fragment, value, labels, words)


def _scalar(fragment: Any, value: Any, words: Mapping[str, str]) -> bool:
    if isinstance(fragment, bool) or isinstance(value, bool):
        return fragment is value
    if isinstance(fragment, str) and isinstance(value, str):
        wanted, given = fragment.strip().casefold(), value.strip().casefold()
        return wanted == given or words.get(given, given).casefold() == wanted
    if isinstance(fragment, (int, float)) and isinstance(value, (int, float)):
        return fragment == value
    return fragment is None and value is None


def _children(node: object) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
