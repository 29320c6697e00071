"""The keywords (contract 2.7): names that stand for a value when they are neither called nor a field."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from tieline.expressions.dates import to_ms
from tieline.expressions.scope import Scope
from tieline.expressions.values import ERASE, IGNORE, Value


class Keyword(NamedTuple):
    """A name, what it stands for, and whether Make knows it too."""

    value: Callable[[Scope], Value]
    summary: str
    constant: bool = True
    """The same at every evaluation."""
    portable: bool = True


def _system(name: str) -> Callable[[Scope], Value]:
    def value(scope: Scope) -> Any:
        system = scope.variables.get("system")
        return system.get(name) if isinstance(system, dict) else None

    return value


def _live(value: Callable[[Scope], Value], summary: str, *, portable: bool = True) -> Keyword:
    return Keyword(value, summary, constant=False, portable=portable)


KEYWORDS: Final[dict[str, Keyword]] = {
    "true": Keyword(lambda _: True, "yes"),
    "false": Keyword(lambda _: False, "no"),
    "null": Keyword(lambda _: None, "no value"),
    "emptystring": Keyword(lambda _: "", "a text without characters"),
    "emptyarray": _live(lambda _: [], "an array without items"),
    "space": Keyword(lambda _: " ", "a blank"),
    "tab": Keyword(lambda _: "\t", "a tab"),
    "newline": Keyword(lambda _: "\n", "a line break"),
    "carriagereturn": Keyword(lambda _: "\r", "a carriage return"),
    "nbsp": Keyword(lambda _: "\u00a0", "a blank that does not break a line"),
    "ignore": Keyword(lambda _: IGNORE, "leave this field out, as if it were not filled"),
    "erase": Keyword(lambda _: ERASE, "empty this field"),
    "pi": Keyword(lambda _: math.pi, "3.14159…"),
    "now": _live(lambda s: s.now, "the current date and time; the same within one operation"),
    "timestamp": _live(lambda s: to_ms(s.now) // 1000, "seconds since 1970"),
    "random": _live(lambda s: s.random(), "a number from 0 to below 1, new each time"),
    "uuid": _live(lambda s: s.uuid(), "a new random UUID each time"),
    "executionId": _live(lambda s: s.execution_id, "the id of this execution"),
    "executionID": _live(lambda s: s.execution_id, "the id of this execution", portable=False),
    "triggerTimestamp": _live(
        _system("triggerTimestamp"), "when the execution was triggered", portable=False
    ),
    "scenarioID": _live(_system("scenarioId"), "the id of the scenario", portable=False),
    "scenarioName": _live(_system("scenarioName"), "the name of the scenario", portable=False),
    "operationsConsumed": _live(_system("operationsConsumed"), "operations used so far", portable=False),
}
