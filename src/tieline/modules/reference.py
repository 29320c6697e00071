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
from tieline.modules.watching import watch_of

KINDS = {
    "instant_trigger": "Instant trigger",
    "search": "Search",
    "action": "Action",
    "universal": "Universal",
}


def markdown() -> str:
    """Every module in a line, with the way to its page."""
    parts = [
        "# Modules",
        "The modules of the Cloze app. They act for a connection: this account, another Tieline, or api.cloze.com. Each can "
        "be a step of a scenario, run on its page (`/modules`), as a command, as a Python method, and as a tool of an "
        "assistant (`tieline mcp`, or `/mcp` with the API key as bearer).",
        _overview(extended=False),
        "## Extended",
        "Beyond the 22 of Cloze. In blueprints they belong to the app `tieline`, which Make does not know. Those that call "
        "`/v1/x/…`, or watch the timeline, need a connection to a Tieline server; the others work with api.cloze.com too. "
        "Some fields of the 22 are extended as well: they are folded among the advanced ones, and their pages name them.",
        _overview(extended=True),
    ]
    return "\n\n".join(parts) + "\n"


def _overview(*, extended: bool) -> str:
    rows = ["| module | kind | what it does | call |", "|---|---|---|---|"]
    for module in MODULES.values():
        if module.extended == extended:
            link = f"[{module.label}](modules/{module.slug}.md)"
            rows.append(f"| {link} | {KINDS[module.kind]} | {module.description} | {_call(module)} |")
    return "\n".join(rows)


def page(module: Module) -> str:
    """The page of one module."""
    facts = [KINDS[module.kind], f"`{module.name}`", _call(module)]
    facts += ["**extended**: beyond the 22 of Cloze"] if module.extended else []
    facts += ["needs a Tieline server"] if module.needs_tieline else []
    facts += ["safe to repeat"] if module.idempotent else []
    facts += ["can be tried without changing anything"] if module.dry_run else []
    parts = [
        f"# {module.label}",
        f"[All modules](../modules.md) · {' · '.join(facts)}",
        module.description,
        "## Fields",
        "Bold labels are mandatory; *advanced* ones are folded in the dialog, and so are *extended* ones, which "
        "Cloze's module has not."
        if any(found.extended for found in module.fields)
        else "Bold labels are mandatory; *advanced* ones are folded in the dialog.",
        _table(module.fields, "It has none."),
        *_example(module),
        "## Output",
        _table(module.output, "It gives nothing."),
    ]
    return "\n\n".join(parts) + "\n"


def _call(module: Module) -> str:
    if module.path:
        return f"`{module.method} {module.path}`"
    events = module.field_of("event") if module.event == "{event}" else None
    if events is not None:
        return ", ".join(f"`{option.value}`" for option in events.options)
    return f"`{module.event or 'any path'}`"


def _example(module: Module) -> list[str]:
    example = EXAMPLES[module.slug]
    source = example.of_each
    title = f"Input, for each bundle of {MODULES[source[0]].label}:" if source else "Input:"
    parts = ["## Example", title, _block("json", _json(example.given))]
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
    more = module.answer or module.read or module.reads_back or module.paging == "stamp" or example.then
    one = "One of the bundles it gives" if module.paging == "once" else "The bundle it gives"
    title = one + (", among other fields:" if more else ":")
    return [*parts, title, _block("json", _json(example.gives))]


def command(module: Module) -> str:
    """The example as somebody types it."""
    example = EXAMPLES[module.slug]
    words = ["tieline", "module", "run", module.label]
    if example.of_each is None:
        return shlex.join([*words, *_set("--set", example.given)])
    slug, given = example.of_each
    first = ["tieline", "module", "run", MODULES[slug].label, *_set("--set", given)]
    return f"{shlex.join(first)} |\n  {shlex.join([*words, *_set('--map', example.given)])}"


def _set(option: str, given: Mapping[str, Any]) -> list[str]:
    made = []
    for name, value in given.items():
        made += [option, f"{name}={value if isinstance(value, str) else msgspec.json.encode(value).decode()}"]
    return made


def call(module: Module) -> str:
    """The example as Python."""
    example = EXAMPLES[module.slug]
    if example.of_each is not None:
        slug, given = example.of_each
        mapped = {name: text.strip("{}") for name, text in example.given.items()}
        arguments = ", ".join(f"{python_name(name)}=found[{path!r}]" for name, path in mapped.items())
        return f"[cloze.modules.{python_name(module.slug)}({arguments}) for found in {_method(slug, given)}]"
    made = _method(module.slug, example.given)
    return f"list({made})" if module.kind == "search" else made


def _method(slug: str, given: Mapping[str, Any]) -> str:
    arguments = ", ".join(f"{python_name(name)}={value!r}" for name, value in given.items())
    return f"cloze.modules.{python_name(slug)}({arguments})"


def request(module: Module) -> str:
    """The HTTP request of the example."""
    values = checked(module, EXAMPLES[module.slug].given)
    if module.kind == "universal":
        query = {pair["key"]: pair["value"] for pair in values.get("qs") or ()}
        return f"{values['method']} {values['url']}" + (f"?{urlencode(query)}" if query else "")
    made = request_of(module, values)
    query = {name: _text(value) for name, value in made.query.items()}
    if module.kind == "search" and module.paging == "numbers":
        query |= {"pagesize": str(min(values["limit"], 100)), "pagenumber": "1"}
    if module.paging == "cursor":
        query |= {"pagesize": str(values["limit"])}
    if module.paging == "stamp":
        made.body["limit"] = values["limit"]
    line = f"{module.method} {made.path}" + (f"?{urlencode(query)}" if query else "")
    if module.lines is not None:
        lines = (msgspec.json.encode(plain(record)).decode() for record in made.body[module.lines])
        return "\n".join([line, "", *lines])
    return f"{line}\n\n{_json(plain(made.body))}" if made.body else line


def subscription(module: Module) -> str:
    """The HTTP request that registers a trigger's webhook."""
    given = EXAMPLES[module.slug].given
    watch = watch_of(module, given)
    body = {
        "event": watch.event,
        "target_url": "https://…",
        "client_reference": given["name"],
        **watch.narrowed,
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
    advanced = " *Extended.*" if found.extended else " *Advanced.*" if found.advanced else ""
    row = f"| {inside}{label} | `{found.name}` | {found.type} | {found.help}{choices}{loaded}{default}{shown}{advanced} |"
    return [row, *(line for item in found.items for line in _rows(item, f"{inside}{found.label} › "))]
