"""Cases: the examples all pass, and a case that is wrong says what is different."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.test_lint import HOOK, made
from tieline.errors import InvalidInput
from tieline.scenarios.blueprint import export, parse
from tieline.scenarios.lint import lint
from tieline.scenarios.trying import Report, folders, load_case, run_folders

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
HTTP = {
    "id": 2,
    "module": "http:ActionSendData",
    "version": 3,
    "parameters": {"handleErrors": True},
    "mapper": {
        "url": "https://x.example/{{1.id}}",
        "method": "post",
        "bodyType": "raw",
        "contentType": "application/json",
        "data": {"name": "{{1.name}}", "at": '{{formatDate(now; "YYYY-MM-DD HH:mm")}}'},
        "parseResponse": True,
    },
}
PASSES = """
trigger: {id: 7, name: Ada}
now: 2026-01-05T23:30:00Z
timezone: Europe/Stockholm
answers: [{call: POST https://x.example/*, body: {id: 1}}]
expect:
  calls: [{call: POST https://x.example/7, body: {name: Ada, at: 2026-01-06 00:30}}]
  outputs: {3: [{value: 1}]}
"""


async def test_every_example_passes_its_cases() -> None:
    found = folders(EXAMPLES)
    assert len(found) >= 9
    reports = await run_folders(found)
    assert len(reports) >= 20
    assert [(report.file, report.problems) for report in reports if not report.passed] == []


@pytest.mark.parametrize(
    "file", sorted(EXAMPLES.rglob("blueprint.json")), ids=lambda file: str(file.parent.relative_to(EXAMPLES))
)
def test_an_example_is_explained_tidy_and_in_canonical_form(file: Path) -> None:
    blueprint = parse(file.read_bytes())
    assert lint(blueprint) == []
    assert file.read_text() == export(blueprint)
    assert list((file.parent / "cases").glob("*.yaml"))
    readme = (file.parent / "README.md").read_text()
    assert "tieline scenario test" in readme
    assert "| # | module |" in readme


async def tried(folder: Path, case: str, *flow: dict[str, Any], **settings: Any) -> Report:
    """The report of one case of a flow."""
    steps = flow or (
        HTTP,
        {"id": 3, "module": "util:ComposeTransformer", "mapper": {"value": "{{2.data.id}}"}},
    )
    (folder / "cases").mkdir(exist_ok=True)
    (folder / "blueprint.json").write_text(json.dumps(made(HOOK, *steps, **settings)))
    (folder / "cases" / "one.yaml").write_text(case)
    (report,) = await run_folders(folders(folder))
    return report


async def test_calls_answers_outputs_and_the_clock_are_compared(tmp_path: Path) -> None:
    report = await tried(tmp_path, PASSES)
    assert (report.passed, report.problems, report.case) == (True, [], "one")
    wrong = PASSES.replace("name: Ada, at", "name: Bob, at").replace("[{value: 1}]", "[{value: 2}]")
    report = await tried(tmp_path, wrong)
    assert not report.passed
    calls, outputs = report.problems
    assert '-      "name": "Bob"' in calls
    assert '+      "name": "Ada"' in calls
    assert '-    "value": 2' in outputs


async def test_a_call_without_an_answer_a_call_too_many_and_another_end_are_told(tmp_path: Path) -> None:
    report = await tried(tmp_path, "trigger: {id: 7}\nexpect: {calls: []}")
    assert report.problems[0] == "no answer is recorded for POST https://x.example/7: add it to `answers`"
    assert "it ended with" in report.problems[1]
    assert '+    "call": "POST https://x.example/7"' in report.problems[2]


async def test_failures_are_played_and_time_passes_at_once(tmp_path: Path) -> None:
    retry = [{"id": 4, "module": "builtin:Retry", "mapper": {"count": "2", "delay": "300"}}]
    sleep = {"id": 5, "module": "util:FunctionSleep", "mapper": {"duration": "300"}}
    last = {"id": 6, "module": "util:ComposeTransformer", "mapper": {"value": '{{formatDate(now; "HH:mm")}}'}}
    case = """
trigger: {id: 1}
now: 2026-01-05T12:00:00Z
answers:
  - {call: POST https://x.example/1, fail: connection}
  - {call: POST https://x.example/1, status: 500, body: down}
  - {call: POST https://x.example/1, body: {}}
expect:
  outputs: {6: [{value: "12:15"}]}
"""
    report = await tried(tmp_path, case, {**HTTP, "onerror": retry}, sleep, last)
    assert report.problems == []
    assert report.milliseconds < 20_000
    case = """
trigger: {id: 1}
answers: [{call: POST https://x.example/1, status: 404, body: gone}]
expect: {status: error, error: {name: RuntimeError, message: gone}, operations: {2: 1, 3: 0}}
"""
    assert (await tried(tmp_path, case)).problems == []


async def test_a_scenario_that_cannot_run_says_why(tmp_path: Path) -> None:
    report = await tried(tmp_path, "{}", {**HTTP, "mapper": {"url": "{{nosuch(1)}}", "method": "get"}})
    assert report.problems[0].startswith("BP006 at /flow/1/mapper/url")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "no YAML in line"),
        ("expects: {}", "unknown field `expects`"),
        ("expect: {calls: [{call: POST, body: 1}]}", "is no call"),
        ("now: soon", "Invalid isoformat"),
        ("- 1", "Expected `object`"),
    ],
)
def test_what_is_no_case_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(InvalidInput, match=r"wrong\.yaml") as refused:
        load_case(file)
    assert said in str(refused.value)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no cases"):
        folders(tmp_path)
