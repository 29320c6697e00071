"""Schemathesis sends what the OpenAPI document allows, and what it does not, to every operation of a real server.

No answer may be a server error, or other than the document says. The examples are the same in every run;
`TIELINE_FUZZ=200 pytest tests/api/test_any_request.py` tries others, so many for each operation.
"""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.servers import RunningServer
from tieline.api.openapi import document
from tieline.api.routes import ENDPOINTS

FUZZ = int(os.environ.get("TIELINE_FUZZ", "0"))
EXAMPLES = FUZZ or 4
LINES = "application/x-ndjson"
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# What exists on the server, under the names by which a request asks for it.
PEOPLE = ["rosa@fjordfoods.example", "otto@fjordfoods.example"]
KNOWN = {
    **dict.fromkeys(("uniqueid", "id", "identifier", "into", "email"), PEOPLE[0]),
    "from": PEOPLE[1],
    "uniqueids": [*PEOPLE, "Harbour"],
    "about": "people",
    "segment": "customer",
    "stage": "lead",
    "name": "Harbour",
}


def with_lines_as_lists() -> dict[str, Any]:
    """The document, with bodies of JSON lines as lists of their objects: that is how they can be made up."""
    made = copy.deepcopy(document(ENDPOINTS, "http://127.0.0.1"))
    for methods in made["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            if LINES in content:
                content[LINES]["schema"] = {"type": "array", "items": content[LINES]["schema"]["x-line"], "maxItems": 4}  # fmt: skip
    return made


@schemathesis.serializer(LINES)
def lines(_: Any, value: Any) -> bytes:
    """One JSON text in each line, whatever was made up."""
    rows = value if isinstance(value, list) else [value]
    return b"\n".join(json.dumps(row, default=repr).encode() for row in rows)


OPERATIONS = {
    found.ok().label: found.ok()
    for found in schemathesis.openapi.from_dict(with_lines_as_lists()).get_all_operations()
}


@pytest.fixture(scope="module")
def office(sqlite_server: RunningServer) -> RunningServer:
    """An account with something in it."""
    api = sqlite_server.with_account(name="Ada Lindqvist")
    for address in PEOPLE:
        person = {"name": "Rosa", "segment": "customer", "stage": "lead", "emails": [{"value": address}]}
        assert api.post("/v1/people/create", person)["errorcode"] == 0
        note = {
            "style": "note",
            "source": "n.example",
            "uniqueid": address,
            "references": [{"value": address}],
        }
        assert api.post("/v1/timeline/content/create", {**note, "body": "x"})["errorcode"] == 0
        assert api.post("/v1/timeline/todo/create", {"subject": "Call", "participants": [address]})["errorcode"] == 0  # fmt: skip
    assert api.post("/v1/companies/create", {"name": "Fjord", "domains": ["fjord.example"]})["errorcode"] == 0
    assert api.post("/v1/projects/create", {"name": "Harbour"})["errorcode"] == 0
    return api


def fill(given: Any) -> None:
    """Names of a query or body that ask for something ask for what is there."""
    if isinstance(given, dict):
        given.update({name: value for name, value in KNOWN.items() if name in given})


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_any_request(office: RunningServer, label: str, mode: GenerationMode) -> None:
    """Requests as the document has them (positive), and requests that break it (negative)."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not FUZZ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(OPERATIONS[label].as_strategy(generation_mode=mode), st.booleans())
    def send(case: Case, known: bool) -> None:
        if known:
            fill(case.query)
            fill(case.body)
        headers = {"Authorization": f"Bearer {office.api_key}"}
        case.call_and_validate(base_url=office.url, headers=headers, checks=CHECKS)

    send()
