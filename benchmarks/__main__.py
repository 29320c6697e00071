"""Run every benchmark, one after the other: `make bench` or `python -m benchmarks [name …]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    """Run the named benchmarks (all without names) in processes of their own."""
    every = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))
    unknown = set(names) - set(every)
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(every)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names or every:
        print(f"\n== {name}", flush=True)
        failed |= subprocess.call([sys.executable, "-m", f"benchmarks.{name}"])
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
