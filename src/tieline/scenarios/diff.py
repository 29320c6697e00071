"""What is different between two versions of a blueprint, module by module."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Final, Literal, NamedTuple

import msgspec

from tieline.modules import find_module
from tieline.scenarios.blueprint import Blueprint, Json, Step
from tieline.scenarios.plan import DIRECTIVES, FORK_LABELS
from tieline.scenarios.tools import TOOLS

Kind = Literal[
    "added",
    "removed",
    "moved",
    "replaced",
    "mapped",
    "filtered",
    "handler",
    "routes",
    "renamed",
    "settings",
    "layout",
]
WORDS: Final[dict[str, str]] = {
    "added": "added",
    "removed": "removed",
    "moved": "moved",
    "replaced": "another module",
    "mapped": "mapped differently",
    "filtered": "filtered differently",
    "handler": "another error handler",
    "routes": "other routes",
    "renamed": "renamed",
    "settings": "set differently",
    "layout": "drawn elsewhere",
}
FLOWS = frozenset({"onerror", "routes", "branches"})
TOLD = frozenset({"id", "module", "version", "parameters", "mapper", "filter", "metadata", *FLOWS})
SCENARIO = "Scenario"


class Change(msgspec.Struct, frozen=True):
    """One difference. `field`: the JSON pointer inside the module, or the scenario, where it is; "" for the whole."""

    kind: Kind
    module_id: int | None
    label: str
    field: str = ""
    before: Any = None
    after: Any = None

    @property
    def words(self) -> str:
        """The kind in plain words."""
        return WORDS[self.kind]


class _Seat(NamedTuple):
    """A module and the flow it stands in."""

    step: Step
    line: str


def diff(before: Blueprint, after: Blueprint) -> list[Change]:
    """Every difference: the scenario's own first, then the modules in the order in which they stand."""
    old, new = _seats(before), _seats(after)
    moved = _moved(old, new)
    made = [*_of_scenario(before.raw, after.raw)]
    for number, seat in new.items():
        if number not in old:
            made.append(Change("added", number, label(seat.step.raw), after=_where(seat, new)))
            continue
        if number in moved:
            was, now = _where(old[number], old), _where(seat, new)
            made.append(Change("moved", number, label(seat.step.raw), before=was, after=now))
        made += _of_module(number, old[number].step.raw, seat.step.raw)
    made += [
        Change("removed", number, label(seat.step.raw), before=_where(seat, old))
        for number, seat in old.items()
        if number not in new
    ]
    return made


def label(raw: Json) -> str:
    """What a module is called."""
    name = str(raw.get("module") or "")
    metadata = raw.get("metadata")
    designer = metadata.get("designer") if isinstance(metadata, dict) else None
    own = designer.get("name") if isinstance(designer, dict) else None
    known, tool = find_module(name), TOOLS.get(name)
    found = known.label if known else tool.label if tool else FORK_LABELS.get(name)
    return str(own or found or name.rpartition(":")[2])


def _seats(blueprint: Blueprint) -> dict[int, _Seat]:
    """Each module with the line it stands in: the main flow, a route, a handler, named by the module it hangs on."""
    steps = list(blueprint.walk())
    names = {step.pointer: step.id for step in steps}
    made: dict[int, _Seat] = {}
    for step in steps:
        if isinstance(step.id, int) and step.id not in made:
            made[step.id] = _Seat(step, _line(step.pointer.rpartition("/")[0], names))
    return made


def _line(pointer: str, names: dict[str, Any]) -> str:
    """`/flow/2/routes/0/flow` as `route 1 of module 7`."""
    parts = pointer.split("/")[1:]
    for size in range(len(parts) - 1, 0, -1):
        owner = "/" + "/".join(parts[:size])
        if owner in names:
            rest = parts[size:]
            kind = {"routes": "route", "branches": "branch"}.get(rest[0])
            inside = f"{kind} {int(rest[1]) + 1}" if kind else "the error handler"
            return f"{inside} of module {names[owner]}"
    return "the main flow" if parts == ["flow"] else "what is not connected"


