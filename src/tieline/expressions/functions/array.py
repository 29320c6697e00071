"""Functions on arrays and collections (contract 2.10.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from tieline.expressions.coerce import join_texts, json_text, to_array, to_text
from tieline.expressions.errors import RuntimeError_
from tieline.expressions.functions.registry import Any_, Array, Collection, Int, Text, group
from tieline.expressions.limits import check_items
from tieline.expressions.scope import Scope
from tieline.expressions.values import Value, equal, follow, identity, is_number

array = group("array")

_ORDERS: Final = frozenset({"asc", "desc", "asc ci", "desc ci"})


def array_contains(items: list[Value], wanted: Value) -> bool:
    """Whether an item equals the value; a number and a text are compared as texts (contract 2.10.5)."""
    same = alike(wanted)
    return any(same(item) for item in items)


def alike(wanted: Value) -> Callable[[Value], bool]:
    """A test for items that equal `wanted`, where "5" and 5 count as the same."""
    if isinstance(wanted, str):
        return lambda item: (item if isinstance(item, str) else _number_text(item)) == wanted
    if is_number(wanted):
        text = to_text(wanted)
        return lambda item: item == text if isinstance(item, str) else equal(item, wanted)
    return lambda item: equal(item, wanted)


def _number_text(item: Value) -> str | None:
    return to_text(item) if is_number(item) else None


@array(
    "add(arr; v…)",
    "The array with these items behind it; an array among them stays one item.",
    example='add(split("a"; ","); "b")',
    result=["a", "b"],
)
def add(arr: Array, value: Any_, *values: Any_) -> list[Value]:
    return [*arr, value, *values]


@array(
    "deduplicate(arr)",
    "Every value once, the first kept.",
    example='deduplicate(split("a,b,a"; ","))',
    result=["a", "b"],
)
def deduplicate(arr: Array) -> list[Value]:
    return once_each(arr, lambda item: item)


@array(
    "distinct(arr; [key])",
    "Every value once, or one item for every value of a key; the first kept.",
    example='length(distinct(1.team; "role"))',
    result=2,
)
def distinct(arr: Array, key: Text = "") -> list[Value]:
    return once_each(arr, lambda item: follow(item, key) if key else item)


def once_each(items: list[Value], key: Callable[[Value], Value]) -> list[Value]:
    """The first item for every value of the key."""
    found: dict[Any, Value] = {}
    for item in items:
        found.setdefault(identity(key(item)), item)
    return list(found.values())


@array("first(arr)", "The first item.", example='first(split("a,b"; ","))', result="a")
def first(arr: Array) -> Value:
    return arr[0] if arr else None


@array("last(arr)", "The last item.", example='last(split("a,b"; ","))', result="b")
def last(arr: Array) -> Value:
    return arr[-1] if arr else None


@array(
    "flatten(arr; [depth])",
    "Arrays inside the array dissolved, as deep as told; one level unless given.",
    example='flatten(add(emptyarray; split("a,b"; ","); "c"))',
    result=["a", "b", "c"],
)
def flatten(arr: Array, depth: Int = 1) -> list[Value]:
    result: list[Value] = []
    open_arrays = [iter(arr)]
    while open_arrays:
        for item in open_arrays[-1]:
            if isinstance(item, list) and len(open_arrays) <= depth:
                open_arrays.append(iter(item))
                break
            result.append(item)
            check_items(len(result))
        else:
            open_arrays.pop()
    return result


@array("join(arr; sep)", "The items as one text.", example='join(split("a,b"; ","); "-")', result="a-b")
def join(arr: Array, sep: Text) -> str:
    return join_texts(map(to_text, arr), sep)


@array(
    "keys(obj)",
    "The names in a collection, or the positions in an array.",
    example="keys(1.person)",
    result=["name", "email"],
)
def keys(obj: Any_) -> list[str]:
    if isinstance(obj, dict):
        return list(obj)
    return [str(position) for position in range(1, len(to_array(obj)) + 1)]


@array(
    "map(arr; key; [filterKey]; [values])",
    "The values of a key, or those of the items whose filterKey is one of the comma-separated values.",
    example='map(1.team; "name"; "role"; "dev,sales")',
    result=["Bob"],
)
def map_(arr: Array, key: Text, filter_key: Text = "", *values: Any_) -> list[Value]:
    if not filter_key:
        return [follow(item, key) for item in arr]
    wanted = {to_text(value) for value in values} or {""}
    wanted |= {part.strip() for value in wanted for part in value.split(",")}
    return [follow(item, key) for item in arr if to_text(follow(item, filter_key)) in wanted]


@array(
    "merge(arr1; arr2; …)",
    "All items of the arrays, one behind the other.",
    example='merge(split("a"; ","); split("b"; ","))',
    result=["a", "b"],
)
def merge(arr: Array, *arrays: Array) -> list[Value]:
    check_items(len(arr) + sum(map(len, arrays)))
    return [item for one in (arr, *arrays) for item in one]


@array(
    "remove(arr; v…)",
    "The array without these values.",
    example='remove(split("a,b,c"; ","); "b")',
    result=["a", "c"],
)
def remove(arr: Array, value: Any_, *values: Any_) -> list[Value]:
    tests = [alike(wanted) for wanted in (value, *values)]
    return [item for item in arr if not any(same(item) for same in tests)]


@array("reverse(arr)", "The last item first.", example='reverse(split("a,b"; ","))', result=["b", "a"])
def reverse(arr: Array) -> list[Value]:
    return arr[::-1]


@array(
    "shuffle(arr)",
    "The items in a random order.",
    example='length(shuffle(split("a,b"; ",")))',
    result=2,
)
def shuffle(scope: Scope, arr: Array) -> list[Value]:
    result = [*arr]
    for here in range(len(result) - 1, 0, -1):
        there = min(int(scope.random() * (here + 1)), here)
        result[here], result[there] = result[there], result[here]
    return result


@array(
    "slice(arr; start; [end])",
    "The items from start, counted from 0, up to but not including end; negative counts from the end.",
    example='slice(split("a,b,c"; ","); 1)',
    result=["b", "c"],
)
def slice_(arr: Array, start: Int, end: Int | None = None) -> list[Value]:
    return arr[start:end]


@array(
    "sort(arr; [order]; [key])",
    "Sorted: `asc`, `desc`, `asc ci` or `desc ci` (ci: capital and small letters alike), by a key if given. "
    "Numbers come before texts, items without value last.",
    example='sort(split("b,a,C"; ","); "asc ci")',
    result=["a", "b", "C"],
)
def sort(arr: Array, order: Text = "asc", key: Text = "") -> list[Value]:
    if order not in _ORDERS:
        # The documentation also shows the key in second place, without an order.
        order, key = (key if key in _ORDERS else "asc"), order
    return sorted_by(arr, lambda item: follow(item, key) if key else item, order)


def sorted_by(items: list[Value], key: Callable[[Value], Value], order: str = "asc") -> list[Value]:
    """A stable sort by one of the four orders; items without value come last in each of them."""
    keyed = [(key(item), item) for item in items]
    ignore_case = order.endswith("ci")
    valued = [(sort_key(value, ignore_case), item) for value, item in keyed if value is not None]
    valued.sort(key=lambda pair: pair[0], reverse=order.startswith("desc"))
    return [item for _, item in valued] + [item for value, item in keyed if value is None]


def sort_key(value: Value, ignore_case: bool) -> tuple[int, Any]:
    """Numbers, then dates, booleans, texts, and the rest by how it reads."""
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, (int, float)):
        return 0, value
    if isinstance(value, datetime):
        return 1, value
    if isinstance(value, str):
        return 3, value.lower() if ignore_case else value
    return 4, json_text(value)


@array(
    "toArray(collection)",
    "The fields as items with `key` and `value`.",
    example="toArray(1.person)",
    result=[{"key": "name", "value": "Ada"}, {"key": "email", "value": "ada@x.test"}],
)
def to_array_(collection: Collection) -> list[Value]:
    return [{"key": key, "value": value} for key, value in collection.items()]


@array(
    "toCollection(arr; keyField; valueField)",
    "A collection from items; a later item wins over an earlier one with the same key.",
    example='toCollection(1.team; "name"; "age")',
    result={"Ada": 36, "Bob": 22},
)
def to_collection_(arr: Array, key_field: Text, value_field: Text) -> dict[str, Value]:
    result: dict[str, Value] = {}
    for item in arr:
        if not isinstance(item, dict):
            raise RuntimeError_("every item must be a collection", values=(item,))
        key = follow(item, key_field)
        if key is not None:
            result[to_text(key)] = follow(item, value_field)
    return result
