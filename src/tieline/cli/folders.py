"""`tieline scenario …`: scenarios as folders of files: written out, read in, and tried against their cases."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from tieline.cli import output
from tieline.cli.options import Json
from tieline.cli.reach import Server

BLUEPRINT, ABOUT = "blueprint.json", "scenario.yaml"
HEAD = "# When the scenario runs and what it is connected to; tieline scenario import --dir reads it.\n"


def try_cases(
    folder: Annotated[
        Path, typer.Argument(help="A folder with blueprint.json and cases/*.yaml, or with many such.")
    ],
    json: Json = False,
) -> None:
    """Run the cases of scenarios without a server; exit code 1 when one fails."""
    from tieline.scenarios.trying import folders, run_folders

    reports = asyncio.run(run_folders(folders(folder)))
    failed = [report for report in reports if not report.passed]
    if json:
        output.emit({"passed": len(reports) - len(failed), "failed": len(failed), "cases": reports})
    else:
        for report in reports:
            output.say(f"{'ok    ' if report.passed else 'FAILED'} {report.scenario}: {report.case}")
            for problem in report.problems:
                output.say("\n".join(f"       {line}" for line in problem.splitlines()))
        output.say(f"{len(reports) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


def write_out(server: Server, folder: Path, only: int | None, *, for_make: bool) -> list[dict[str, Any]]:
    """A folder for each scenario: its blueprint, and what Make keeps beside it. Bindings are written by name."""
    made: list[dict[str, Any]] = []
    for row in server.call("GET", "/scenarios"):
        if only is not None and row["id"] != only:
            continue
        text = server.call("GET", f"/scenarios/{row['id']}/export", for_make="true" if for_make else None)
        shown = server.call("GET", f"/scenarios/{row['id']}")
        place = folder / _slug(row["name"], {entry["folder"] for entry in made}, row["id"])
        place.mkdir(parents=True, exist_ok=True)
        (place / BLUEPRINT).write_text(text["blueprint"], "utf-8")
        bound = [
            {name: one[name] for name in ("kind", "foreign_id", "label", "name")}
            for one in shown["connections"]
        ]
        about = {"name": row["name"], "scheduling": row["scheduling"], "bindings": bound}
        written = yaml.safe_dump(about, allow_unicode=True, sort_keys=False)
        (place / ABOUT).write_text(HEAD + written, "utf-8")
        made.append({"id": row["id"], "name": row["name"], "version": row["version"], "folder": place.name})
    if only is not None and not made:
        output.fail(f"there is no scenario {only}")
    return made


def _slug(name: str, taken: set[str], number: int) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or f"scenario-{number}"
    return slug if slug not in taken else f"{slug}-{number}"


def read_in(server: Server, folder: Path) -> list[dict[str, Any]]:
    """Import what is new, and save a version of what is there under the same name and has changed."""
    blueprints = sorted(folder.rglob(BLUEPRINT))
    if not blueprints:
        output.fail(f"there is no {BLUEPRINT} in {folder} or below", 2)
    known = {row["name"]: row for row in server.call("GET", "/scenarios")}
    return [_read_one(server, path, known) for path in blueprints]


def _read_one(server: Server, path: Path, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    from tieline.scenarios.blueprint import parse

    text, about = path.read_text("utf-8"), _about(path.parent / ABOUT)
    name = str(about.get("name") or parse(text).name)[:120]
    there = known.get(name)
    if there is None:
        made = server.call("POST", "/scenarios", {"blueprint": text})
        done = "imported"
    else:
        made = server.call("POST", f"/scenarios/{there['id']}/versions", {"blueprint": text})
        done = "unchanged" if made["version"] == there["version"] else "saved"
    if about.get("scheduling"):
        server.call("POST", f"/scenarios/{made['id']}/schedule", about["scheduling"])
    table = [row for row in about.get("bindings") or [] if row.get("name")]
    if table:
        server.call("POST", f"/scenarios/{made['id']}/bind", {"bindings": table})
    findings = server.call("GET", f"/scenarios/{made['id']}")["findings"]
    return {"id": made["id"], "name": name, "version": made["version"], "done": done, "findings": findings}


def _about(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        output.fail(f"{path} is no YAML: {error}")
    return found if isinstance(found, dict) else {}
