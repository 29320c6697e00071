"""Whether what is mapped into a module's fields can fit (BP015, BP016)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tieline.expressions import BundleValidationError, ExpressionError, coerce
from tieline.modules import Field
from tieline.modules.inputs import OTHER_NAMES
from tieline.scenarios.blueprint import Json, Step
from tieline.scenarios.lint.builtin import BUILT_IN
from tieline.scenarios.lint.finding import Finding, found
from tieline.scenarios.lint.inference import Outputs, infer
from tieline.scenarios.lint.shapes import Shape
from tieline.scenarios.lint.texts import below
from tieline.scenarios.polling import module_of

LISTS = frozenset({"array", "collection", "buffer"})
UNFIT: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("number", "integer", "uinteger", "port"), LISTS | {"boolean", "date"}),
    "timestamp": LISTS | {"boolean"},
    "date": LISTS | {"number", "boolean"},
    "time": LISTS | {"number", "boolean", "date"},
    "collection": frozenset({"text", "number", "boolean", "date", "buffer", "array"}),
    "buffer": frozenset({"array", "collection"}),
    "select": frozenset({"collection", "buffer"}),
    **dict.fromkeys(
        ("email", "url", "uuid", "color", "timezone", "filename"),
        frozenset({"array", "collection", "boolean", "date", "number"}),
    ),
}
"""What a field of each type can never be made of (contract 2.8)."""
NUMERIC = frozenset({"number", "integer", "uinteger", "port"})
REMEDIES: Final = {
    "array": "map one item, such as first(…), or join(…; \", \")",
    "collection": "map one of its fields",
    "boolean": "use if(…; …; …) to say what each means",
    "date": "use formatDate(…; …)",
    "number": "use parseDate(…; \"X\") for seconds, or map another field",
}  # fmt: skip
ABSENT: Final[tuple[Any, ...]] = (None, "", [], {})
RESOURCES = ("account", "hook", "keychain", "datastore", "device", "scenario", "udt", "aiagent")
VISUAL = frozenset({"banner", "markdown", "html", "separator", "hidden"})


@dataclass(frozen=True)
class Slot:
    """A field of a dialog, whoever declared it. `when`: it is only asked for with this value of another field."""

    name: str
    label: str
    type: str
    required: bool = False
    default: Any = None
    closed: tuple[str, ...] = ()
    inner: tuple[Slot, ...] = ()
    limits: Json = field(default_factory=dict)
    when: tuple[str, str] | None = None


def slots_of(step: Step) -> tuple[Slot, ...]:
    """The fields of a module: declared here, else described by the blueprint itself."""
    module = module_of(step.module)
    if module is not None:
        return () if module.kind == "instant_trigger" else tuple(_declared(one) for one in module.fields)
    known = BUILT_IN.get(step.module)
    if known is not None:
        return tuple(_declared(one) for one in known.takes)
    metadata = step.raw.get("metadata")
    expected = metadata.get("expect") if isinstance(metadata, dict) else None
    return _described(expected)


def _declared(one: Field) -> Slot:
    closed = (
        tuple(word for option in one.options for word in (option.value, option.label)) if one.closed else ()
    )
    inner = tuple(_declared(item) for item in one.items)
    return Slot(one.name, one.label, one.type, one.required, one.default, closed, inner, when=one.when)


def _described(entries: Any) -> tuple[Slot, ...]:
    made = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            continue
        type_ = str(entry.get("type") or "any").partition(":")[0]
        if type_ in RESOURCES or type_ in VISUAL:
            continue
        limits = entry.get("validate")
        spec = entry.get("spec")
        slot = Slot(
            entry["name"],
            str(entry.get("label") or entry["name"]),
            type_,
            entry.get("required") is True,
            entry.get("default"),
            inner=_described(spec) if isinstance(spec, list) else (),
            limits=limits if isinstance(limits, dict) else {},
        )
        made.append(slot)
    return tuple(made)


def check_fields(step: Step, outputs: Outputs) -> Iterator[Finding]:
    """Required fields that are empty, written values that are wrong, mapped values that cannot fit."""
    mapper, parameters = step.raw.get("mapper"), step.raw.get("parameters")
    mapper = mapper if isinstance(mapper, dict) else {}
    fixed = parameters if isinstance(parameters, dict) else {}
    for slot in slots_of(step):
        names = (slot.name, *OTHER_NAMES.get(slot.name, ()))
        inside = next((name for name in names if mapper.get(name) not in ABSENT), None)
        if inside is not None:
            yield from _check(
                step, slot, mapper[inside], f"{step.pointer}{below('/mapper', inside)}", outputs
            )
        elif (given := next((name for name in names if fixed.get(name) not in ABSENT), None)) is not None:
            yield from _literal(step, slot, fixed[given], f"{step.pointer}{below('/parameters', given)}")
        elif slot.required and slot.default is None and _asked_for(slot, {**fixed, **mapper}):
            where = f"{step.pointer}{below('/mapper', slot.name)}"
            yield found("BP015", f"{slot.label} is required", where, f"map {slot.label}", step.id)


def _asked_for(slot: Slot, given: Mapping[str, Any]) -> bool:
    """False for a field that is shown only with another value of another field, and for what identifies a company
    in another way than the one that was chosen."""
    if slot.name == "requiredField":
        return not any(given.get(name) not in ABSENT for name in ("emails", "domains"))
    return slot.when is None or given.get(slot.when[0]) == slot.when[1]


def _check(step: Step, slot: Slot, value: Any, where: str, outputs: Outputs) -> Iterator[Finding]:
    if isinstance(value, str) and "{{" in value:
        yield from _mapped(step, slot, value, where, outputs)
    elif slot.inner and slot.type == "array" and isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(item, dict):
                yield from _members(step, slot.inner, item, below(where, position), outputs)
    elif slot.inner and slot.type == "collection" and isinstance(value, dict):
        yield from _members(step, slot.inner, value, where, outputs)
    else:
        yield from _literal(step, slot, value, where)


def _members(
    step: Step, slots: Iterable[Slot], item: Json, where: str, outputs: Outputs
) -> Iterator[Finding]:
    for slot in slots:
        if item.get(slot.name) not in ABSENT:
            yield from _check(step, slot, item[slot.name], below(where, slot.name), outputs)
        elif slot.required and slot.default is None:
            place = below(where, slot.name)
            yield found("BP015", f"{slot.label} is required", place, f"map {slot.label}", step.id)


def _mapped(step: Step, slot: Slot, text: str, where: str, outputs: Outputs) -> Iterator[Finding]:
    try:
        inferred = infer(text, outputs)
    except ExpressionError:
        return  # told as BP006
    shape = inferred.shape
    if shape.type in UNFIT.get(slot.type, frozenset()):
        message = f"{slot.label} takes {_words(slot.type)}, and {text} gives {shape}"
        yield found("BP016", message, where, REMEDIES.get(shape.type, "map another field"), step.id)
    elif slot.type in NUMERIC and re.search(r"[^\d\s.eE+-]", inferred.words):
        message = f"{slot.label} takes {_words(slot.type)}, and “{inferred.words.strip()}” stands beside the mapping"
        yield found("BP016", message, where, "leave the words out", step.id)
    elif slot.inner and slot.type == "array" and shape.item is not None:
        yield from _items(step, slot, shape.item, where)


def _items(step: Step, slot: Slot, item: Shape, where: str) -> Iterator[Finding]:
    """A whole list that is mapped: its items have to have the fields' types."""
    for inner in slot.inner:
        given = (item.fields or {}).get(inner.name)
        if given is not None and given.type in UNFIT.get(inner.type, frozenset()):
            message = (
                f"{slot.label}: {inner.label} takes {_words(inner.type)}, and the items have {given} there"
            )
            yield found("BP016", message, where, "map the items one by one", step.id)


