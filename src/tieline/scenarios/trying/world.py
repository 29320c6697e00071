"""The world of a case: a database of its own, a clock that is moved, and a door behind which recorded answers lie."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from multidict import CIMultiDict

from tieline import clock
from tieline.client import Transport
from tieline.errors import TielineError
from tieline.http import MAX_SIZE, TIMEOUT, Answer, Door, RequestFailed
from tieline.jobs import Job, Retry
from tieline.modules import connections
from tieline.scenarios import bindings, history, keychains, library, state
from tieline.scenarios.blueprint import Blueprint
from tieline.scenarios.executing import Executor
from tieline.scenarios.history import ExecutionView
from tieline.scenarios.resources import resources
from tieline.scenarios.shared import Shared
from tieline.scenarios.trying.case import Answered, Case
from tieline.settings import Settings, load
from tieline.store.database import Database, Row, Transaction, open_database
from tieline.store.tables import account
from tieline.vault import Vault

CLOZE = "https://api.cloze.com"
CREDENTIALS = frozenset({"user", "api_key"})
MOST_ATTEMPTS = 12
KEYS = {"key": "a key of the case"}


class Outgoing(msgspec.Struct):
    """A call as the scenario made it."""

    call: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Outcome(msgspec.Struct):
    """How a case went: the execution, and every call."""

    execution: ExecutionView
    calls: list[Outgoing]
    unanswered: list[str]


class RecordedDoor(Door):
    """Nothing leaves through it: every request finds its recorded answer, or is noted as unanswered."""

    def __init__(self, settings: Settings, answers: Sequence[Answered]) -> None:
        super().__init__(settings)
        self.answers = list(answers)
        self.used: dict[int, int] = {}
        self.calls: list[Outgoing] = []
        self.unanswered: list[str] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        data: bytes | None = None,
        timeout: float = TIMEOUT,
        max_size: int = MAX_SIZE,
        redirects: int = 0,
        credentials: Collection[str] = (),
    ) -> Answer:
        """Note the request, and answer what was recorded. Raises RequestFailed."""
        self.check(url)
        pairs = list(params.items()) if isinstance(params, Mapping) else list(params or ())
        parts = urlsplit(url)
        query = dict([*parse_qsl(parts.query, keep_blank_values=True), *pairs])
        query = {name: value for name, value in query.items() if name not in CREDENTIALS}
        bare = parts._replace(query="", fragment="").geturl()
        made = Outgoing(f"{method} {bare.removeprefix(CLOZE)}", query, dict(headers or {}), _body(data))
        self.calls.append(made)
        found = self._answer(made)
        if found is None:
            self.unanswered.append(made.call)
            raise RequestFailed(f"no answer is recorded for {made.call}", reason="protocol")
        if found.fail is not None:
            raise RequestFailed(f"{made.call} failed, as recorded", reason=found.fail)
        body = found.body if isinstance(found.body, str) else msgspec.json.encode(found.body)
        told = CIMultiDict(
            {"Content-Type": "text/plain" if isinstance(found.body, str) else "application/json"}
        )
        told.update(found.headers)
        empty = found.body is None
        return Answer(
            found.status, told, b"" if empty else body.encode() if isinstance(body, str) else body, url
        )

    def _answer(self, made: Outgoing) -> Answered | None:
        """The next of the answers that fit; the last of them again and again."""
        fitting = [number for number, one in enumerate(self.answers) if _fits(one, made)]
        if not fitting:
            return None
        fresh = [number for number in fitting if not self.used.get(number)]
        chosen = fresh[0] if fresh else fitting[-1]
        self.used[chosen] = self.used.get(chosen, 0) + 1
        return self.answers[chosen]


def _fits(one: Answered, made: Outgoing) -> bool:
    wanted = {name: str(value) for name, value in (one.query or {}).items()}
    return fnmatchcase(made.call, one.call) and wanted.items() <= made.query.items()


def _body(data: bytes | None) -> Any:
    if data is None:
        return None
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return data.decode("utf-8", "replace")


class _Clock:
    """Stands still but for those who sleep."""

    def __init__(self, moment: float) -> None:
        self.moment = moment

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.moment += max(0.0, seconds)


class World:
    """Where cases run, one after the other. Each has a scenario of its own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.vault = Vault(settings)
        self.accounts = 0

    async def run(self, blueprint: Blueprint, case: Case) -> Outcome:
        """Run one case to its end. Raises TielineError for a blueprint that cannot run."""
        standing = _Clock(case.moment)
        clock.set_source(lambda: standing.moment, standing.sleep)
        door = RecordedDoor(self.settings, case.answers)
        shared = Shared(
            database=self.database, settings=self.settings, door=door, vault=self.vault, local=_no_transport
        )
        try:
            account_id, execution = await self.database.write(self._prepare, blueprint, case)
            await self._to_its_end(Executor(shared, _unregister), execution, standing)
            view = await self.database.read(history.get_execution, account_id, execution)
        finally:
            await shared.close()
            clock.set_source(None)
        return Outcome(view, door.calls, door.unanswered)

    def _prepare(self, tx: Transaction, blueprint: Blueprint, case: Case) -> tuple[int, str]:
        """An account with the scenario, connected to recorded services, and its execution."""
        self.accounts += 1
        values = {
            "email": f"case{self.accounts}@example.org",
            "timezone": case.timezone,
            "created": clock.now_ms(),
        }
        owner = tx.insert(account, values)
        made = library.import_blueprint(tx, owner, blueprint.raw)
        chosen = connections.create(
            tx, self.vault, owner, "Recorded", email="case@example.org", api_key="recorded-key", url=CLOZE
        )
        for kind, foreign, _ in resources(blueprint):
            local = chosen.id if kind in bindings.ACCOUNTS else self._resource(tx, owner, kind, foreign)
            if local is not None:
                library.bind(tx, owner, made.id, kind, foreign, local)
        return owner, state.start(tx, owner, made.id, kind="manual", trigger=case.bundles)

    def _resource(self, tx: Transaction, owner: int, kind: str, foreign: str) -> int | None:
        """A keychain that signs with a key of the case."""
        if kind != "keychain":
            return None
        return keychains.create(tx, self.vault, owner, f"Keychain {foreign}", "apiKey", KEYS).id

    async def _to_its_end(self, executor: Executor, execution: str, standing: _Clock) -> None:
        """Let it run; when it wants to be taken up later, it is later."""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                await executor.run(Job(attempt, "execution.run", {"id": execution}, attempt))
            except Retry as again:
                standing.moment = max(standing.moment, again.at / 1000)
                continue
            return


@asynccontextmanager
async def open_world() -> AsyncIterator[World]:
    """A world in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tieline-cases-") as folder:
        settings = load({}, data_dir=folder)
        database = await open_database(f"sqlite:///{Path(folder) / 'cases.db'}")
        try:
            yield World(database, settings)
        finally:
            await database.close()


def _no_transport(owner: int, name: str) -> Transport:
    raise TielineError("a case reaches accounts by their address alone")


async def _unregister(account_id: int, hook: Row) -> None:
    """There is no webhook to take away."""
