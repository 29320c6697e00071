"""Imports run downhill: the hill is drawn here, the imports are read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "src"
PACKAGE = ROOT / "tieline"

# From the top down. Rooms on one line stand side by side and do not look into each other.
HILL = (
    ("cli", "__main__"),
    ("app",),
    ("web", "mcp", "control"),
    ("api", "scenarios", "importing"),
    ("crm", "modules"),
    ("jobs", "client"),
    ("store",),
    ("query", "expressions"),
    ("records",),
    ("http", "mail", "observing", "vault"),
    ("settings",),
    ("errors", "clock", "ids", "trace"),
)
LEVEL = {room: -level for level, rooms in enumerate(HILL) for room in rooms}
# The two halves of the house meet on the wire: these reach an account as they reach any other server.
NEVER = {
    ("scenarios", "crm"): "reach the account through client/",
    ("modules", "store"): "only connections are kept there",
    ("client", "store"): "a client knows the wire alone",
}
# modules/connections.py keeps the connections of an account.
EXCEPT = {("tieline.modules.connections", "store")}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(), str(path))


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module of ours that is imported anywhere in the file, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.startswith("tieline"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "tieline":
            # `from tieline import clock` names a room; `from tieline import __version__` names none.
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((name, node.lineno) for name in whole)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def uphill(module: str, target: str) -> str | None:
    """Why this import runs uphill, or None."""
    here, there = room_of(module), room_of(target)
    if here is None or there is None or here == there or there not in LEVEL:
        return None
    if (here, there) in NEVER and (module, there) not in EXCEPT:
        return NEVER[here, there]
    if LEVEL[here] <= LEVEL[there]:
        return f"{there} is {'beside' if LEVEL[here] == LEVEL[there] else 'above'} {here}"
    return None


def test_every_room_has_its_place() -> None:
    rooms = {room for name, _ in modules() if (room := room_of(name))}
    assert rooms <= LEVEL.keys(), f"draw {sorted(rooms - LEVEL.keys())} on the hill"


def test_imports_run_downhill() -> None:
    wrong = [
        f"{name}:{line} imports {target}: {why}"
        for name, tree in modules()
        for target, line in imported(tree)
        if (why := uphill(name, target))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("tieline.crm.relations", "tieline.api.envelope"),
        ("tieline.scenarios.engine", "tieline.crm.accounts"),
        ("tieline.store.sqlite", "tieline.records.person"),
        ("tieline.client.client", "tieline.jobs"),
        ("tieline.errors", "tieline.settings"),
    ],
)
def test_the_hill_is_steep(module: str, target: str) -> None:
    assert (uphill(module, target) is None) == (module == "tieline.store.sqlite")
