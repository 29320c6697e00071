"""A case: what sets the scenario off, what the world answers, and what the scenario has to do. One YAML file each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from tieline.errors import InvalidInput

NOW = "2026-01-05T12:00:00Z"
Failure = Literal["timeout", "connection"]
CALL = "write it like: POST /v1/people/create, or GET https://example.org/path"


class Answered(msgspec.Struct, forbid_unknown_fields=True):
    """A recorded answer to a call; `*` in the call stands for anything.

    Several for one call are given in order, the last again and again. `query`: only for calls with these parameters.
    `fail`: no answer comes.
    """

    call: str
    query: dict[str, Any] | None = None
    status: int = 200
    headers: dict[str, str] = {}
    body: Any = None
    fail: Failure | None = None


class Called(msgspec.Struct, forbid_unknown_fields=True):
    """A call that has to be made. What is left out is not compared; what is given has to be the same."""

    call: str
    query: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    headers: dict[str, str] = {}
    body: Any = msgspec.UNSET


class ExpectedError(msgspec.Struct, forbid_unknown_fields=True):
    """What an execution has to end with. `message`: words that occur in it."""

    name: str | None = None
    message: str | None = None
    module: str | None = None


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """How the execution has to end, the calls it makes in order, how often modules run, and what they give."""

    status: str = "success"
    calls: list[Called] | None = None
    error: ExpectedError | None = None
    operations: dict[int, int] = {}
    outputs: dict[int, list[Any]] = {}


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One case. `trigger`: a bundle, a list of them, or nothing for a scenario that fetches for itself."""

    name: str
    trigger: Any = None
    now: str = NOW
    timezone: str = "UTC"
    answers: list[Answered] = []
    expect: Expected = msgspec.field(default_factory=Expected)

    @property
    def moment(self) -> float:
        """When it happens, in seconds since the epoch."""
        return datetime.fromisoformat(self.now).timestamp()

    @property
    def bundles(self) -> list[dict[str, Any]] | None:
        """The bundles that it begins with."""
        if self.trigger is None:
            return None
        found = self.trigger if isinstance(self.trigger, list) else [self.trigger]
        return [bundle if isinstance(bundle, dict) else {"value": bundle} for bundle in found]


def load_case(path: Path) -> Case:
    """The case of a file. Raises InvalidInput naming the file and what is wrong with it."""
    try:
        value = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise InvalidInput(f"{path}: this is no YAML{place}", field="case", remedy="mend it") from None
    plain = _plain(value)
    if isinstance(plain, dict):
        plain = {"name": path.stem, **plain}
    try:
        case = msgspec.convert(plain, Case, str_keys=True)
        moment = datetime.fromisoformat(case.now)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidInput(f"{path}: {error}", field="case", remedy="compare with docs/testing.md") from None
    if moment.tzinfo is None:
        case.now = moment.replace(tzinfo=UTC).isoformat()
    for one in [*case.answers, *(case.expect.calls or ())]:
        if len(one.call.split(" ")) != 2:
            raise InvalidInput(f"{path}: “{one.call}” is no call", field="call", remedy=CALL)
    return case


def _plain(value: Any) -> Any:
    """YAML as JSON has it: moments and days are texts."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name if isinstance(name, int) else str(name): _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
