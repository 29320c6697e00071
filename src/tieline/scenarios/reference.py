"""What of Make runs here, from the code: the table of docs/reference/make.md."""

from __future__ import annotations

from tieline.expressions import FUNCTIONS
from tieline.modules import MODULES
from tieline.scenarios.filters import OPERATORS
from tieline.scenarios.lint.builtin import BUILT_IN
from tieline.scenarios.lint.form import starts
from tieline.scenarios.placeholders import OURS
from tieline.scenarios.plan import DIRECTIVES, FORK_LABELS, HOOK, RESPOND
from tieline.scenarios.tools import TOOLS

OTHERS = {HOOK: "Custom webhook", RESPOND: "Webhook response", **FORK_LABELS}
# What an exported blueprint may carry, and what becomes of it.
SETTINGS = {
    "roundtrips": "cycles of one execution",
    "maxErrors": "failures in a row before the scenario is paused",
    "autoCommit": "each operation is final at once, or all at the end of the cycle",
    "autoCommitTriggerLast": "the trigger's position moves when the cycle is final, in either case",
    "sequential": "one execution after the other",
    "confidential": "the history keeps names and types only",
    "dataloss": "go on when there is no room for an incomplete execution",
    "dlq": "incomplete executions are kept",
    "freshVariables": "variables are forgotten between cycles",
    "slots": "no effect here; kept",
}


def markdown() -> str:
    """The page."""
    lines = [
        "# What of Make runs here",
        "",
        "Names are those of an exported blueprint. What is not in these tables is kept byte for byte, named by",
        "`tieline scenario losses FILE`, and can be made into an HTTP call ([versions](../versions.md#what-is-not-here)).",
        "",
        "## Modules",
        "",
        "| name | what it is | version | role |",
        "|---|---|---|---|",
        *(_row(name) for name in sorted({*TOOLS, *DIRECTIVES, *OTHERS, *BUILT_IN})),
        *(
            f"| `{module.name}` | {module.label} | 1 | {_words(module.kind, extended=module.extended)} |"
            for module in MODULES.values()
        ),
        "",
        "## Settings of a scenario",
        "",
        "| setting | here |",
        "|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in SETTINGS.items()),
        "",
        "## Filter operators",
        "",
        f"All {len(OPERATORS)}: " + ", ".join(f"`{code}`" for code in OPERATORS) + ".",
        "",
        "## Functions",
        "",
        f"Make's {sum(f.portable for f in FUNCTIONS.values())}: "
        + ", ".join(f"`{name}`" for name, f in sorted(FUNCTIONS.items()) if f.portable)
        + ".",
        "",
        "Only here, told when a blueprint is exported for Make: "
        + ", ".join(f"`{name}`" for name, f in sorted(FUNCTIONS.items()) if not f.portable)
        + ". [All with examples](expressions.md).",
    ]
    return "\n".join(lines) + "\n"


def _row(name: str) -> str:
    tool, known = TOOLS.get(name), BUILT_IN.get(name)
    label = tool.label if tool else OTHERS.get(name) or name.rpartition(":")[2]
    role = "error directive" if name in DIRECTIVES else "flow" if tool is None else _role(name)
    if name == HOOK:
        role = "trigger"
    if name in OURS:
        role += ", only here"
    return f"| `{name}` | {label} | {known.version if known else 1} | {role} |"


def _role(name: str) -> str:
    tool = TOOLS[name]
    if starts(name):
        return "trigger"
    if tool.aggregates:
        return "aggregator"
    return "one bundle to many" if tool.feeds else "action"


def _words(kind: str, *, extended: bool) -> str:
    words = {"instant_trigger": "instant trigger", "universal": "any call"}.get(kind, kind)
    return f"{words}, only here" if extended else words
