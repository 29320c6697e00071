"""A whole mapper: templates inside objects and arrays (contract 1.6, 2.1), compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

from tieline.expressions.compiler import Notice, Reference
from tieline.expressions.errors import ExpressionError, ParseError
from tieline.expressions.limits import MAX_DEPTH
from tieline.expressions.scope import Scope
from tieline.expressions.template import Template, compile_template
from tieline.expressions.values import IGNORE, Value

_Run: TypeAlias = Callable[[Scope], Value]
_Compiling: TypeAlias = Callable[[str], Template]


class CompiledValue:
    """A compiled mapper, or any part of one. `templates` are its templates with their field paths."""

    __slots__ = ("_run", "templates")

    def __init__(self, run: _Run, templates: list[tuple[str, Template]]) -> None:
        self._run = run
        self.templates = templates

    def evaluate(self, scope: Scope) -> Value:
        """The value in this scope.

        Fields and items that are `ignore` are left out, at any depth; `erase` stays for the module to
        act upon (contract 2.2). Raises ExpressionError whose `field` is the path of the field.
        """
        return self._run(scope)

    @property
    def references(self) -> tuple[Reference, ...]:
        """The uses of other modules' bundles in all fields."""
        return tuple(reference for _, t in self.templates for reference in t.references)

    @property
    def notices(self) -> tuple[tuple[str, Notice], ...]:
        """What is legal but probably not meant, with the path of its field."""
        return tuple((path, notice) for path, t in self.templates for notice in t.notices)

    @property
    def extensions(self) -> tuple[str, ...]:
        """Functions and keywords that Make does not have, each once."""
        return tuple(dict.fromkeys(name for _, t in self.templates for name in t.extensions))

    @property
    def is_literal(self) -> bool:
        """Whether the value is the same in every scope because it holds no expression."""
        return all(template.is_literal for _, template in self.templates)


def compile_value(mapper: Any, *, strict: bool = False, root: int | None = None) -> CompiledValue:
    """Compile every text in JSON data; keys are never templates. `root`: the module whose fields bare names are.

    Raises ParseError or UnknownFunction for the first wrong one, with the path of its field.
    """
    templates: list[tuple[str, Template]] = []
    compiling = partial(compile_template, strict=strict, root=root)
    return CompiledValue(_compile(mapper, "", templates, compiling, 0), templates)


def find_errors(mapper: Any, *, strict: bool = False) -> tuple[ExpressionError, ...]:
    """Every template in JSON data that does not compile, each error with the path of its field."""
    errors = []
    for path, text in _texts(mapper, "", 0):
        try:
            compile_template(text, strict=strict)
        except ExpressionError as error:
            error.field = error.field or path
            errors.append(error)
    return tuple(errors)


def _texts(data: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    _check_depth(path, depth)
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, item in data.items():
            yield from _texts(item, _field_path(path, key), depth + 1)
    elif isinstance(data, list):
        for position, item in enumerate(data, 1):
            yield from _texts(item, f"{path}[{position}]", depth + 1)


def _field_path(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _check_depth(path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ParseError(f"the mapping is nested deeper than the limit of {MAX_DEPTH}", field=path[:200])


def _compile(
    data: Any, path: str, templates: list[tuple[str, Template]], compiling: _Compiling, depth: int
) -> _Run:
    _check_depth(path, depth)
    if isinstance(data, str):
        return _compile_text(data, path, templates, compiling)
    if isinstance(data, dict):
        fields = []
        for key, item in data.items():
            fields.append((key, _compile(item, _field_path(path, key), templates, compiling, depth + 1)))
        return lambda scope: _without_ignored_fields(fields, scope)
    if isinstance(data, list):
        items = []
        for position, item in enumerate(data, 1):
            items.append(_compile(item, f"{path}[{position}]", templates, compiling, depth + 1))
        return lambda scope: _without_ignored_items(items, scope)
    return lambda _: data


def _without_ignored_fields(fields: list[tuple[str, _Run]], scope: Scope) -> dict[str, Value]:
    result = {}
    for key, run in fields:
        value = run(scope)
        if value is not IGNORE:
            result[key] = value
    return result


def _without_ignored_items(items: list[_Run], scope: Scope) -> list[Value]:
    result = []
    for run in items:
        value = run(scope)
        if value is not IGNORE:
            result.append(value)
    return result


def _compile_text(text: str, path: str, templates: list[tuple[str, Template]], compiling: _Compiling) -> _Run:
    try:
        template = compiling(text)
    except ExpressionError as error:
        error.field = error.field or path or None
        raise
    templates.append((path, template))

    def run(scope: Scope) -> Value:
        try:
            return template.evaluate(scope)
        except ExpressionError as error:
            error.field = error.field or path or None
            raise

    return run if not template.is_literal else template.evaluate
