"""Data stores in scenarios (1.16). What changes them does so in the transaction that journals the operation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tieline.errors import Conflict, InvalidInput, NotFound
from tieline.expressions import ERASE, IGNORE, ExpressionError, Scope, to_text
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.scenarios import datastores
from tieline.scenarios.datastores import RecordView, StoreFull, Undo
from tieline.scenarios.filters import FilterError, find_operator
from tieline.scenarios.tools.tool import Act, Json, Run, Surroundings, Tool, flag, number, text
from tieline.store.database import Row, Transaction

MOST_FOUND = 10_000
MARKER: Json = {"__IMTLENGTH__": 0}  # “continue when no results” (1.17)


def _store(tx: Transaction, around: Surroundings, *, lock: bool = True) -> Row:
    server = around.server
    local = server.resource("datastore", around.parameters.get("datastore"))
    try:
        return (datastores.locked if lock else datastores.find)(tx, server.account_id, local)
    except NotFound:
        raise ModuleError(
            "InvalidConfigurationError", "its data store was removed", field="datastore"
        ) from None


def _undo(around: Surroundings) -> Undo | None:
    server = around.server
    return None if server.auto_commit else Undo(server.execution_id, around.op)


def _telling(act: Act) -> Act:
    """Failures of the store in the classes that handlers know."""

    def told(tx: Transaction, given: Json, around: Surroundings) -> list[Json]:
        try:
            return act(tx, given, around)
        except (InvalidInput, Conflict) as error:
            kind: ErrorClass = "OutOfSpaceError" if isinstance(error, StoreFull) else "BundleValidationError"
            raise ModuleError(kind, error.message, field=error.field, remedy=error.remedy) from None

    return told


def _data(given: Json) -> Json:
    found = given.get("data")
    if found in (None, ""):
        return {}
    if not isinstance(found, dict):
        raise ModuleError("BundleValidationError", "must be a collection", field="data")
    return found


def _filled(data: Json) -> Json:
    """The fields that say something; what is to be erased is empty."""
    return {name: None if value is ERASE else value for name, value in data.items() if value is not IGNORE}


def _add(tx: Transaction, given: Json, around: Surroundings) -> list[Json]:
    # Without a key one is made: the same one, should the operation run again.
    key = text(given, "key") or str(uuid5(NAMESPACE_URL, f"tieline:{around.key}"))
    store = _store(tx, around)
    if not flag(given.get("overwrite")) and datastores.read(tx, int(store["id"]), key) is not None:
        raise ModuleError("DuplicateDataError", f"there is a record “{key}” already", field="key")
    datastores.put(tx, store, key, _filled(_data(given)), _undo(around))
    return [{"key": key}]


def _update(tx: Transaction, given: Json, around: Surroundings) -> list[Json]:
    key, store = text(given, "key", required=True), _store(tx, around)
    before = datastores.read(tx, int(store["id"]), key)
    if before is None and not flag(given.get("upsert")):
        raise ModuleError("DataError", f"there is no record “{key}”", field="key")
    merged = datastores.values_of(before) if before is not None else {}
    replace = flag(given.get("overwriteArrays"))
    for name, value in _data(given).items():
        if value is IGNORE or value in (None, ""):
            continue  # unchanged (2.2)
        old = merged.get(name)
        if isinstance(value, list) and isinstance(old, list) and not replace:
            merged[name] = [*old, *value]
        else:
            merged[name] = None if value is ERASE else value
    datastores.put(tx, store, key, merged, _undo(around))
    return [{"key": key}]


def _delete(tx: Transaction, given: Json, around: Surroundings) -> list[Json]:
    key = text(given, "key", required=True)
    return [{"key": key, "deleted": datastores.remove(tx, int(_store(tx, around)["id"]), key, _undo(around))}]


def _delete_all(tx: Transaction, given: Json, around: Surroundings) -> list[Json]:
    return [{"deleted": datastores.clear(tx, int(_store(tx, around)["id"]), _undo(around))}]


def _reading(
    look: Callable[[Transaction, int, Json, Surroundings], list[Json]], *, slow: bool = False
) -> Run:
    """A module that only reads."""

    async def run(given: Json, around: Surroundings) -> list[Json]:
        database = around.server.database
        read = database.read_slow if slow else database.read
        return await read(lambda tx: look(tx, int(_store(tx, around, lock=False)["id"]), given, around))

    return run


def _get(tx: Transaction, store_id: int, given: Json, around: Surroundings) -> list[Json]:
    """The record's fields; of a key that is not there an empty bundle."""
    key = text(given, "key", required=True)
    found = datastores.read(tx, store_id, key)
    if flag(given.get("returnWrapped")):
        return [{"key": key, "data": datastores.values_of(found)} if found is not None else {}]
    return [datastores.values_of(found) if found is not None else {}]


