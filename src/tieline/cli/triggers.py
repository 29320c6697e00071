"""`tieline scenario …`: what sets scenarios off."""

from __future__ import annotations

import sys
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


def hook(
    number: int,
    check: Annotated[
        str | None, typer.Option(help="What senders prove: none, header, hmac or standard.")
    ] = None,
    header: Annotated[str | None, typer.Option(help="The header of the secret or signature.")] = None,
    secret: Annotated[str | None, typer.Option(help="The secret; - reads it from standard input.")] = None,
    new_secret: Annotated[bool, typer.Option("--new-secret", help="Make a secret and show it once.")] = False,
    network: Annotated[
        list[str] | None, typer.Option(help="An address or network that may send; “any” for all.")
    ] = None,
    method: Annotated[str | None, typer.Option(help="The only verb, or any.")] = None,
    headers: Annotated[bool | None, typer.Option(help="Tell the headers to the scenario.")] = None,
    stringify: Annotated[bool | None, typer.Option(help="Give the body as one text.")] = None,
    strict: Annotated[bool | None, typer.Option(help="Turn away what does not fit the structure.")] = None,
    dedupe: Annotated[str | None, typer.Option(help="Expression that makes events the same event.")] = None,
    learn: Annotated[
        str | None, typer.Option(help="Take the structure from the next or the last event.")
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """The webhook of a scenario: its address, and who may send there."""
    given: dict[str, Any] = {
        "check": check,
        "header": header,
        "secret": sys.stdin.read().strip() if secret == "-" else secret,
        "new_secret": new_secret or None,
        "networks": None if network is None else [one for one in network if one != "any"],
        "method": method,
        "headers": headers,
        "stringify": stringify,
        "strict": strict,
        "dedupe": dedupe,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    with server(data_dir, database, account) as reached:
        found = reached.call("POST", f"/scenarios/{number}/hook", changes)
        made = found.get("new_secret")
        if learn is not None:
            found = reached.call("POST", f"/scenarios/{number}/hook/learn", {"from": learn})
    if json:
        output.emit({**found, "new_secret": made} if made else found)
        return
    output.say(found["url"])
    if made:
        output.say(f"Secret (shown only now): {made}")
    if found["options"].get("learning"):
        output.say("The next event teaches its structure; it does not run.")
    output.table(
        [{"name": field.get("name"), "type": field.get("type")} for field in found["structure"]],
        {"name": "Field", "type": "Type"},
        "The structure of its events is not known yet.",
    )


def queue(
    number: int,
    run: Annotated[str | None, typer.Option(help="Run this event now, or “all” that wait.")] = None,
    delete: Annotated[str | None, typer.Option(help="Take this event out, or “all”.")] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """The events of a scenario that wait."""
    place = f"/scenarios/{number}/queue"
    with server(data_dir, database, account) as reached:
        if run is not None:
            reached.call("POST", f"{place}/run" if run == "all" else f"{place}/{run}/run")
        if delete is not None:
            reached.call("DELETE", place if delete == "all" else f"{place}/{delete}")
        rows = reached.call("GET", place)
    output.emit(rows) if json else output.table(
        rows, {"id": "Event", "why": "Waits for", "lane": "Lane", "size": "Bytes"}, "Nothing waits."
    )


def start(
    number: int,
    now: Annotated[bool, typer.Option("--now", help="With what comes from now on.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="With everything there is.")] = False,
    since: Annotated[str | None, typer.Option(help="With what changed since this date.")] = None,
    item: Annotated[str | None, typer.Option("--id", help="With this item.")] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Choose where a polling trigger starts; without an option: its newest items, to choose from."""
    chosen = [
        given
        for given, wanted in (
            ({"from": "now"}, now),
            ({"from": "all"}, everything),
            ({"from": "since", "date": since}, since),
            ({"from": "id", "id": item}, item),
        )
        if wanted
    ]
    if len(chosen) > 1:
        output.fail("choose one of --now, --all, --since and --id", 2)
    with server(data_dir, database, account) as reached:
        found = (
            reached.call("POST", f"/scenarios/{number}/start", chosen[0])
            if chosen
            else reached.call("GET", f"/scenarios/{number}/start")
        )
    if json:
        output.emit(found)
    elif chosen:
        output.say("Saved: the next run starts there.")
    else:
        output.table(found, {"syncKey": "Id", "name": "Name", "lastChanged": "Changed"}, "There is nothing.")


def order(
    number: int,
    sequential: Annotated[
        bool | None,
        typer.Option("--sequential/--parallel", help="One execution at a time, or beside each other."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="In order for each value of this expression; empty: no more.")
    ] = None,
    self_trigger: Annotated[
        bool | None, typer.Option("--self/--no-self", help="Whether events it causes may set it off.")
    ] = None,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Whether executions wait for one another, and whether the scenario may set itself off."""
    given = {"sequential": sequential, "sequence": key, "allow_self_trigger": self_trigger}
    changes = {name: value for name, value in given.items() if value is not None}
    with server(data_dir, database, account) as reached:
        place = f"/scenarios/{number}/order"
        found = reached.call("POST", place, changes) if changes else reached.call("GET", place)
    if json:
        output.emit(found)
        return
    way = f"in order for each {found['sequence']}" if found["sequence"] else "beside each other"
    output.say(
        "Executions run "
        + ("one after the other" if found["sequential"] and not found["sequence"] else way)
        + "."
    )
    output.say(f"It may{'' if found['allow_self_trigger'] else ' not'} set itself off.")


def chains(
    days: Annotated[int, typer.Option(min=1, max=1000, help="How far back.")] = 30,
    account: Account = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Which scenarios set off which, and the loops among them."""
    with server(data_dir, database, account) as reached:
        found = reached.call("GET", "/chains", days=days)
    if json:
        output.emit(found)
        return
    rows = [{**edge, "round": "loop" if edge["loop"] else ""} for edge in found["edges"]]
    output.table(
        rows,
        {
            "cause": "Cause",
            "effect": "Sets off",
            "times": "Times",
            "stopped": "Stopped",
            "deepest": "Depth",
            "round": "",
        },
        "No scenario set off another.",
    )


def register(app: typer.Typer) -> None:
    """Add the commands to `tieline scenario`."""
    app.command("next")(next_times)
    app.command("schedule")(set_schedule)
    app.command("hook")(hook)
    app.command("queue")(queue)
    app.command("start")(start)
    app.command("order")(order)
    app.command("chains")(chains)
