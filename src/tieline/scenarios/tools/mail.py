"""E-mail from scenarios, through the SMTP server of the settings."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import bindparam, select

from tieline import mail
from tieline.errors import InvalidInput
from tieline.expressions import Buffer, to_text
from tieline.mail import Mail, MailFailed, Reason
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.scenarios.tools.tool import Json, Surroundings, Tool, pairs, text
from tieline.store.database import Statement, Transaction
from tieline.store.tables import account

CLASSES: dict[Reason, ErrorClass] = {
    "configuration": "InvalidConfigurationError",
    "refused": "DataError",
    "later": "ConnectionError",
    "connection": "ConnectionError",
    "timeout": "ModuleTimeoutError",
}
MOST_BYTES = 25_000_000


OWNER = Statement(select(account.c.email).where(account.c.id == bindparam("wanted")))


def _owner(tx: Transaction, account_id: int) -> str:
    return str(tx.scalar(OWNER, {"wanted": account_id}))


async def _send(given: Json, around: Surroundings) -> list[Json]:
    return await _sent(given, around, people(given.get("to")))


async def _send_me(given: Json, around: Surroundings) -> list[Json]:
    """To the person whose scenario it is."""
    owner = await around.server.database.read(_owner, around.server.account_id)
    return await _sent(given, around, [owner])


async def _sent(given: Json, around: Surroundings, to: list[str]) -> list[Json]:
    html, plain = text(given, "html"), text(given, "text")
    content = text(given, "content")
    if content and not html and not plain:
        as_text = text(given, "contentType").lower() in {"text", "plain", "text/plain"}
        html, plain = ("", content) if as_text else (content, "")
    files = _files(given.get("attachments"))
    message = Mail(
        to=to,
        subject=text(given, "subject"),
        text=plain,
        html=html,
        cc=people(given.get("cc")),
        bcc=people(given.get("bcc")),
        sender=text(given, "from"),
        reply_to=text(given, "replyTo"),
        files=files,
        headers=[(name, to_text(value)) for name, value in pairs(given.get("headers"))],
        # The same operation makes the same message, should it be repeated: mailboxes know it by its id.
        key=hashlib.sha256(around.key.encode()).hexdigest()[:40],
    )
    try:
        return [{"messageId": await mail.send(around.server.settings, message)}]
    except MailFailed as error:
        raise ModuleError(CLASSES[error.reason], error.message, remedy=error.remedy) from None
    except InvalidInput as error:
        raise ModuleError(
            "BundleValidationError", error.message, field=error.field, remedy=error.remedy
        ) from None


def people(value: Any) -> list[str]:
    """Addresses, however they are mapped: one text, a list of texts, or collections with `address` (and `name`)."""
    made = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            address, name = to_text(item.get("address") or item.get("email")), to_text(item.get("name"))
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            item = f'"{quoted}" <{address}>' if name and address else address
        found = to_text(item).strip()
        if found:
            made.append(found.replace(";", ",") if '"' not in found else found)
    return made


def _files(value: Any) -> list[tuple[str, bytes]]:
    made = []
    for item in value if isinstance(value, list) else []:
        if not isinstance(item, dict) or item.get("data") in (None, ""):
            raise ModuleError(
                "BundleValidationError", "an attachment has a name and data", field="attachments"
            )
        data = item["data"]
        known = data.file_name if isinstance(data, Buffer) else None
        name = to_text(item.get("fileName") or item.get("filename") or known) or "file"
        made.append((name, data.data if isinstance(data, Buffer) else to_text(data).encode()))
    if sum(len(content) for _, content in made) > MOST_BYTES:
        raise ModuleError(
            "MaxFileSizeExceededError", "attachments may have 25 MB in all", field="attachments"
        )
    return made


def _always(given: Json) -> bool:
    return True


TOOLS: tuple[Tool, ...] = (
    Tool("email:ActionSendEmail", "Email: send an email", _send, writes=_always),
    Tool("email:ActionSendMeEmail", "Email: send me an email", _send_me, writes=_always),
)
