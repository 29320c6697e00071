"""`tieline scenario …`: what sets scenarios off."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from tieline.cli import output
from tieline.cli.options import Account, DatabaseUrl, DataDir, Json, server


def next_times(
    number: int,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 10,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """When a scenario is due next."""
    with server(data_dir, database, account) as reached:
        found = reached.call("GET", f"/scenarios/{number}/next", count=count)
    if json:
        output.emit(found)
        return
    for at in found["upcoming"]:
        output.say(at["local"])
    if not found["upcoming"]:
        output.say("It has no due times.")
    elif not found["active"]:
        output.say("The scenario is off: these are the times if it were switched on now.")


def set_schedule(
    number: int,
    scheduling: Annotated[
        str, typer.Argument(help='JSON such as {"type": "daily", "time": "09:00"}, or a type without more.')
    ],
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Say when a scenario runs."""
    with server(data_dir, database, account) as reached:
        reached.call("POST", f"/scenarios/{number}/schedule", _scheduling(scheduling))
        found = reached.call("GET", f"/scenarios/{number}/next")
    if json:
        output.emit(found)
        return
    times = found["upcoming"]
    output.say(f"Saved. Next: {times[0]['local']}" if times else "Saved. It has no due times.")


def _scheduling(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return {"type": text.strip()}
    try:
        found: dict[str, Any] = msgspec.json.decode(text.encode(), type=dict)
    except msgspec.DecodeError as error:
        output.fail(f"the schedule is not JSON: {error}", 2)
    return found


def register(app: typer.Typer) -> None:
    """Add the commands to `tieline scenario`."""
    app.command("next")(next_times)
    app.command("schedule")(set_schedule)
