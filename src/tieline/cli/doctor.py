"""tieline doctor."""

from __future__ import annotations

import sys

from tieline.cli import output
from tieline.cli.options import DatabaseUrl, DataDir, Json
from tieline.cli.options import server as _server

MARKS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


def doctor(data_dir: DataDir = None, database: DatabaseUrl = None, json: Json = False) -> None:
    """Check database, clock, disk, hooks, connections and work; exits with 1 when something is wrong."""
    with _server(data_dir, database) as server:
        found = server.call("GET", "/doctor")
    if json:
        output.emit(found)
    else:
        for finding in found["findings"]:
            remedy = f": {finding['remedy']}" if finding["remedy"] else ""
            output.say(f"{MARKS[finding['state']]}  {finding['check']:12} {finding['message']}{remedy}")
    sys.exit(0 if found["ok"] else 1)