def _where(seat: _Seat, seats: dict[int, _Seat]) -> str:
    """Where a module stands, in words."""
    before = [
        number
        for number, other in seats.items()
        if other.line == seat.line and other.step.position == seat.step.position - 1
    ]
    return f"{seat.line}, behind module {before[0]}" if before else f"{seat.line}, first"


def _moved(old: dict[int, _Seat], new: dict[int, _Seat]) -> set[int]:
    """Modules that stand in another line, or elsewhere among those that stayed in theirs."""
    both = [number for number in new if number in old]
    moved = {number for number in both if old[number].line != new[number].line}
    for line in {new[number].line for number in both}:
        was = [n for n, seat in old.items() if seat.line == line and n in new and n not in moved]
        now = [n for n, seat in new.items() if seat.line == line and n in old and n not in moved]
        kept = {
            was[position]
            for block in SequenceMatcher(a=was, b=now, autojunk=False).get_matching_blocks()
            for position in range(block.a, block.a + block.size)
        }
        moved |= set(now) - kept
    return moved


def _of_module(number: int, old: Json, new: Json) -> Iterator[Change]:
    called = label(new)
    for name in ("module", "version"):
        if old.get(name) != new.get(name):
            yield Change("replaced", number, called, f"/{name}", old.get(name), new.get(name))
    for part in ("mapper", "parameters"):
        for field, was, now in differences(old.get(part), new.get(part), f"/{part}"):
            yield Change("mapped", number, called, field, was, now)
    if old.get("filter") != new.get("filter"):
        yield Change("filtered", number, called, "/filter", old.get("filter"), new.get("filter"))
    if (was := _line_up(old.get("onerror"))) != (now := _line_up(new.get("onerror"))):
        yield Change("handler", number, called, "/onerror", was, now)
    for part in ("routes", "branches"):
        if (before := _without_flows(old.get(part))) != (after := _without_flows(new.get(part))):
            yield Change("routes", number, called, f"/{part}", before, after)
    for name in sorted((set(old) | set(new)) - TOLD):
        for field, was_, now_ in differences(old.get(name), new.get(name), f"/{name}"):
            yield Change("settings", number, called, field, was_, now_)
    yield from _of_metadata(number, called, old.get("metadata"), new.get("metadata"))


def _of_metadata(number: int, called: str, old: Any, new: Any) -> Iterator[Change]:
    was, now = (dict(one) if isinstance(one, dict) else {} for one in (old, new))
    drawn = [one.pop("designer", None) for one in (was, now)]
    before, after = (one if isinstance(one, dict) else {} for one in drawn)
    for field, earlier, later in differences(before, after, "/metadata/designer"):
        kind: Kind = "renamed" if field == "/metadata/designer/name" else "layout"
        yield Change(kind, number, called, field, earlier, later)
    for field, earlier, later in differences(was, now, "/metadata"):
        yield Change("settings", number, called, field, earlier, later)


def _of_scenario(old: Json, new: Json) -> Iterator[Change]:
    for name in [*old, *(name for name in new if name not in old)]:
        if name == "flow":
            continue
        for field, was, now in differences(old.get(name), new.get(name), f"/{name}"):
            if field.startswith("/metadata/designer/orphans"):
                continue  # told as modules
            kind: Kind = "renamed" if field == "/name" else "settings"
            yield Change(kind, None, SCENARIO, field, was, now)


def differences(old: Any, new: Any, pointer: str) -> Iterator[tuple[str, Any, Any]]:
    """(JSON pointer, before, after) of every value that is different; lists of other lengths as a whole."""
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            yield from differences(old.get(name), new.get(name), f"{pointer}/{_escaped(name)}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for position, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from differences(was, now, f"{pointer}/{position}")
    else:
        yield pointer, old, new


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _line_up(flow: Any) -> list[str]:
    """A handler in words: its modules in order."""
    found = [raw for raw in (flow if isinstance(flow, list) else []) if isinstance(raw, dict)]
    return [DIRECTIVES.get(str(raw.get("module")), label(raw)) for raw in found]


def _without_flows(routes: Any) -> Any:
    if not isinstance(routes, list):
        return routes
    return [
        {name: value for name, value in route.items() if name != "flow"} if isinstance(route, dict) else route
        for route in routes
    ]
