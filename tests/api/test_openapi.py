"""Our own OpenAPI document: whole, well-formed, and equal to the contract wherever the two overlap."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.servers import RunningServer
from tieline.api.openapi import document
from tieline.api.openapi.operations import ANALOGOUS, HANDLERS
from tieline.api.routes import ENDPOINTS

CONTRACT = yaml.safe_load(
    (Path(__file__).resolve().parent.parent / "data" / "cloze-openapi.yaml").read_text()
)
OURS = document(ENDPOINTS, "http://127.0.0.1:8642")
ALL = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
METHODS = ("get", "post", "delete")
# Where our document differs on purpose: the end of the place, and why.
APART = {
    "bodytype: not in the contract": "2.8: the message object is ours, and readers need it",
    "profile.phones: missing": "an account has none, and the contract demands none",
    "profile.addresses: missing": "the same",
    "user.phones: missing": "the same",
    "user.addresses: missing": "the same",
    "200.message: not in the contract": "0.3.2: a failure has one, whatever the operation",
    "ttl: ['integer'] in the contract, ['integer', 'number'] in ours": "5.1 takes any number of seconds",
}
DEEP = 5

Schema = dict[str, Any]


def operations(made: Schema) -> dict[tuple[str, str], Schema]:
    return {(m, path): ops[m] for path, ops in made["paths"].items() for m in METHODS if m in ops}


BOTH = sorted(operations(CONTRACT).keys())


def resolved(made: Schema, schema: Any) -> Schema:
    while isinstance(schema, dict) and "$ref" in schema:
        found: Any = made
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema if isinstance(schema, dict) else {}


def alternatives(made: Schema, schema: Any) -> list[Schema]:
    found = resolved(made, schema)
    parts = found.get("anyOf") or found.get("oneOf")
    return [one for part in parts for one in alternatives(made, part)] if parts else [found]


def kinds(made: Schema, schema: Any) -> frozenset[str]:
    found: set[str] = set()
    for part in alternatives(made, schema):
        named = part.get("type", "object" if "properties" in part else None)
        found |= {named} if isinstance(named, str) else set(named or ALL)
    return frozenset(found | ({"integer"} if "number" in found else set()))


def properties(made: Schema, schema: Any) -> Schema:
    return {
        name: part
        for one in alternatives(made, schema)
        for name, part in (one.get("properties") or {}).items()
    }


def items(made: Schema, schema: Any) -> Any:
    return next((part["items"] for part in alternatives(made, schema) if "items" in part), None)


def differences(theirs: Any, ours: Any, *, answer: bool, where: str, deep: int = 0) -> Iterator[str]:
    """What the contract says of a value that our document does not, and members of answers that only ours has."""
    wanted, found = kinds(CONTRACT, theirs), kinds(OURS, ours)
    # We accept whatever the contract lets a client send, and answer nothing that it does not let us answer.
    if "number" in wanted and "integer" in found and not answer:
        wanted -= {"number"}  # 1.0 reads as 1
    if wanted != ALL and not (found <= wanted if answer and found != ALL else wanted - {"null"} <= found):
        yield f"{where}: {sorted(wanted)} in the contract, {sorted(found)} in ours"
    words = {word for part in alternatives(CONTRACT, theirs) for word in part.get("enum", ())}
    known = {word for part in alternatives(OURS, ours) for word in part.get("enum", ())}
    if known and not words <= known:
        yield f"{where}: lacks the words {sorted(words - known)}"
    if deep > DEEP:
        return
    named, declared = properties(CONTRACT, theirs), properties(OURS, ours)
    if answer:
        written = {name for name, part in declared.items() if part.get("writeOnly")}
        written |= {name for name, part in named.items() if resolved(CONTRACT, part).get("writeOnly")}
        named = {name: part for name, part in named.items() if name not in written}
        declared = {name: part for name, part in declared.items() if name not in written}
    if named:
        for name in sorted(named.keys() - declared.keys()):
            yield f"{where}.{name}: missing"
        if answer:
            for name in sorted(declared.keys() - named.keys()):
                yield f"{where}.{name}: not in the contract"
        for name in named.keys() & declared.keys():
            yield from differences(
                named[name], declared[name], answer=answer, where=f"{where}.{name}", deep=deep + 1
            )
    inner = items(CONTRACT, theirs)
    if inner is not None and items(OURS, ours) is not None:
        yield from differences(inner, items(OURS, ours), answer=answer, where=f"{where}[]", deep=deep + 1)


def plain(parameter: Any) -> tuple[str, str, bool, Schema, str]:
    found = resolved(CONTRACT, parameter)
    schema = {name: value for name, value in found["schema"].items() if name != "description"}
    return found["name"], found["in"], found.get("required", False), schema, found.get("x-evidence", "")


def body(made: Schema, operation: Schema) -> tuple[bool, Any] | None:
    found = operation.get("requestBody")
    if found is None:
        return None
    (content,) = found["content"].values()
    return found.get("required", False), content["schema"]


def test_operations() -> None:
    """Every operation of the contract; beside them extensions under /v1/x, and the paths that are ours by analogy."""
    ours, theirs = operations(OURS).keys(), operations(CONTRACT).keys()
    assert len(theirs) == 78
    assert theirs <= ours
    assert {path for _, path in ours - theirs if not path.startswith("/v1/x/")} == ANALOGOUS
    assert {endpoint.handler for endpoint in ENDPOINTS} == HANDLERS.keys()
    ids = [operation["operationId"] for operation in operations(OURS).values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("method", "path"), BOTH)
def test_equals_the_contract(method: str, path: str) -> None:
    theirs, ours = operations(CONTRACT)[method, path], operations(OURS)[method, path]
    for name in ("security", "deprecated", "tags", "x-evidence"):
        if path != "/v1/messages/opens" or name != "security":  # the scope is in the table of 2.1 alone
            assert ours.get(name) == theirs.get(name), name
    wanted = {plain(one)[:2]: plain(one) for one in theirs.get("parameters", ())}
    found = {plain(one)[:2]: plain(one) for one in ours["parameters"]}
    assert {key: found.get(key) for key in wanted} == wanted
    assert all(found[key][4] != "doc" for key in found.keys() - wanted.keys())
    told = body(CONTRACT, theirs), body(OURS, ours)
    if told[0] is not None:
        assert told[1] is not None
        assert told[0][0] == told[1][0], "required"
        assert list(differences(told[0][1], told[1][1], answer=False, where="body")) == []
    assert set(theirs["responses"]) <= set(ours["responses"])
    for status, response in theirs["responses"].items():
        contents = resolved(CONTRACT, response).get("content", {})
        assert contents.keys() <= resolved(OURS, ours["responses"][status]).get("content", {}).keys()
        for kind, content in contents.items():
            mine = resolved(OURS, ours["responses"][status])["content"][kind]["schema"]
            found_apart = differences(content["schema"], mine, answer=True, where=status)
            assert [one for one in found_apart if not one.endswith(tuple(APART))] == []


def test_what_is_required() -> None:
    """What the contract's requests must carry, ours must carry."""
    for key, theirs in operations(CONTRACT).items():
        told = body(CONTRACT, theirs)
        if told is not None:
            wanted = set(resolved(CONTRACT, told[1]).get("required", ()))
            mine = body(OURS, operations(OURS)[key])
            assert mine is not None
            assert wanted <= set(resolved(OURS, mine[1]).get("required", ())) or key[1].endswith(
                "members/update"
            )


@cache
def schemas() -> list[Schema]:
    return [{**schema, "components": OURS["components"]} for schema in OURS["components"]["schemas"].values()]


def test_every_schema_is_one() -> None:
    for schema in schemas():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["description"], schema


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_every_reference_leads_somewhere() -> None:
    for found in set(references(OURS)):
        section, name = found.removeprefix("#/components/").split("/")
        assert name in OURS["components"][section], found


def test_served(sqlite_api: RunningServer) -> None:
    """Without a key, and from anywhere: tools read it before they have one."""
    answer = sqlite_api.request("GET", "/openapi.json", key=None)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    found = answer.json()
    assert found["servers"] == [{"url": sqlite_api.url}]
    assert found["paths"] == OURS["paths"]
    tag = {"If-None-Match": answer.headers["etag"]}
    assert sqlite_api.request("GET", "/openapi.json", key=None, headers=tag).status == 304