def _exists(tx: Transaction, store_id: int, given: Json, around: Surroundings) -> list[Json]:
    return [{"exist": datastores.read(tx, store_id, text(given, "key", required=True)) is not None}]


def _count(tx: Transaction, store_id: int, given: Json, around: Surroundings) -> list[Json]:
    return [{"count": datastores.count(tx, store_id)}]


def _search(tx: Transaction, store_id: int, given: Json, around: Surroundings) -> list[Json]:
    wanted = given.get("limit", around.parameters.get("limit"))
    limit = int(number(wanted, "limit", 1, MOST_FOUND)) if wanted not in (None, "") else MOST_FOUND
    scope = Scope({}, timezone=around.timezone)
    conditions = _conditions(given.get("filter"))
    orders = [item for item in given.get("sort") or () if isinstance(item, dict) and item.get("key")]
    found = []
    for record in datastores.every(tx, store_id):
        values = datastores.values_of(record)
        if _passes(conditions, record, values, scope):
            found.append((record.key, values))
            if not orders and len(found) == limit:
                break
    for order in reversed(orders):
        path, down = to_text(order["key"]), str(order.get("order")) == "-1"
        found.sort(key=_by(path), reverse=down)
    bundles: list[Json] = [{"key": key, "data": values} for key, values in found[:limit]]
    if not bundles and flag(given.get("continueWhenNoRes", around.parameters.get("continueWhenNoRes"))):
        return [MARKER]
    return bundles


Condition = tuple[str, Any, Any]


def _conditions(value: Any) -> list[list[Condition]]:
    """(column, operator, value) in groups: groups are joined by or, conditions by and. A flat list is one group."""
    if value in (None, "", []):
        return []
    if not isinstance(value, list):
        raise ModuleError("BundleValidationError", "must be a list of conditions", field="filter")
    groups = value if all(isinstance(group, list) for group in value) else [value]
    made = []
    for group in groups:
        row: list[Condition] = []
        for condition in group:
            if not isinstance(condition, dict) or condition.get("a") in (None, ""):
                raise ModuleError("BundleValidationError", "a condition names a column", field="filter")
            try:
                operator = find_operator(condition.get("o", "exist"), "filter")
            except FilterError as error:
                raise ModuleError(
                    "BundleValidationError", error.message, field="filter", remedy=error.remedy
                ) from None
            row.append((to_text(condition["a"]), operator, condition.get("b")))
        made.append(row)
    return made


def _passes(conditions: list[list[Condition]], record: RecordView, values: Json, scope: Scope) -> bool:
    try:
        return not conditions or any(
            all(operator.test(_at(record.key, values, column), b, scope)[0] for column, operator, b in group)
            for group in conditions
        )
    except ExpressionError as error:
        raise ModuleError("DataError", str(error), field="filter") from None


def _at(key: str, values: Json, path: str) -> Any:
    """The value of a column, `address.city` within; `key` is the record's own where no column is called so."""
    if path not in values and path in {"key", "__KEY__"}:
        return key
    found: Any = values
    for name in [path] if path in values else path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _by(path: str) -> Callable[[tuple[str, Json]], Any]:
    """The order of (key, values) by a column."""
    return cmp_to_key(lambda a, b: _compared(_at(a[0], a[1], path), _at(b[0], b[1], path)))


def _compared(a: Any, b: Any) -> int:
    """-1, 0, 1. What is missing comes first; numbers by value, what cannot be compared as text."""
    if a is None or b is None:
        return (a is not None) - (b is not None)
    try:
        return int(a > b) - int(a < b)
    except TypeError:
        return (to_text(a) > to_text(b)) - (to_text(a) < to_text(b))


def _acting(name: str, label: str, act: Act) -> Tool:
    return Tool(f"datastore:{name}", f"Data store: {label}", act=_telling(act))


TOOLS: tuple[Tool, ...] = (
    _acting("AddRecord", "add or replace a record", _add),
    _acting("UpdateRecord", "update a record", _update),
    _acting("DeleteRecord", "delete a record", _delete),
    _acting("DeleteAll", "delete all records", _delete_all),
    _acting("DeleteAllRecords", "delete all records", _delete_all),
    Tool("datastore:GetRecord", "Data store: get a record", _reading(_get)),
    Tool("datastore:ExistRecord", "Data store: check that a record exists", _reading(_exists)),
    Tool("datastore:SearchRecord", "Data store: search records", _reading(_search, slow=True), feeds=True),
    Tool("datastore:CountRecord", "Data store: count records", _reading(_count)),
    Tool("datastore:CountRecords", "Data store: count records", _reading(_count)),
)
