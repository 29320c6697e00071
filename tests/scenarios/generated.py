"""Blueprints and expressions made of bytes: hypothesis draws the bytes, each decides one thing."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

from tieline.expressions import FUNCTIONS

T = TypeVar("T")
Json = dict[str, Any]

NAMES = sorted(FUNCTIONS)
OPERATORS = ("+", "-", "*", "/", "%", "=", "!=", "<", ">=", "&", "|", "and", "or", "mod")
LITERALS = (
    '"x"',
    "0",
    "1",
    "-2.5",
    "true",
    "null",
    "now",
    "emptyarray",
    '""',
    '"2026-01-31"',
    '"a;b"',
    "ignore",
    "erase",
)
FIELDS = (
    "word",
    "n",
    "list",
    "deep.inner",
    "list[1].a",
    "`two words`",
    "missing",
    "__IMTINDEX__",
    "array",
    "value",
)
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, "", "x", "{{", "{{1.word}}", "{{nosuch()}}", [], [[]], {}, {"a": None}, [1, "two", None],
    {"$date": "x"}, "\u0000", "é" * 40, {"flow": []}, [{"flow": None}],
)  # fmt: skip
USUAL = ("{{1.word}}", "x", "{{1.n}}", "{{upper(1.word)}} and {{1.n + 1}}")
FILTERS = (
    "exist",
    "notexist",
    "text:equal",
    "text:contain:ci",
    "number:greater",
    "date:less",
    "array:contain",
    "text:pattern",
    "boolean:equal",
    "nosuch:operator",
)
DIRECTIVES = ("Ignore", "Resume", "Break", "Commit", "Rollback")
FORKS = ("builtin:BasicRouter", "builtin:BasicIfElse")
TRIGGER: Json = {
    "word": "some words",
    "n": 3,
    "list": [{"a": 1}, {"a": "two"}, None],
    "deep": {"inner": [1, 2]},
    "two words": True,
}


class Choices:
    """Decisions, one byte each; when they are used up, the first of each."""

    def __init__(self, data: bytes) -> None:
        self.data = iter(data)
        self.number = 0

    def below(self, limit: int) -> int:
        return next(self.data, 0) % limit

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def identity(self) -> int:
        self.number += 1
        return self.number


def expression(choose: Choices, depth: int = 0) -> str:
    """One expression without its braces; mostly sensible."""
    kind = choose.below(8) if depth < 4 else 0
    if kind <= 2:
        return f"{choose.below(4) + 1}.{choose.pick(FIELDS)}"
    if kind == 3:
        return choose.pick(LITERALS)
    if kind == 4:
        return f"{expression(choose, depth + 1)} {choose.pick(OPERATORS)} {expression(choose, depth + 1)}"
    if kind == 5:
        return f"({expression(choose, depth + 1)})"
    function = FUNCTIONS[choose.pick(NAMES)]
    most = function.maximum if function.maximum is not None else function.minimum + 2
    count = function.minimum + choose.below(max(1, most - function.minimum + 1))
    return f"{function.name}({'; '.join(expression(choose, depth + 1) for _ in range(count))})"


def mapped(choose: Choices, *usual: str) -> str:
    """What is mapped into a field: mostly what usually is."""
    return choose.pick(usual or USUAL) if choose.below(4) else template(choose)


def template(choose: Choices) -> str:
    """A text with one expression or two."""
    made = "{{" + expression(choose) + "}}"
    return made if choose.below(2) else f"a {made} b {{{{{expression(choose)}}}}}"


def condition(choose: Choices) -> Json:
    rows = [
        {"a": mapped(choose), "o": choose.pick(FILTERS), "b": mapped(choose)} for _ in range(choose.below(3))
    ]
    return {"name": "f", "conditions": [rows] if rows else []}


def module(choose: Choices, depth: int, feeders: list[int]) -> Json:
    """A module that can run here, with everything that may hang on it."""
    number = choose.identity()
    made: Json = {"id": number, "version": 1, "parameters": {}, "mapper": {}, "metadata": {}}
    made.update(_kind(choose, number, depth, feeders))
    if choose.below(4) == 1:
        made["filter"] = condition(choose)
    if choose.below(5) == 1 and made["module"] not in FORKS:
        made["onerror"] = [
            {
                "id": choose.identity(),
                "module": f"builtin:{choose.pick(DIRECTIVES)}",
                "mapper": {"a": mapped(choose)},
            }
        ]
    return made


def _kind(choose: Choices, number: int, depth: int, feeders: list[int]) -> Json:
    match choose.below(14 if depth < 3 else 11):
        case 0:
            return {"module": "util:ComposeTransformer", "mapper": {"value": mapped(choose)}}
        case 1:
            feeders.append(number)
            return {
                "module": "builtin:BasicFeeder",
                "mapper": {"array": mapped(choose, "{{1.list}}", "{{split(1.word; emptystring)}}")},
            }
        case 2:
            feeders.append(number)
            return {
                "module": "builtin:BasicRepeater",
                "mapper": {
                    "start": "1",
                    "repeats": str(choose.below(5)),
                    "step": mapped(choose, "1", "{{1.n}}"),
                },
            }
        case 3:
            return {
                "module": "util:SetVariable2",
                "mapper": {"name": "v", "scope": "roundtrip", "value": mapped(choose)},
            }
        case 4:
            return {"module": "util:GetVariable2", "mapper": {"name": mapped(choose)}}
        case 5:
            cases = [{"pattern": mapped(choose), "output": mapped(choose)}]
            return {
                "module": "util:Switcher",
                "mapper": {
                    "input": mapped(choose),
                    "useRegExpMatch": bool(choose.below(2)),
                    "casesTable": cases,
                },
            }
        case 6:
            return {
                "module": "json:ParseJSON",
                "mapper": {"json": mapped(choose, '[{"a": 1}, {"a": 2}]', '{"a": "{{1.n}}"}')},
            }
        case 7:
            return {
                "module": "regexp:Parser",
                "parameters": {"pattern": choose.pick(("(\\w)", "a|b", "(", "")), "global": True},
                "mapper": {"text": mapped(choose)},
            }
        case 8:
            return {
                "module": "cloze:createAToDo",
                "mapper": {"subject": mapped(choose), "participants": mapped(choose)},
            }
        case 9 | 10:
            name = choose.pick(
                (
                    "builtin:BasicAggregator",
                    "util:TextAggregator",
                    "util:FunctionAggregator2",
                    "util:AggregateAggregator",
                )
            )
            flags = {
                "stopIfEmpty": bool(choose.below(2)),
                **({"groupBy": mapped(choose)} if choose.below(2) else {}),
            }
            parameters = {
                "feeder": choose.pick(feeders) if feeders else 1,
                "fn": choose.pick(("sum", "avg", "count", "max")),
                "rowSeparator": ",",
            }
            return {
                "module": name,
                "parameters": parameters,
                "mapper": {"value": mapped(choose)},
                "flags": flags,
            }
        case 11:
            routes = [
                {"flow": flow(choose, depth + 1, list(feeders)), "disabled": choose.below(5) == 1}
                for _ in range(choose.below(3) + 1)
            ]
            return {
                "module": "builtin:BasicRouter",
                "mapper": None,
                "parameters": {"else": choose.below(3)},
                "routes": routes,
            }
        case 12:
            branches = [
                {
                    "type": "condition",
                    "merge": bool(choose.below(2)),
                    "conditions": condition(choose)["conditions"],
                    "flow": flow(choose, depth + 1, list(feeders)),
                }
                for _ in range(choose.below(3) + 1)
            ]
            return {"module": "builtin:BasicIfElse", "mapper": None, "branches": branches}
        case _:
            return {
                "module": "builtin:Throw",
                "mapper": {
                    "type": choose.pick(("DataError", "RuntimeError", "NoSuch")),
                    "message": mapped(choose),
                },
            }


def flow(choose: Choices, depth: int, feeders: list[int]) -> list[Json]:
    made = [module(choose, depth, feeders) for _ in range(choose.below(4) + (depth == 0))]
    if depth and choose.below(6) == 1:
        made = []
    return made


def plausible(data: bytes) -> Json:
    """A blueprint that begins with an event and then does what the bytes say."""
    choose = Choices(data)
    first = {
        "id": choose.identity(),
        "module": "gateway:CustomWebHook",
        "version": 1,
        "parameters": {},
        "mapper": {},
    }
    settings = {
        "sequential": bool(choose.below(2)),
        "dlq": bool(choose.below(2)),
        "autoCommit": bool(choose.below(2)),
    }
    return {"name": "generated", "flow": [first, *flow(choose, 0, [1])], "metadata": {"scenario": settings}}


def wild(data: bytes) -> Json:
    """The same with junk in some of its places."""
    choose = Choices(data[::-1])
    made = plausible(data)
    for _ in range(choose.below(4) + 1):
        place: Any = made
        for _ in range(choose.below(7)):
            inner = list(place.values()) if isinstance(place, dict) else place
            inner = [item for item in inner if isinstance(item, dict | list)]
            if not inner:
                break
            place = choose.pick(inner)
        if isinstance(place, dict) and place:
            place[choose.pick(sorted(place))] = copy.deepcopy(choose.pick(JUNK))
        elif isinstance(place, list) and place:
            place[choose.below(len(place))] = copy.deepcopy(choose.pick(JUNK))
    return made
