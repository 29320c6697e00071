"""What a module costs above the call it makes: `python -m benchmarks.modules [--people 20000]`.

A server process answers; the same pages of people are fetched raw (the client's sender, the body decoded), as records
(`cloze.people.iterate`), and as bundles of `Find People`, in turns. What a bundle costs above its share of the raw page is
the module's own work; the goal is less than 0.3 ms. Then `Find People` streams everybody while the memory is watched.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from benchmarks.api import free_port, prepare, wait_for
from tieline import AsyncCloze, Cloze
from tieline.client.sender import read_answer

PAGE = 100
GOAL = 0.3  # ms above the raw call for each bundle


async def raw(cloze: AsyncCloze, count: int) -> int:
    """The pages as they come, decoded."""
    given = 0
    while given < count:
        query = {"pagesize": PAGE, "pagenumber": given // PAGE + 1}
        answer = read_answer(
            await cloze.sender.exchange("GET", "/v1/people/find", query=query, repeatable=True)
        )
        given += len(answer["people"])
    return given


async def records(cloze: AsyncCloze, count: int) -> int:
    """The same as typed records."""
    return len([person async for person in cloze.people.iterate(limit=count)])


async def bundles(cloze: AsyncCloze, count: int) -> int:
    """The same as bundles of the module."""
    return len([bundle async for bundle in cloze.modules.find_people(limit=count)])


async def single_raw(cloze: AsyncCloze, count: int) -> int:
    """One person at a time, raw."""
    for number in range(count):
        query = {"uniqueid": f"person{number}@bench.example"}
        read_answer(await cloze.sender.exchange("GET", "/v1/people/get", query=query, repeatable=True))
    return count


async def single_module(cloze: AsyncCloze, count: int) -> int:
    """One person at a time, by the module."""
    for number in range(count):
        await cloze.modules.get_a_person(f"person{number}@bench.example")
    return count


async def cpu(way: Callable[[AsyncCloze, int], Awaitable[int]], cloze: AsyncCloze, count: int) -> float:
    """This process's CPU milliseconds for each bundle: the server is another process, so only our side counts."""
    began = time.process_time()
    assert await way(cloze, count) == count
    return (time.process_time() - began) / count * 1000


async def compare(cloze: AsyncCloze, count: int, rounds: int) -> bool:
    """Measure in turns and print. Returns whether the goal is met."""
    ways = {"raw pages": raw, "records": records, "Find People": bundles}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(await cpu(way, cloze, count))
    print(f"{'':14}{'µs CPU per bundle':>18}")
    for name, values in found.items():
        print(f"{name:14}{statistics.median(values) * 1000:18.1f}")
    above = statistics.median(found["Find People"]) - statistics.median(found["raw pages"])
    alone = [await cpu(single_raw, cloze, 300) for _ in range(rounds)]
    by_module = [await cpu(single_module, cloze, 300) for _ in range(rounds)]
    single = statistics.median(by_module) - statistics.median(alone)
    print(
        f"\nFind People above raw: {above * 1000:.1f} µs per bundle; Get a Person above raw: {single * 1000:.1f} µs per call"
    )
    print(f"goal: less than {GOAL} ms  {'met' if max(above, single) < GOAL else 'MISSED'}")
    return max(above, single) < GOAL


def stream(url: str, key: str, count: int) -> bool:
    """Everybody through the client without await, while Python's memory is watched. Returns whether it stays flat."""
    with Cloze(api_key=key, url=url) as cloze:
        tracemalloc.start()
        peaks: list[int] = []
        began = time.perf_counter()
        for number, _ in enumerate(cloze.modules.find_people(limit=count), 1):
            if number % (count // 4) == 0:
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.reset_peak()
        took = time.perf_counter() - began
        tracemalloc.stop()
    shown = ", ".join(f"{peak / 1e6:.1f}" for peak in peaks)
    flat = peaks[-1] < peaks[0] * 1.25 + 200_000
    print(
        f"\n{count:,} people in {took:.1f} s; MB at the highest in each quarter: {shown}  {'flat' if flat else 'GROWS'}"
    )
    return flat


def main() -> int:
    """Start the server in a process of its own and ask it from this one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tieline-modules-") as folder:
        key, port, answers = prepare(folder, options.people), free_port(), Path(folder) / "bare.json"
        answers.write_bytes(msgspec.json.encode({}))
        command = [sys.executable, "-m", "benchmarks.api", "--serve", str(port), folder, str(answers), ""]
        server = subprocess.Popen(command, env=os.environ.copy())
        try:
            wait_for(port, server)
            url = f"http://127.0.0.1:{port}"

            async def measure() -> bool:
                async with AsyncCloze(api_key=key, url=url) as cloze:
                    return await compare(cloze, min(2000, options.people), options.rounds)

            fast = asyncio.run(measure())
            flat = stream(url, key, options.people)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
    return 0 if fast and flat else 1


if __name__ == "__main__":
    raise SystemExit(main())
