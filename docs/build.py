"""Write the generated parts of docs/ from the declarations; `--check` fails when one is out of date.

python -m docs.build [--check]
"""

from __future__ import annotations

import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from tieline.expressions import reference as expressions
from tieline.records import schema
from tieline.settings import Settings

HERE = Path(__file__).parent
NOTE = "<!-- Written by `make docs` from the declarations. Do not edit. -->\n\n"


def settings_table() -> str:
    """Every setting with its environment variable, default and help."""
    rows = ["# Settings\n", "| variable | default | meaning |", "|---|---|---|"]
    hints = typing.get_type_hints(Settings, include_extras=True)
    for info in msgspec.structs.fields(Settings):
        meta = hints[info.name].__metadata__[0]
        default = (
            ", ".join(f"{n:g}" for n in info.default)
            if isinstance(info.default, tuple)
            else str(info.default)
        )
        rows.append(
            f"| `TIELINE_{info.name.upper()}` | {f'`{default}`' if default else '–'} | {meta.description} |"
        )
    return "\n".join(rows) + "\n"


def modules_page() -> str:
    """Every module in a line."""
    from tieline.modules import reference

    return reference.markdown()


def findings_page() -> str:
    """Every code of lint."""
    from tieline.scenarios.lint import CODES

    rows = [
        "# Findings of lint\n",
        "`tieline scenario lint FILE`, an import, a save and the scenario's page say these of a blueprint, each with a JSON",
        "pointer and what to do. An error keeps the scenario from running; the others do not.\n",
        "| code | severity | meaning |",
        "|---|---|---|",
        *(f"| `{code}` | {known.severity} | {known.meaning} |" for code, known in CODES.items()),
    ]
    return "\n".join(rows) + "\n"


def conformance_page() -> str:
    """Every operation with what the tests do with it."""
    from docs import conformance

    return conformance.page()


def make_page() -> str:
    """What of Make runs here."""
    from tieline.scenarios import reference

    return reference.markdown()


PAGES: dict[str, Callable[[], str]] = {
    "reference/fields.md": schema.markdown,
    "reference/settings.md": settings_table,
    "reference/expressions.md": expressions.markdown,
    "reference/modules.md": modules_page,
    "reference/conformance.md": conformance_page,
    "reference/findings.md": findings_page,
    "reference/make.md": make_page,
}


def methods_stub() -> str:
    """The modules as Python methods, for editors and type checkers."""
    from tieline.modules import MODULES, signatures

    return formatted(signatures.stub(list(MODULES.values())), "x.pyi")


def formatted(text: str, name: str) -> str:
    """The text as `ruff format` leaves it: a generated file is formatted like every other."""
    command = [Path(sys.executable).parent / "ruff", "format", "-q", "--stdin-filename", name, "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


# Generated files outside docs/, by their path from here.
FILES: dict[str, Callable[[], str]] = {"../src/tieline/modules/methods.pyi": methods_stub}


def made() -> Iterator[tuple[str, str]]:
    """Every generated file with its text."""
    for name, make in PAGES.items():
        yield name, NOTE + make()
    yield from module_pages()
    for name, make in FILES.items():
        yield name, make()


def module_pages() -> Iterator[tuple[str, str]]:
    """A page for every module."""
    from tieline.modules import MODULES, reference

    for module in MODULES.values():
        yield f"reference/modules/{module.slug}.md", formatted(NOTE + reference.page(module), "x.md")


def main(arguments: list[str]) -> int:
    """Write or compare every page. Returns the exit code."""
    stale = []
    for name, text in made():
        path = HERE / name
        if path.exists() and path.read_text() == text:
            continue
        if "--check" in arguments:
            stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"wrote docs/{name}")
    if stale:
        print(f"out of date: {', '.join(stale)}; run `make docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
