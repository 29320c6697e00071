"""Doing a write once: the answer is stored in the transaction of the write and repeated for the same key.

A client that did not see the answer sends the request again with the same `Idempotency-Key`. The key belongs to the
account and is forgotten after 24 hours. A write that fails stores nothing, so a repeat tries again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from sqlalchemy import bindparam, delete, select, update

from tieline import clock
from tieline.errors import Conflict, InvalidInput
from tieline.store.database import Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import idempotency

HEADER = "Idempotency-Key"
LIFETIME = 24 * 3600 * 1000  # ms
MOST_CHARACTERS = 255
CREDENTIALS = frozenset({"api_key", "user", "user_email"})

FORGET = Statement(delete(idempotency).where(idempotency.c.created <= bindparam("before")))
# Claimed before the write is done: on PostgreSQL a second request with the key waits here for the first to commit.
CLAIM = upsert(
    idempotency,
    columns=("account_id", "key", "request_hash", "status", "answer", "created"),
    conflict=("account_id", "key"),
)
_MINE = (idempotency.c.account_id == bindparam("account"), idempotency.c.key == bindparam("the_key"))
KEEP = Statement(update(idempotency).where(*_MINE).values(status=200, answer=bindparam("text")))
FIND = Statement(select(idempotency.c.request_hash, idempotency.c.answer).where(*_MINE))


def check_key(key: str) -> None:
    """Raises InvalidInput for a key that cannot be used."""
    if len(key) > MOST_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise InvalidInput(
            "is not usable",
            field=HEADER,
            remedy=f"1 to {MOST_CHARACTERS} printable ASCII characters, such as a UUID",
        )


def fingerprint(method: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """What makes two requests the same: everything but the credentials."""
    hashed = hashlib.sha256(f"{method} {path}\n".encode())
    for name in sorted(query.keys() - CREDENTIALS):
        hashed.update(f"{name}={query[name]}\n".encode("utf-8", "replace"))
    hashed.update(b"\n" + body)
    return hashed.hexdigest()


def once(
    tx: Transaction, account_id: int, key: str, request_hash: str, act: Callable[[Transaction], bytes]
) -> bytes:
    """The answer of `act`, or the one it gave before under this key.

    Raises Conflict when the key was used for another request.
    """
    now = clock.now_ms()
    tx.run(FORGET, {"before": now - LIFETIME})
    claim = {"account_id": account_id, "key": key, "request_hash": request_hash, "status": 0, "answer": ""}
    mine = {"account": account_id, "the_key": key}
    if tx.run(CLAIM, {**claim, "created": now}):
        answer = act(tx)
        tx.run(KEEP, {**mine, "text": answer.decode()})
        return answer
    found = tx.one(FIND, mine)
    assert found is not None
    if found["request_hash"] != request_hash:
        raise Conflict(
            "The key was used for another request", field=HEADER, remedy="use a new key for every new request"
        )
    return str(found["answer"]).encode()
