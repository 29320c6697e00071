"""Actions: one call, one bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tieline.client import UnexpectedAnswer
from tieline.client.sender import read_answer
from tieline.modules.errors import ModuleError
from tieline.modules.exchange import Account, CallContext, ask, exchange, tell
from tieline.modules.inputs import Request, identifier_of, request_of
from tieline.modules.module import Bundle, Module
from tieline.records.kinds import KINDS


async def act(module: Module, values: Mapping[str, Any], client: Account, around: CallContext) -> Bundle:
    """What the action gives. Raises ClozeError, ModuleError."""
    request = request_of(module, values)
    if module.lines is not None:
        return await _many(module, request, client, around)
    if module.method == "GET":
        answer = await ask(client, around, module.method, request.path, request.query)
        return answer if module.answer is None else _record(module, answer, module.answer)
    body = None if module.method == "DELETE" else request.body
    if around.dry_run:
        (request.query if body is None else body)["dryrun"] = True
    answer = await tell(client, around, module.method, request.path, request.query, body)
    if module.reads_back and not around.dry_run:
        return await _read_back(module, request, answer, client, around)
    return answer


def _record(module: Module, answer: Mapping[str, Any], name: str) -> Bundle:
    record = answer.get(name)
    if not isinstance(record, dict):
        raise ModuleError(
            "DataError",
            f"the answer has no {name}",
            module=module.label,
            remedy="check the address of the connection",
        )
    return record


async def _read_back(
    module: Module, request: Request, answer: Bundle, client: Account, around: CallContext
) -> Bundle:
    """The record after a write, by what named it; the answer of the write when nothing but a name and an address did."""
    identifier = identifier_of(request.body, module.noun)
    if identifier is None:
        return answer
    path = f"/v1/{KINDS[module.noun].plural}/get"
    found = await ask(client, around, "GET", path, {"uniqueid": identifier})
    return _record(module, found, module.noun)


async def _many(module: Module, request: Request, client: Account, around: CallContext) -> Bundle:
    """Many records as JSON lines, and what became of each."""
    assert module.lines is not None
    records = request.body[module.lines]
    body = b"\n".join(msgspec.json.encode(record) for record in records)
    query = {**request.query, "dryrun": True} if around.dry_run else request.query
    headers = {"Content-Type": "application/x-ndjson"}
    response = await exchange(client, around, module.method, request.path, query, body, headers, reads=False)
    if "ndjson" not in response.headers.get("content-type", ""):
        read_answer(response)
        raise UnexpectedAnswer("The server answered one result for many records", status=response.status)
    results = [msgspec.json.decode(line) for line in response.body.splitlines() if line.strip()]
    stored = [one for one in results if one.get("errorcode") == 0]
    return {
        "total": len(records),
        "created": sum(1 for one in stored if one.get("created")),
        "changed": sum(1 for one in stored if one.get("changed")),
        "failed": len(results) - len(stored),
        "results": results,
    }
