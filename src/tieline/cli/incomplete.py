"""`tieline scenario incomplete | probe | catch-all`: what became of failures."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from tieline.cli import output
from tieline.cli.options import Account, DatabaseUrl, DataDir, Json, read_file, server


def incomplete(
    number: int,
    show: Annotated[int | None, typer.Option(help="Only this one, with its bundles.")] = None,
    resume: Annotated[
        str | None, typer.Option(help="Try these now: ids separated by commas, or all.", metavar="IDS|all")
    ] = None,
    delete: Annotated[
        str | None, typer.Option(help="Give these up: ids separated by commas, or all.", metavar="IDS|all")
    ] = None,
    current: Annotated[
        bool, typer.Option("--current", help="With the scenario's current version, not the one that failed.")
    ] = False,
    bundles: Annotated[
        str | None, typer.Option(help="File with other bundles for the one to resume; - for standard input.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List the resolved ones too.")] = False,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Bundles that failed and were kept: list, resume, delete them."""
    if sum(option is not None for option in (show, resume, delete)) > 1:
        output.fail("--show, --resume and --delete exclude each other", 2)
    here = f"/scenarios/{number}/incomplete"
    with server(data_dir, database, account) as reached:
        if show is not None:
            found = reached.call("GET", f"/incomplete/{show}")
        elif resume is not None:
            body = {"ids": _ids(resume), "current": current, "bundles": _bundles(bundles)}
            found = reached.call("POST", f"{here}/resume", body)
        elif delete is not None:
            found = reached.call("POST", f"{here}/delete", {"ids": _ids(delete)})
        else:
            found = reached.call("GET", here + ("?all=true" if every else ""))
    if json or show is not None:
        output.emit(found)
    elif isinstance(found, dict):
        word, ids = next(iter(found.items()))
        output.say(f"{len(ids)} {word}.")
    else:
        rows = [{**row, "error": f"{row['error']['name']}: {row['error']['message']}"} for row in found]
        columns = {
            "id": "Id",
            "module": "Module",
            "error": "Failure",
            "attempts": "Attempts",
            "state": "State",
        }
        output.table(rows, columns, "None: everything went through.")


def register(app: typer.Typer) -> None:
    """Add the commands to those of scenarios."""
    app.command("incomplete")(incomplete)
    app.command("probe")(probe)
    app.command("catch-all")(catch_all)


def probe(
    number: int,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Try a paused scenario now; it goes on when that goes through."""
    with server(data_dir, database, account) as reached:
        found = reached.call("POST", f"/scenarios/{number}/probe")
    output.emit(found) if json else output.say("It is being tried.")


def catch_all(
    scenario: Annotated[
        str | None, typer.Argument(help="Number of the scenario; none for no scenario; without it, show.")
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """The scenario that takes every unhandled failure as its event."""
    if scenario is not None and scenario != "none" and not scenario.isdecimal():
        output.fail(f"“{scenario}”: write the number of a scenario, or none", 2)
    with server(data_dir, database, account) as reached:
        if scenario is None:
            found = reached.call("GET", "/catch-all")
        else:
            chosen = None if scenario == "none" else int(scenario)
            found = reached.call("POST", "/catch-all", {"scenario": chosen})
    if json:
        output.emit(found)
    else:
        output.say("None." if found["scenario"] is None else f"Scenario {found['scenario']}")


def _ids(text: str) -> list[int] | None:
    if text == "all":
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() for part in parts):
        output.fail(f"“{text}”: write ids separated by commas, or all", 2)
    return [int(part) for part in parts]


def _bundles(path: str | None) -> Any:
    if path is None:
        return None
    try:
        return msgspec.json.decode(read_file(path))
    except msgspec.DecodeError as error:
        output.fail(f"the bundles are not JSON: {error}", 2)
