"""What makes one bundle of many (scenario-engine 1.11)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from tieline.expressions import to_text
from tieline.modules.errors import ModuleError
from tieline.modules.inputs import plain
from tieline.scenarios.tools.tool import Json, Surroundings, Tool, flag, number

INDENTS: dict[str, int | str | None] = {"2": 2, "4": 4, "\t": "\t", "tab": "\t"}
SEPARATORS = {
    "\\n": "\n",
    "\\t": "\t",
    "newline": "\n",
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "space": " ",
}


def _array(items: list[Json], around: Surroundings) -> Json:
    return {"array": items}


def _text(items: list[Json], around: Surroundings) -> Json:
    separator = _separator(around, "rowSeparator", "")
    return {"text": separator.join(to_text(item.get("value")) for item in items)}


def _separator(around: Surroundings, name: str, default: str) -> str:
    """The separator chosen; `other` is written in a field of its own."""
    chosen = str(around.parameters.get(name, default))
    if chosen == "other":
        chosen = str(around.parameters.get(f"other{name[0].upper()}{name[1:]}", ""))
    return SEPARATORS.get(chosen, chosen)


def _numeric(items: list[Json], around: Surroundings) -> Json:
    function = around.parameters.get("fn")
    if function == "count":
        return {"result": len(items)}
    numbers = [
        number(item.get("value"), "value", -1e300, 1e300)
        for item in items
        if item.get("value") not in (None, "")
    ]
    match function:
        case "sum":
            return {"result": sum(numbers)}
        case "avg":
            return {"result": sum(numbers) / len(numbers) if numbers else None}
        case "max":
            return {"result": max(numbers, default=None)}
        case "min":
            return {"result": min(numbers, default=None)}
    raise ModuleError("BundleValidationError", "must be avg, sum, count, max or min", field="fn")


def _table(items: list[Json], around: Surroundings) -> Json:
    columns, rows = _separator(around, "columnSeparator", "\t"), _separator(around, "rowSeparator", "\n")
    return {"text": rows.join(columns.join(to_text(value) for value in item.values()) for item in items)}


def json_text(value: Any, space: Any) -> str:
    """JSON with the indentation that was chosen."""
    indent = INDENTS.get(str(space or ""))
    separators = (",", ":") if indent is None else None
    return json.dumps(plain(value), ensure_ascii=False, indent=indent, separators=separators)


def _json(items: list[Json], around: Surroundings) -> Json:
    return {"json": json_text(items, around.parameters.get("space"))}


def _csv(items: list[Json], around: Surroundings) -> Json:
    """Rows of the items' columns, in the order in which they are mapped."""
    written = io.StringIO()
    names = list(dict.fromkeys(name for item in items for name in item))
    writer = csv.writer(written, delimiter=delimiter_of(around.parameters), lineterminator="\n")
    if flag(around.parameters.get("includeHeaders", around.parameters.get("includeHeader"))) and names:
        writer.writerow(names)
    writer.writerows([[to_text(item.get(name)) for name in names] for item in items])
    return {"csv": written.getvalue().removesuffix("\n")}


def delimiter_of(parameters: Json) -> str:
    """The character between columns. Raises ModuleError for more than one."""
    chosen = str(parameters.get("delimiter") or parameters.get("columnSeparator") or ",")
    if chosen == "other":
        chosen = str(parameters.get("otherDelimiter") or ",")
    found = SEPARATORS.get(chosen, chosen)
    if len(found) != 1 or found in '"\r\n':
        raise ModuleError("BundleValidationError", "must be one character", field="delimiter")
    return found


TOOLS: tuple[Tool, ...] = (
    Tool("builtin:BasicAggregator", "Array aggregator", collect=_array),
    Tool("util:TextAggregator", "Text aggregator", collect=_text),
    Tool("util:FunctionAggregator2", "Numeric aggregator", collect=_numeric),
    Tool("util:AggregateAggregator", "Table aggregator", collect=_table),
    Tool("json:AggregateToJSON", "JSON: aggregate", collect=_json),
    Tool("csv:CreateCSV", "CSV: create", collect=_csv),
)
