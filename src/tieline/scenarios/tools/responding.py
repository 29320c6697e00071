"""What an execution answers: the sender of its event (1.13), or the scenario that called it (1.17)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

from tieline.expressions import Buffer, to_json, to_text
from tieline.modules.errors import ModuleError
from tieline.modules.inputs import plain
from tieline.scenarios import replies
from tieline.scenarios.interface import typed
from tieline.scenarios.replies import Reply
from tieline.scenarios.tools.tool import Json, Surroundings, Tool, flag, number, pairs
from tieline.store.database import Transaction

MOST_HEADERS, LONGEST_NAME, LONGEST_VALUE = 16, 256, 4096
# The connection's own, and what would reach other pages of this server.
FORBIDDEN = frozenset(
    {
        "connection",
        "content-length",
        "transfer-encoding",
        "date",
        "server",
        "set-cookie",
        "content-security-policy",
    }
)
CALL = "scenario-service:CallSubscenario"


def _respond(tx: Transaction, given: Json, around: Surroundings) -> list[Json]:
    reply = _reply(given)
    server = around.server
    if server.auto_commit:
        answer(tx, around, reply)
    else:
        server.held.append(lambda later: answer(later, around, reply))
    return [{}]


def _respond_again(given: Json, bundles: list[Json], around: Surroundings) -> None:
    """The cycle was not yet committed when the server stopped: the answer is still to be given."""
    if not around.server.auto_commit:
        reply = _reply(given)
        around.server.held.append(lambda tx: answer(tx, around, reply))


def answer(tx: Transaction, around: Surroundings, reply: Reply) -> None:
    """The first answer counts; a later one is a warning."""
    if not replies.store(tx, around.server.execution_id, reply):
        around.server.warnings.append(f"module {around.module_id}: the webhook was answered already")


def _reply(given: Json) -> Reply:
    status = int(number(given.get("status") or 200, "status", 200, 599))
    body = given.get("body")
    headers = [(name, to_text(value)) for name, value in pairs(given.get("headers"), "key")]
    if len(headers) > MOST_HEADERS:
        raise ModuleError("BundleValidationError", f"may be {MOST_HEADERS} at most", field="headers")
    for name, value in headers:
        if len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE:
            raise ModuleError("BundleValidationError", f"“{name[:40]}” is too long", field="headers")
        if name.lower() in FORBIDDEN or not (name + value).isprintable() or not name.isascii():
            raise ModuleError("BundleValidationError", f"“{name}” cannot be set", field="headers")
    if isinstance(body, dict | list):
        kind, content = "application/json", msgspec.json.encode(plain(body))
    elif isinstance(body, Buffer):
        kind, content = "application/octet-stream", body.data
    else:
        kind, content = "text/plain; charset=utf-8", to_text(body).encode()
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", kind))
    empty = status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
    return Reply(status, headers, b"" if empty else content)


def _return(tx: Transaction, given: Json, around: Surroundings) -> list[Json]:
    """The outputs of a scenario that was called, in the types that it declares; the last ones count."""
    made = typed(around.server.outputs, given, around.timezone)
    replies.store_outputs(tx, around.server.execution_id, to_json(made))
    return [made]


async def _call(given: Json, around: Surroundings) -> list[Json]:
    """Run another scenario of this account; waits for its outputs where it is told to."""
    server = around.server
    inputs = {
        name: value for name, value in given.items() if value is not around.parameters.get(name, around)
    }
    number_here = server.resource("scenario", around.parameters.get("scenario"))
    wait: Any = around.parameters.get("shouldWaitForExecutionEnd", True)
    return [await server.call_scenario(number_here, inputs, around.key, flag(wait))]


def _always(given: Json) -> bool:
    return True


TOOLS: tuple[Tool, ...] = (
    Tool("gateway:WebhookRespond", "Webhook response", act=_respond, replay=_respond_again),
    Tool("scenario-service:StartSubscenario", "Start of a called scenario", event=True),
    Tool("scenario-service:ReturnData", "Return outputs", act=_return),
    # The called scenario keeps a journal of its own: called again, it goes on where it was.
    Tool(CALL, "Call a scenario", _call, writes=_always, repeatable=_always),
)
