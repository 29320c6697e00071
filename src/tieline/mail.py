"""E-mail out, by SMTP: the operator's server, named in the settings (TIELINE_SMTP_…)."""

from __future__ import annotations

import asyncio
import mimetypes
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from typing import Literal

from tieline import __version__, clock, ids
from tieline.errors import InvalidInput, Unavailable
from tieline.settings import Settings

Reason = Literal["configuration", "refused", "later", "connection", "timeout"]
WAIT = 30.0  # seconds for every step of the conversation


class MailFailed(Unavailable):
    """It was not sent. `reason`: who has to do something before it can be."""

    def __init__(self, message: str, reason: Reason, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.reason: Reason = reason


@dataclass(frozen=True)
class Mail:
    """A message. Addresses as people write them, `Ada <ada@x.example>`; `files`: (name, content).

    `key`: what makes the same message the same; its id is made of it.
    """

    to: Sequence[str]
    subject: str
    text: str = ""
    html: str = ""
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    sender: str = ""
    reply_to: str = ""
    files: Sequence[tuple[str, bytes]] = ()
    headers: Sequence[tuple[str, str]] = ()
    key: str = field(default_factory=lambda: ids.secret(16))


def configured(settings: Settings) -> bool:
    """Whether this installation can send e-mail at all."""
    return bool(settings.smtp_host)


async def send(settings: Settings, mail: Mail) -> str:
    """Hand a message to the SMTP server; its Message-ID. Raises MailFailed, and InvalidInput naming the field."""
    if not configured(settings):
        raise MailFailed(
            "this server has no SMTP server to send e-mail by", "configuration", "set TIELINE_SMTP_HOST"
        )
    message = compose(settings, mail)
    everybody = [
        one.addr_spec for name in ("to", "cc", "bcc") for one in _addresses(getattr(mail, name), name)
    ]
    await asyncio.to_thread(_deliver, settings, message, everybody)
    return str(message["Message-ID"])


def compose(settings: Settings, mail: Mail) -> EmailMessage:
    """The message as it travels. Raises InvalidInput naming the field."""
    to = _addresses(mail.to, "to")
    if not to and not mail.cc and not mail.bcc:
        raise InvalidInput("is required", field="to", remedy="say to whom")
    message = EmailMessage(policy=SMTP)
    sender = _addresses([mail.sender or settings.smtp_from or settings.smtp_user], "from")
    if not sender:
        raise InvalidInput("is required", field="from", remedy="set TIELINE_SMTP_FROM")
    message["From"] = sender[0]
    if to:
        message["To"] = to
    if mail.cc:
        message["Cc"] = _addresses(mail.cc, "cc")
    if mail.reply_to:
        message["Reply-To"] = _addresses([mail.reply_to], "replyTo")
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(clock.utc_now())
    message["Message-ID"] = f"<{mail.key}@{sender[0].domain}>"
    message["X-Mailer"] = f"Tieline/{__version__}"
    for name, value in mail.headers:
        try:
            del message[name]
            message[name] = value
        except ValueError as error:
            raise InvalidInput(f"“{name}” cannot be set: {error}", field="headers") from None
    message.set_content(mail.text or _plain(mail.html))
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for name, content in mail.files:
        kind, _, subtype = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return message


def _plain(html: str) -> str:
    return "This message is in HTML.\n" if html else ""


def _addresses(given: Sequence[str], field_name: str) -> list[Address]:
    """Each address of the texts. Raises InvalidInput for one that is none."""
    texts = [text for text in given if text.strip()]
    if any("\r" in text or "\n" in text for text in texts):
        raise InvalidInput("an address has one line", field=field_name, remedy="write name@host")
    made = []
    for name, address in getaddresses(texts):
        try:
            found = Address(name, addr_spec=address)
        except (ValueError, IndexError):
            found = Address()
        if not found.username or not found.domain:
            shown = address or name or ", ".join(texts)
            raise InvalidInput(f"“{shown}” is no e-mail address", field=field_name, remedy="write name@host")
        made.append(found)
    return made


def _deliver(settings: Settings, message: EmailMessage, everybody: list[str]) -> None:
    """The conversation with the server, in a thread."""
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            refused = server.send_message(message, to_addrs=everybody)
    except smtplib.SMTPAuthenticationError as error:
        raise MailFailed(
            f"the SMTP server refused the sign-in: {_said(error)}", "configuration", "check TIELINE_SMTP_USER"
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise MailFailed(f"refused: {_refusals(error.recipients)}", _by_code(error.recipients)) from None
    except smtplib.SMTPResponseException as error:
        reason: Reason = "later" if 400 <= error.smtp_code < 500 else "refused"
        raise MailFailed(f"the SMTP server answered {_said(error)}", reason) from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailFailed(f"the SMTP server cannot do this: {error}", "configuration") from None
    except TimeoutError:
        raise MailFailed(f"{settings.smtp_host} did not answer in time", "timeout") from None
    except ssl.SSLError as error:
        raise MailFailed(f"secure connection failed: {error.reason}", "configuration") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"{settings.smtp_host}: {error}", "connection") from None
    if refused:
        raise MailFailed(f"sent, but not to {_refusals(refused)}", "refused")


def _connected(settings: Settings) -> smtplib.SMTP:
    """A connection as safe as the settings ask for."""
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=WAIT, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=WAIT)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _said(error: smtplib.SMTPResponseException) -> str:
    text = (
        error.smtp_error.decode("utf-8", "replace")
        if isinstance(error.smtp_error, bytes)
        else error.smtp_error
    )
    return f"{error.smtp_code} {text}"


Refusals = dict[str, tuple[int, bytes]]


def _refusals(refused: Refusals) -> str:
    return "; ".join(
        f"{who}: {code} {text.decode('utf-8', 'replace')}" for who, (code, text) in refused.items()
    )


def _by_code(refused: Refusals) -> Reason:
    return "later" if all(400 <= code < 500 for code, _ in refused.values()) else "refused"
