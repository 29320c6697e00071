"""A Filter in words, so that people see how their query was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieline.query.filter import And, Condition, Filter, Node, Not, Or
from tieline.query.vocabulary import Words

NAMES = {
    "jobtitle": "job title",
    "lasttalked": "last contact",
    "firstmet": "first contact",
    "lastchanged": "last change",
    "created": "creation",
    "start": "start date",
    "end": "end date",
    "wentquiet": "the day it went quiet",
    "duenext": "next reminder",
    "tag": "tags",
    "step": "next step",
    "postcode": "postal code",
    "applink": "app link",
    "score": "relationship score",
    "custom:value": "value",
}
VERBS = {
    "exists": "is known",
    "missing": "is missing",
    "eq": "is {}",
    "ne": "is not {}",
    "contains": "contains {}",
    "starts": "starts with {}",
    "ends": "ends with {}",
    "in": "is one of {}",
    "all": "has all of {}",
    "gt": "is more than {}",
    "gte": "is at least {}",
    "lt": "is less than {}",
    "lte": "is at most {}",
    "range": "is between {} and {}",
    "before": "is before {}",
    "after": "is on or after {}",
    "between": "is between {} and {}",
    "domain": "has the domain {}",
}


def sentence(found: Filter, words: Words, what: str = "records") -> str:
    """One sentence, such as “People whose stage is Lead and whose tags contain vip, sorted by name.”"""
    subject = (found.target or what).capitalize()
    text = (
        f"{subject} where {_node(found.filter, words)}"
        if found.filter is not None
        else f"All {subject.lower()}"
    )
    if found.sort:
        text += f", sorted by {_name(found.sort.by)}{', highest first' if found.sort.dir == 'desc' else ''}"
    if found.limit:
        text += f", at most {found.limit}"
    return text + "."


def _node(node: Node, words: Words, nested: bool = False) -> str:
    if isinstance(node, Not):
        return f"not ({_node(node.part, words)})"
    if isinstance(node, And | Or):
        word = " and " if isinstance(node, And) else " or "
        text = word.join(_node(part, words, True) for part in node.parts)
        return f"({text})" if nested else text
    return _test(node, words)


def _test(test: Condition, words: Words) -> str:
    if test.field == "text":
        return f"any text has {'the phrase' if test.op == 'phrase' else 'the words'} “{test.value}”"
    name = _name(test.field)
    if test.op == "near":
        place = test.value.get("place") or f"{test.value.get('lat')}, {test.value.get('lon')}"
        return f"the {name} is within {test.value['radius_m'] / 1000:.0f} km of {place}"
    if test.op == "recurs":
        return f"the {name} falls from {test.value['from']} to before {test.value['to']} of any year"
    values = test.value if isinstance(test.value, list) else [test.value]
    shown = [_value(test.field, value, words) for value in values]
    verb = VERBS[test.op]
    if test.op in {"in", "all"}:
        return f"the {name} {verb.format(', '.join(shown))}"
    return f"the {name} {verb.format(*shown)}"


def _name(field: str) -> str:
    return NAMES.get(field) or field.partition(":")[2] or field


def _value(field: str, value: Any, words: Words) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ":".join(str(part) for part in value.values())
    if isinstance(value, int | float):
        return f"{value:,}"
    for label, key in words.choices(field).items():
        if key == value:
            return label.title()
    if isinstance(value, str) and len(value) == 20 and value.endswith("T00:00:00Z"):
        return value[:10]
    return "me" if value == "@me" else f"“{value}”"
