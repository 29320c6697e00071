"""The modules' pages of the documentation, from their declarations."""

from __future__ import annotations

from tieline.modules import MODULES
from tieline.modules.module import Field, Module

KINDS = {
    "instant_trigger": "Instant trigger",
    "search": "Search",
    "action": "Action",
    "universal": "Universal",
}


def markdown() -> str:
    """Every module with its fields."""
    parts = [
        "# Modules",
        "The modules of the Cloze app. Bold labels are mandatory. They act for a connection: this account, another "
        "Tieline, or api.cloze.com.",
        *(_page(module) for module in MODULES.values()),
    ]
    return "\n\n".join(parts) + "\n"


def _page(module: Module) -> str:
    call = f"`{module.method} {module.path}`" if module.path else f"`{module.event or 'any path'}`"
    facts = f"{KINDS[module.kind]} · `{module.name}` · {call}" + (
        " · safe to repeat" if module.idempotent else ""
    )
    rows = ["| field | name | type | meaning |", "|---|---|---|---|"]
    rows += [row for found in module.fields for row in _rows(found)]
    return f"## {module.label}\n\n{module.description}\n\n{facts}\n\n" + "\n".join(rows)


def _rows(found: Field, inside: str = "") -> list[str]:
    label = f"**{found.label}**" if found.required else found.label
    choices = f" One of: {', '.join(option.label for option in found.options)}." if found.options else ""
    loaded = f" Loaded from the account ({found.choices})." if found.choices else ""
    default = f" Default: {found.default}." if found.default is not None else ""
    row = f"| {inside}{label} | `{found.name}` | {found.type} | {found.help}{choices}{loaded}{default} |"
    return [row, *(line for item in found.items for line in _rows(item, f"{found.label} › "))]
