"""The modules as Python methods: names, signatures and documentation, read from the declarations."""

from __future__ import annotations

import keyword
import re
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from datetime import date
from inspect import Parameter, Signature
from typing import Any, Literal, NamedTuple

from tieline.modules.module import Field, Module

TYPES = {
    "text": "str",
    "email": "str",
    "url": "str",
    "number": "float | str",
    "uinteger": "int",
    "boolean": "bool",
    "date": "date | str",
    "collection": "Mapping[str, Any]",
}
BUNDLE = "dict[str, Any]"
# What the annotations are made of: the stub imports the same names.
NAMES: dict[str, Any] = {
    "Any": Any,
    "AsyncIterator": AsyncIterator,
    "Coroutine": Coroutine,
    "Iterator": Iterator,
    "Literal": Literal,
    "Mapping": Mapping,
    "Sequence": Sequence,
    "date": date,
}


class Taken(NamedTuple):
    """A parameter of a method; `default` is empty for a mandatory one."""

    name: str
    type: str
    default: Any = Parameter.empty


def python_name(name: str) -> str:
    """`findPeople` as `find_people`, `from` as `from_`."""
    made = re.sub(r"(?<=[a-z0-9A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{made}_" if keyword.iskeyword(made) else made


def signature(module: Module, *, asynchronous: bool) -> Signature:
    """What the module's method takes and gives. Mandatory fields come first and may go without a name."""
    parameters = [Parameter("self", Parameter.POSITIONAL_ONLY)]
    for one in _takes(module):
        kind = Parameter.KEYWORD_ONLY if _is_optional(one) else Parameter.POSITIONAL_OR_KEYWORD
        parameters.append(Parameter(one.name, kind, default=one.default, annotation=_evaluated(one.type)))
    return Signature(parameters, return_annotation=_evaluated(_gives(module, asynchronous)))


def _evaluated(text: str) -> Any:
    return eval(text, dict(NAMES))  # our own declarations


def _is_optional(one: Taken) -> bool:
    return one.default is not Parameter.empty


def _takes(module: Module) -> list[Taken]:
    made = [_taken(found) for found in module.fields]
    if module.kind == "instant_trigger":
        made.append(Taken("target_url", "str"))
    if module.writes:
        made.append(Taken("idempotency_key", "str | None", None))
    if module.dry_run:
        made.append(Taken("dry_run", "bool", False))
    return sorted(made, key=_is_optional)


def _taken(found: Field) -> Taken:
    name, kind = python_name(found.name), _type(found)
    if found.default is not None:
        return Taken(name, kind, found.default)
    if found.required:
        return Taken(name, kind)
    return Taken(name, kind if kind == "Any" else f"{kind} | None", None)


def _type(found: Field) -> str:
    if found.type == "array":
        mappings = found.items or found.of == "collection"
        return "Sequence[Mapping[str, Any]]" if mappings else "Sequence[str]"
    if found.type == "select" and found.options:
        chosen = f"Literal[{', '.join(repr(option.value) for option in found.options)}]"
        return chosen if found.closed else f"{chosen} | str"
    return "str" if found.type == "select" else TYPES.get(found.type, "Any")


def _gives(module: Module, asynchronous: bool) -> str:
    if module.kind == "search":
        return f"{'Async' if asynchronous else ''}Iterator[{BUNDLE}]"
    one = "str" if module.kind == "instant_trigger" else BUNDLE
    return f"Coroutine[Any, Any, {one}]" if asynchronous else one


def documentation(module: Module) -> str:
    """What the method does, and its fields."""
    lines = [_does(module), "", *(f"    {_about(f)}" for f in module.fields)]
    if module.writes:
        lines.append("    idempotency_key: a repeat with the same key does nothing more")
    if module.dry_run:
        lines.append("    dry_run: have it checked, change nothing")
    return "\n".join([*lines, "", "Raises ModuleError naming the field and the remedy."])


def _does(module: Module) -> str:
    if module.kind == "instant_trigger":
        return f"{module.description} Registers `target_url` to be told; gives the subscription's id."
    return module.description


def _about(found: Field) -> str:
    return f"{python_name(found.name)}: {found.label}. {found.help}".rstrip().rstrip(".")


def stub(modules: Sequence[Module]) -> str:
    """The text of `methods.pyi`."""
    return "\n".join(
        [
            '"""The modules as methods. Written by `make docs` from the declarations. Do not edit."""',
            "",
            "from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence",
            "from typing import Any, Literal",
            "",
            "from tieline.client import AsyncCloze, Cloze",
            "",
            *_class("Modules", "Cloze", modules, asynchronous=False),
            "",
            *_class("AsyncModules", "AsyncCloze", modules, asynchronous=True),
            "",
        ]
    )


def _class(name: str, client: str, modules: Sequence[Module], *, asynchronous: bool) -> Iterator[str]:
    yield f"class {name}:"
    yield f"    def __init__(self, cloze: {client}) -> None: ..."
    for module in modules:
        takes = _takes(module)
        shown = ["self", *(f"{one.name}: {one.type}" for one in takes if not _is_optional(one))]
        named = [f"{one.name}: {one.type} = {one.default!r}" for one in takes if _is_optional(one)]
        given = ", ".join([*shown, *(["*", *named] if named else [])])
        yield f"    def {python_name(module.slug)}({given}) -> {_gives(module, asynchronous)}:"
        yield f'        """{_does(module)}"""'
