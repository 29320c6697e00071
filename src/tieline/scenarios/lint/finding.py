"""What lint can say: the codes with their severities, and one finding (scenario-engine 1.20)."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import msgspec

Severity = Literal["error", "warning", "info"]


class Code(NamedTuple):
    """A code: how bad it is, and what it is about."""

    severity: Severity
    meaning: str


CODES: Final[dict[str, Code]] = {
    "BP001": Code("error", "The text is no blueprint: not JSON, or without a flow."),
    "BP002": Code("error", "A module's id is missing, not a positive whole number, or used twice."),
    "BP003": Code("error", "A module's name is not of the form app:Name."),
    "BP004": Code("warning", "This server does not know the module or its version."),
    "BP005": Code("error", "A filter operator does not exist."),
    "BP006": Code("error", "An expression cannot be read."),
    "BP007": Code("error", "A mapping uses a module that does not exist."),
    "BP008": Code("error", "A mapping uses a module that does not run before, or is hidden by an aggregator."),
    "BP009": Code("warning", "A mapping uses a field that the module does not give."),
    "BP010": Code("error", "An aggregator has no source module in front of it, or shares it with another."),
    "BP011": Code("error", "A directive stands outside an error handler, or has one itself."),
    "BP012": Code("warning", "A filter before the first module is ignored."),
    "BP013": Code("error", "A router is not at the end of its flow, or a merge does not follow an if-else."),
    "BP014": Code("warning", "A connection or another resource is not connected here."),
    "BP015": Code("error", "A required field is empty, or a written value is not allowed."),
    "BP016": Code("warning", "A mapped value cannot fit: a list into a number, a number where a date is needed."),
    "BP017": Code("warning", "Break has nowhere to keep the bundle: incomplete executions are not stored."),
    "BP018": Code("warning", "A trigger is not the first module."),
    "BP019": Code("warning", "An expression that is probably not meant: a bare {{1}}, [0], commas, curly quotes."),
    "BP020": Code("info", "A setting that has no effect here."),
}  # fmt: skip


class Finding(msgspec.Struct, frozen=True):
    """One finding. `pointer`: JSON pointer into the bare blueprint; `module_id`: the module it concerns, if any."""

    code: str
    severity: Severity
    message: str
    pointer: str = ""
    module_id: int | None = None
    suggestion: str | None = None


def found(code: str, message: str, pointer: str, suggestion: str, module_id: object = None) -> Finding:
    """A finding with the severity of its code."""
    number = module_id if isinstance(module_id, int) and not isinstance(module_id, bool) else None
    return Finding(code, CODES[code].severity, message, pointer, number, suggestion)
