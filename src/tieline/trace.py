"""The chain that a change belongs to, as it travels through headers and stays in the history."""

from __future__ import annotations

import msgspec

HEADER = "X-Tieline-Trace"


class Trace(msgspec.Struct, frozen=True, omit_defaults=True):
    """The chain a change belongs to: the execution that caused it, and how many scenarios deep it is."""

    execution: str = ""
    depth: int = 0
    scenario: int | None = None

    def header(self) -> str:
        """The form in which it travels: `<execution>;depth=<n>;scenario=<id>`."""
        tail = f";scenario={self.scenario}" if self.scenario is not None else ""
        return f"{self.execution};depth={self.depth}{tail}"

    @classmethod
    def parse(cls, header: str) -> Trace | None:
        """Read the header; None for one that makes no sense (it is only information)."""
        execution, *rest = header.split(";")
        values = dict(part.partition("=")[::2] for part in rest)
        depth, scenario = values.get("depth", "0"), values.get("scenario", "")
        if not execution.isalnum() or len(execution) > 64 or not depth.isdecimal() or len(depth) > 6:
            return None
        return cls(
            execution, int(depth), int(scenario) if scenario.isdecimal() and len(scenario) < 19 else None
        )
