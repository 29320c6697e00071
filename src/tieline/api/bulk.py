"""Many records at once (an extension): JSON lines in, one result line for each, in constant memory.

Lines are written in groups, each line in a savepoint of its own: what is refused leaves no trace, and the rest goes
on. The results are kept in a temporary file until the body is complete, since few clients read while they send.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import IO, Any, Final

import msgspec

from tieline.api import bodies, lenient, queries
from tieline.api.call import Call
from tieline.api.envelope import Answer, Stream, of_error
from tieline.crm import relations
from tieline.errors import InvalidInput, TielineError
from tieline.records import codec
from tieline.store.database import Transaction

GROUP: Final = 100  # lines of one transaction
IN_MEMORY: Final = 1_000_000  # bytes of results before they go to disk
CHUNK: Final = 64_000
MODES: Final = ("create", "update")

_encode = msgspec.json.Encoder().encode


async def bulk(call: Call) -> Answer:
    """Create or update a record for each line: `mode` (create, update), `dryrun`."""
    mode = (queries.text(call.query, "mode") or "create").lower()
    if mode not in MODES:
        raise InvalidInput(f"“{mode}” is unknown", field="mode", remedy="create or update")
    dry = queries.boolean(call.query, "dryrun") or False
    # Closed by its own end: when the answer was sent, or the client went away.
    results: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    group: list[tuple[int, bytes]] = []
    async for numbered in _lines(call):
        group.append(numbered)
        if len(group) == GROUP:
            results.write(await _write(call, group, mode, dry))
            group = []
    if group:
        results.write(await _write(call, group, mode, dry))

    async def chunks() -> AsyncIterator[bytes]:
        results.seek(0)
        while chunk := results.read(CHUNK):
            yield chunk
        results.close()

    return Stream(200, b"", content_type=b"application/x-ndjson", chunks=chunks)


async def _lines(call: Call) -> AsyncIterator[tuple[int, bytes]]:
    """Number and text of every line that is not blank. Raises TooLarge for a line above the body limit."""
    number, rest = 0, bytearray()
    async for chunk in _chunks(call):
        rest += chunk
        *complete, tail = bytes(rest).split(b"\n")
        rest = bytearray(tail)
        if len(rest) > call.settings.body_limit:
            raise bodies.too_large(call.settings.body_limit)
        for line in complete:
            number += 1
            if line.strip():
                yield number, line
    if rest.strip():
        yield number + 1, bytes(rest)


async def _chunks(call: Call) -> AsyncIterator[bytes]:
    assert call.receive is not None
    while True:
        message = await call.receive()
        if message["type"] == "http.disconnect":
            raise InvalidInput("The request ended before its body did", field="body")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


async def _write(call: Call, group: list[tuple[int, bytes]], mode: str, dry: bool) -> bytes:
    def act(tx: Transaction) -> bytes:
        return b"".join(_encode(told) + b"\n" for told in _results(tx, call, group, mode, dry))

    return await call.database.write(act)


def _results(
    tx: Transaction, call: Call, group: list[tuple[int, bytes]], mode: str, dry: bool
) -> Iterator[dict[str, Any]]:
    for number, line in group:
        try:
            with tx.savepoint():
                yield {"line": number, **_one(tx, call, line, mode, dry)}
        except TielineError as error:
            answer = of_error(error)
            if answer is None:
                raise
            yield {"line": number, **msgspec.json.decode(answer.body)}


def _one(tx: Transaction, call: Call, line: bytes, mode: str, dry: bool) -> dict[str, Any]:
    kind = call.kind
    given = lenient.unwrap_and_map(kind.name, bodies.read_object(line), strict_wire=call.strict)
    body = codec.convert(kind.type, {**given, "dryrun": True} if dry else given)
    written = relations.upsert(tx, call.caller, kind.name, body, mode=mode)
    told: dict[str, Any] = {"errorcode": 0, "created": written.created, "changed": written.changed}
    if written.sync_key:
        told["syncKey"] = written.sync_key
    return {**told, "message": written.message} if written.message else told
