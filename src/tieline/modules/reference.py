"""The modules' pages of the documentation, from their declarations and examples."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from tieline.modules import MODULES
from tieline.modules.examples import EXAMPLES
from tieline.modules.inputs import checked, plain, request_of
from tieline.modules.module import Field, Module
from tieline.modules.signatures import python_name

KINDS = {
    "instant_trigger": "Instant trigger",
    "search": "Search",
    "action": "Action",
    "universal": "Universal",
}


def markdown() -> str:
    """Every module in a line, with the way to its page."""
    rows = ["| module | kind | what it does | call |", "|---|---|---|---|"]
    for module in MODULES.values():
        link = f"[{module.label}](modules/{module.slug}.md)"
        rows.append(f"| {link} | {KINDS[module.kind]} | {module.description} | {_call(module)} |")
    parts = [
        "# Modules",
        "The modules of the Cloze app. They act for a connection: this account, another Tieline, or api.cloze.com. Each can "
        "be a step of a scenario, run on its page (`/modules`), as a command, as a Python method, and as a tool of an "
        "assistant (`tieline mcp`, or `/mcp` with the API key as bearer).",
        "\n".join(rows),
    ]
    return "\n\n".join(parts) + "\n"


def page(module: Module) -> str:
    """The page of one module."""
    facts = [KINDS[module.kind], f"`{module.name}`", _call(module)]
    facts += ["safe to repeat"] if module.idempotent else []
    facts += ["can be tried without changing anything"] if module.dry_run else []
    parts = [
        f"# {module.label}",
        f"[All modules](../modules.md) · {' · '.join(facts)}",
        module.description,
        "## Fields",
        "Bold labels are mandatory; *advanced* ones are folded in the dialog.",
        _table(module.fields, "It has none."),
        *_example(module),
        "## Output",
        _table(module.output, "It gives nothing."),
    ]
    return "\n\n".join(parts) + "\n"


def _call(module: Module) -> str:
    return f"`{module.method} {module.path}`" if module.path else f"`{module.event or 'any path'}`"


def _example(module: Module) -> list[str]:
    example = EXAMPLES[module.slug]
    parts = ["## Example", "Input:", _block("json", _json(example.given))]
    if module.kind == "instant_trigger":
        parts += [
            "It registers its webhook when the scenario is switched on:",
            _block("http", subscription(module)),
        ]
    else:
        parts += [
            "As a command, and from Python:",
            _block("sh", command(module)),
            _block("python", call(module)),
        ]
        parts += ["The call it makes:", _block("http", request(module))]
    title = "The bundle it gives" + (", among other fields:" if module.answer or example.then else ":")
    return [*parts, title, _block("json", _json(example.gives))]


def command(module: Module) -> str:
    """The example as somebody types it."""
    words = ["tieline", "module", "run", module.label]
    for name, value in EXAMPLES[module.slug].given.items():
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        words += ["--set", f"{name}={text}"]
    return shlex.join(words)


def call(module: Module) -> str:
    """The example as Python."""
    given = EXAMPLES[module.slug].given
    arguments = ", ".join(f"{python_name(name)}={value!r}" for name, value in given.items())
    made = f"cloze.modules.{python_name(module.slug)}({arguments})"
    return f"list({made})" if module.kind == "search" else made


def request(module: Module) -> str:
    """The HTTP request of the example."""
    values = checked(module, EXAMPLES[module.slug].given)
    if module.kind == "universal":
        query = {pair["key"]: pair["value"] for pair in values.get("qs") or ()}
        return f"{values['method']} {values['url']}" + (f"?{urlencode(query)}" if query else "")
    made = request_of(module, values)
    query = {name: _text(value) for name, value in made.query.items()}
    if module.kind == "search":
        query |= {"pagesize": str(min(values["limit"], 100)), "pagenumber": "1"}
    line = f"{module.method} {module.path}" + (f"?{urlencode(query)}" if query else "")
    return f"{line}\n\n{_json(plain(made.body))}" if made.body else line


def subscription(module: Module) -> str:
    """The HTTP request that registers a trigger's webhook."""
    body = {
        "event": module.event,
        "target_url": "https://…",
        "client_reference": EXAMPLES[module.slug].given["name"],
    }
    return f"POST /v1/webhooks/subscribe\n\n{_json(body)}"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _table(fields: tuple[Field, ...], without: str) -> str:
    if not fields:
        return without
    rows = ["| field | name | type | meaning |", "|---|---|---|---|"]
    return "\n".join([*rows, *(row for found in fields for row in _rows(found))])


def _rows(found: Field, inside: str = "") -> list[str]:
    label = f"**{found.label}**" if found.required else found.label
    choices = f" One of: {', '.join(option.label for option in found.options)}." if found.options else ""
    loaded = f" Loaded from the account ({found.choices})." if found.choices else ""
    default = f" Default: {found.default}." if found.default is not None else ""
    shown = f" Shown when {found.when[0]} is {found.when[1]}." if found.when else ""
    advanced = " *Advanced.*" if found.advanced else ""
    row = f"| {inside}{label} | `{found.name}` | {found.type} | {found.help}{choices}{loaded}{default}{shown}{advanced} |"
    return [row, *(line for item in found.items for line in _rows(item, f"{inside}{found.label} › "))]
