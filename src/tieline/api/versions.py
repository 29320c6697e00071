"""Versions of records (an extension): ETag and If-None-Match on get, If-Match on writes.

An ETag is the record's `lastChanged` with a checksum of the answer. A write compares the first half: whoever read a
record, in whatever form, may say which version their change is meant for.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from tieline.api.call import Call
from tieline.api.envelope import Answer
from tieline.crm.writing import ANY_VERSION
from tieline.errors import InvalidInput

_TAG: Final = re.compile(r'(?:W/)?"([0-9a-f]{1,15})(?:-[0-9a-f]{1,8})?"')


def answered(call: Call, body: bytes, last_changed: int) -> bytes | Answer:
    """The body with its ETag, or 304 when the client has it already."""
    tag = f'"{last_changed:x}-{zlib.crc32(body):x}"'
    call.answered = (*call.answered, (b"etag", tag.encode()))
    if call.if_none_match and tag in call.if_none_match.replace("W/", ""):
        return Answer(304, b"")
    return body


def expected(call: Call) -> int | None:
    """The `lastChanged` that If-Match names; ANY_VERSION for `*`, None without it. Raises InvalidInput."""
    text = call.if_match.strip()
    if not text:
        return None
    if text == "*":
        return ANY_VERSION
    found = _TAG.fullmatch(text)
    if found is None:
        raise InvalidInput(
            "is no ETag of a record", field="If-Match", remedy="send the ETag that get answered, or *"
        )
    return int(found[1], 16)