def _literal(step: Step, slot: Slot, value: Any, where: str) -> Iterator[Finding]:
    """A written value is what it is: wrong is wrong."""
    if slot.closed and isinstance(value, str | bool | int):
        written = str(value).lower() if isinstance(value, bool) else str(value)
        if written.strip().lower() not in {word.lower() for word in slot.closed}:
            choices = ", ".join(dict.fromkeys(slot.closed[::2]))
            yield found(
                "BP015", f"{slot.label}: “{written}” is unknown", where, f"one of: {choices}", step.id
            )
        return
    if slot.type == "array" and not isinstance(value, list):
        return
    try:
        coerced = coerce(value, slot.type, field=slot.name, timezone="UTC")
    except BundleValidationError as error:
        yield found("BP015", f"{slot.label}: {error.message}", where, f"write {_words(slot.type)}", step.id)
        return
    if problem := _beyond(coerced, slot):
        yield found("BP015", f"{slot.label}: {problem}", where, "write a value that is allowed", step.id)


def _beyond(value: Any, slot: Slot) -> str | None:
    """How a value breaks the limits that the blueprint tells of its field (4.3)."""
    limits = slot.limits
    size = value if isinstance(value, int | float) else len(value) if isinstance(value, str | list) else None
    names = ("minItems", "maxItems") if isinstance(value, list) else ("min", "max")
    low, high = (limits.get(name) for name in names)
    if isinstance(low, int | float) and size is not None and size < low:
        return f"the least is {low:g}"
    if isinstance(high, int | float) and size is not None and size > high:
        return f"the most is {high:g}"
    allowed = limits.get("enum")
    if isinstance(allowed, list) and allowed and value not in allowed:
        return f"none of {', '.join(str(one) for one in allowed)}"
    return None


def _words(type_: str) -> str:
    return {
        "number": "a number", "integer": "a whole number", "uinteger": "a whole number of 0 or more", "port": "a port",
        "timestamp": "a moment in seconds", "date": "a date", "time": "a time such as 17:30", "collection": "a collection",
        "buffer": "a file", "email": "an e-mail address", "url": "an address such as https://example.com/",
        "select": "one of its choices", "timezone": "a time zone such as Europe/Prague",
    }.get(type_, f"a {type_}")  # fmt: skip
