"""Lint: a blueprint that is wrong in one way gives the code of that way, where it is, and what to do."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tieline.scenarios.blueprint import parse
from tieline.scenarios.lint import CODES, Finding, lint, lint_source

DATA = Path(__file__).parent.parent / "data" / "blueprints"
BARE = json.loads(next(DATA.glob("10*.json")).read_text())
HOOK = {"id": 1, "module": "gateway:CustomWebHook", "version": 1, "parameters": {}, "mapper": {}}
FEEDER = {"id": 2, "module": "builtin:BasicFeeder", "version": 1, "mapper": {"array": "{{1.list}}"}}
FIND = {
    "id": 2,
    "module": "cloze:findPeople",
    "version": 1,
    "parameters": {"__IMTCONN__": 1},
    "mapper": {"limit": "5"},
}


def todo(number: int = 3, **mapper: Any) -> dict[str, Any]:
    given = {"subject": "Call", **mapper}
    return {"id": number, "module": "cloze:createAToDo", "parameters": {"__IMTCONN__": 1}, "mapper": given}


def gather(number: int, feeder: Any, **more: Any) -> dict[str, Any]:
    parameters = {} if feeder is None else {"feeder": feeder}
    return {"id": number, "module": "builtin:BasicAggregator", "parameters": parameters, "mapper": {}, **more}


def made(*flow: dict[str, Any], **scenario: Any) -> dict[str, Any]:
    return {"name": "t", "flow": list(flow), "metadata": {"scenario": scenario}}


def changed(**step: Any) -> dict[str, Any]:
    """A blueprint of the samples with its second module changed."""
    found = copy.deepcopy(BARE)
    found["flow"][1].update(step)
    return found


def only(a: Any, operator: str, b: Any = "y") -> dict[str, Any]:
    return {"name": "", "conditions": [[{"a": a, "o": operator, "b": b}]]}


def http(**mapper: Any) -> dict[str, Any]:
    return {"id": 2, "module": "http:ActionSendData", "version": 3, "parameters": {}, "mapper": mapper}


def slack(**more: Any) -> dict[str, Any]:
    return {"id": 2, "module": "slack:CreateMessage", "version": 4, "parameters": {}, "mapper": {}, **more}


IGNORE = {"id": 8, "module": "builtin:Ignore", "mapper": {}}
BRANCHES = [
    {"type": "condition", "merge": True, "conditions": [], "flow": [todo(4)]},
    {"type": "else", "merge": True, "flow": [todo(5)]},
]
IF_ELSE = {"id": 3, "module": "builtin:BasicIfElse", "branches": BRANCHES}


def merge(*mappings: str) -> dict[str, Any]:
    return {"id": 6, "module": "builtin:BasicMerge", "outputs": [{"name": "x", "mappings": list(mappings)}]}


# (code, JSON pointer, words of the suggestion, blueprint)
BROKEN: list[tuple[str, str, str, Any]] = [
    ("BP001", "", "export", "no JSON"),
    ("BP001", "", "flow", "[1]"),
    ("BP001", "", "export", '{"name": "x", "flow": []}'),
    ("BP002", "/flow/1/id", "such as 2", made(HOOK, todo(1))),
    ("BP002", "/flow/1/id", "of its own", changed(id="x")),
    ("BP002", "/flow/1/id", "of its own", changed(id=0)),
    ("BP003", "/flow/1/module", "cloze:createAToDo", changed(module="nothing")),
    ("BP004", "/flow/1/module", "HTTP call", changed(module="slack:CreateMessage")),
    ("BP004", "/flow/1/version", "fields", changed(version=9)),
    ("BP005", "/flow/1/filter/conditions/0/0/o", "text:startwith", changed(filter=only("x", "text:startswith"))),
    ("BP005", "/flow/1/branches/0/conditions/0/0/o", "number:greater",
     made(HOOK, {"id": 2, "module": "builtin:BasicIfElse", "branches": [{"type": "condition", "flow": [], **only("1", "number:gt")}]})),
    ("BP006", "/flow/1/mapper/subject", "", changed(mapper={"subject": "{{nosuch(1)}}"})),
    ("BP006", "/flow/1/mapper/subject", "", changed(mapper={"subject": "{{1.name"})),
    ("BP006", "/flow/1/mapper/references/0/value", "round(n)", made(HOOK, todo(references=[{"value": "{{round(1; 2; 3)}}"}]))),
    ("BP006", "/flow/1/filter/conditions/0/0/a", "", changed(filter=only("{{nosuch(1)}}", "text:equal"))),
    ("BP006", "/flow/2/flags/groupBy", "", made(HOOK, FEEDER, gather(3, 2, flags={"groupBy": "{{("}))),
    ("BP007", "/flow/1/mapper/subject", "before", changed(mapper={"subject": "{{99.name}}"})),
    ("BP007", "/flow/1/filter/conditions/0/0/b", "before", changed(filter=only("x", "text:equal", "{{99.x}}"))),
    ("BP008", "/flow/1/mapper/subject", "before", changed(mapper={"subject": "{{2.name}}"})),
    ("BP008", "/flow/3/mapper/subject", "before", made(HOOK, FEEDER, gather(3, 2), todo(4, subject="{{2.name}}"))),
    ("BP008", "/flow/2/outputs/0/mappings/0", "before", made(HOOK, IF_ELSE, merge("{{5.errorcode}}", "{{5.errorcode}}"))),
    ("BP009", "/flow/1/mapper/subject", "1.person", changed(mapper={"subject": "{{1.persn.name}}"})),
    ("BP009", "/flow/1/mapper/subject", "map(1.person.emails", changed(mapper={"subject": "{{1.person.emails.value}}"})),
    ("BP009", "/flow/2/mapper/subject", "2.name", made(HOOK, FIND, todo(subject="{{2.nme}}"))),
    ("BP009", "/flow/2/mapper/subject", "2.i", made(
        HOOK, {"id": 2, "module": "builtin:BasicRepeater", "mapper": {"start": "1", "repeats": "2", "step": "1"}}, todo(subject="{{2.ii}}"))),
    ("BP010", "/flow/1/parameters/feeder", "source", made(HOOK, gather(2, None))),
    ("BP010", "/flow/1/parameters/feeder", "source", made(HOOK, gather(2, 7))),
    ("BP010", "/flow/3/parameters/feeder", "router", made(HOOK, FEEDER, gather(3, 1), gather(4, 1))),
    ("BP010", "/flow/1/feeder", "parameters", made(HOOK, {**gather(2, None), "feeder": 1})),
    ("BP011", "/flow/1", "handler", made(HOOK, IGNORE)),
    ("BP011", "/flow/1/routes/0/flow/0", "handler", made(HOOK, {"id": 2, "module": "builtin:BasicRouter", "routes": [{"flow": [IGNORE]}]})),
    ("BP011", "/flow/1/onerror/0/onerror", "away", made(HOOK, {**todo(), "onerror": [{**IGNORE, "onerror": [{**IGNORE, "id": 9}]}]})),
    ("BP012", "/flow/0/filter", "next module", made({**HOOK, "filter": only("1", "text:equal")}, todo())),
    ("BP013", "/flow/1", "route", made(HOOK, {"id": 2, "module": "builtin:BasicRouter", "routes": []}, todo())),
    ("BP013", "/flow/1", "if-else", made(HOOK, merge())),
    ("BP014", "/flow/1/parameters", "tieline scenario bind", made(HOOK, {**todo(), "parameters": {}})),
    ("BP014", "/flow/1/parameters/__IMTCONN__", "tieline scenario bind", made(HOOK, {**todo(), "parameters": {"__IMTCONN__": "<CONN_ID>"}})),
    ("BP015", "/flow/1/mapper/subject", "map", changed(mapper={"when": "1"})),
    ("BP015", "/flow/1/mapper/limit", "whole number", made(HOOK, {**FIND, "mapper": {"limit": "many"}})),
    ("BP015", "/flow/1/mapper/sort", "one of", made(HOOK, {**FIND, "mapper": {"sort": "colour"}})),
    ("BP015", "/flow/1/mapper/url", "map URL", made(HOOK, http(method="get"))),
    ("BP015", "/flow/1/mapper/scope", "one of: roundtrip", made(HOOK, {"id": 2, "module": "util:SetVariable2", "mapper": {"name": "a", "scope": "day"}})),
    ("BP015", "/flow/1/mapper/channel", "map Channel", made(HOOK, slack(metadata={"expect": [{"name": "channel", "label": "Channel", "type": "text", "required": True}]}))),
    ("BP015", "/flow/1/mapper/size", "allowed", made(HOOK, slack(
        mapper={"size": "99"}, metadata={"expect": [{"name": "size", "type": "uinteger", "validate": {"max": 10}}]}))),
    ("BP016", "/flow/2/mapper/limit", "first(", made(HOOK, FIND, {**FIND, "id": 3, "mapper": {"limit": "{{2.emails}}"}})),
    ("BP016", "/flow/1/mapper/limit", "formatDate", made(HOOK, {**FIND, "mapper": {"limit": "{{addDays(now; 1)}}"}})),
    ("BP016", "/flow/1/mapper/limit", "words", made(HOOK, {**FIND, "mapper": {"limit": "{{1.n}} people"}})),
    ("BP016", "/flow/2/mapper/subject", "right type", made(HOOK, FIND, todo(subject="{{map(2.name; \"value\")}}"))),
    ("BP016", "/flow/2/mapper/subject", "right type", made(HOOK, FIND, todo(subject="{{2.emails * 2}}"))),
    ("BP016", "/flow/2/filter/conditions/0/0/a", "operator", made(HOOK, FIND, {**todo(), "filter": only("{{2.emails}}", "number:greater", "1")})),
    ("BP016", "/flow/2/mapper/subject", "right type", made(HOOK, FIND, todo(subject="{{formatDate(length(2.name); \"YYYY\")}}"))),
    ("BP016", "/flow/3/mapper/limit", "first(", made(HOOK, FIND, gather(3, 2), {**FIND, "id": 4, "mapper": {"limit": "{{3.array}}"}})),
    ("BP017", "/flow/1/onerror/0", "dlq", made(HOOK, {**todo(), "onerror": [{"id": 9, "module": "builtin:Break", "mapper": {}}]}, dlq=False)),
    ("BP018", "/flow/1", "first", changed(module="gateway:CustomWebHook", mapper={})),
    ("BP019", "/flow/1/mapper/subject", "list", changed(mapper={"subject": "{{1}}"})),
    ("BP019", "/flow/1/mapper/subject", "list", changed(mapper={"subject": "{{1.person.emails[0].value}}"})),
    ("BP019", "/flow/1/mapper/subject", ";", changed(mapper={"subject": "{{if(1, 2, 3)}}"})),
    ("BP019", "/flow/1/mapper/subject", "straight", changed(mapper={"subject": "{{upper(“a”)}}"})),
    ("BP019", "/flow/1/parameters/note", "field", changed(parameters={"__IMTCONN__": 1, "note": "{{1.name}}"})),
    ("BP020", "/metadata/scenario/slots", "leave", made(HOOK, todo(), slots=3)),
    ("BP020", "/metadata/zone", "leave", {**made(HOOK), "metadata": {"zone": "eu1.make.com"}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "pointer", "words", "source"),
    BROKEN,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(BROKEN)],
)
def test_what_is_wrong_is_named_with_its_place_and_a_remedy(
    code: str, pointer: str, words: str, source: Any
) -> None:
    told = lint_source(source)
    matching = [finding for finding in told if finding.code == code and finding.pointer == pointer]
    assert matching, told
    assert matching[0].severity == CODES[code].severity
    assert any(words in (finding.suggestion or "") for finding in matching), matching
    assert all(finding.message and finding.suggestion for finding in told)


def test_every_code_has_a_blueprint_that_fails() -> None:
    assert {row[0] for row in BROKEN} == set(CODES)


def at(source: dict[str, Any], pointer: str) -> Any:
    """What a JSON pointer leads to; the last step may be missing, as an empty field is."""
    value: Any = source
    *way, last = pointer.split("/")[1:]
    for step in way:
        value = value[int(step) if isinstance(value, list) else step.replace("~1", "/").replace("~0", "~")]
    return value[int(last)] if isinstance(value, list) else value.get(last, "absent")


@pytest.mark.parametrize("row", [row for row in BROKEN if isinstance(row[3], dict)], ids=lambda row: row[0])
def test_pointers_lead_somewhere(row: tuple[str, str, str, dict[str, Any]]) -> None:
    for finding in lint(parse(row[3])):
        if finding.pointer:
            at(row[3], finding.pointer)


FITTING = [
    made(HOOK, IF_ELSE, merge("{{4.errorcode}}", "{{5.errorcode}}")),
    made(HOOK, FIND, todo(subject="{{2.name}} {{2.emails[].value}} {{join(map(2.emails; \"value\"); \", \")}}")),
    made(HOOK, FIND, {**FIND, "id": 3, "mapper": {"limit": "{{length(2.emails)}}"}}),
    made(HOOK, FIND, {**FIND, "id": 3, "mapper": {"limit": "{{2.emails[].value}}"}}),
    made(HOOK, FIND, gather(3, 2, mapper={"who": "{{2.name}}"}), todo(4, subject="{{3.array[].who}} {{length(3.array)}}")),
    made(HOOK, {**FEEDER, "mapper": {"array": "{{split(1.names; \",\")}}"}}, todo(subject="{{2.value}} {{2.`__IMTINDEX__`}}")),
    made({**HOOK, "metadata": {"interface": [{"name": "n", "type": "number"}, {"name": "who", "type": "collection", "spec": [{"name": "mail", "type": "email"}]}]}},
         {**FIND, "mapper": {"limit": "{{1.n}}"}}, todo(subject="{{1.who.mail}}")),
    made(HOOK, FIND, {**todo(subject="{{2.error.message}}"), "filter": only("{{2.name}}", "exist")}),
    made(HOOK, {"id": 2, "module": "util:SetVariable2", "mapper": {"name": "total", "value": "{{1.a + 1}}", "scope": "execution"}}, {**FIND, "id": 3, "mapper": {"limit": "{{2.total}}"}}),
]  # fmt: skip


@pytest.mark.parametrize("source", FITTING, ids=range(len(FITTING)))
def test_what_fits_is_not_complained_about(source: dict[str, Any]) -> None:
    assert lint(parse(source)) == []


def test_only_what_is_not_connected_is_told() -> None:
    codes = [finding.code for finding in lint(parse(BARE), bound=set())]
    assert codes.count("BP014") == 2
    left = lint(parse(BARE), bound={("hook", "2002"), ("connection", "1001")})
    assert [finding.code for finding in left] == ["BP020"]


def test_every_sample_is_linted_without_an_error_and_with_remedies() -> None:
    told: list[Finding] = []
    for file in sorted(DATA.glob("*.json")):
        told += lint(parse(file.read_bytes()))
    assert not [finding for finding in told if finding.severity == "error"]
    assert all(finding.suggestion and re.match("(/[^/]+)+$", finding.pointer) for finding in told)
