"""E-mail from scenarios, to a real SMTP server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from tests.scenarios.office import HOOK, Office, failure, module, output

if TYPE_CHECKING:
    from tests.conftest import StartServer


@dataclass
class Mailbox:
    """Takes everything in, but what is for somebody called `nobody` or, for now, `later`."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    people: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("later"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        content = cast(bytes, envelope.original_content)
        self.mails.append(cast(EmailMessage, BytesParser(policy=default).parsebytes(content)))
        self.people.append(list(envelope.rcpt_tos))
        return "250 OK"


def _signed_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"me", b"s3cret"), handled=False)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made = Mailbox(free.getsockname()[1])
    controller = Controller(
        made,
        hostname="127.0.0.1",
        port=made.port,
        authenticator=_signed_in,
        auth_require_tls=False,
        auth_required=True,
    )
    controller.start()
    yield made
    controller.stop()


@pytest.fixture
def office(start_server: StartServer, mailbox: Mailbox) -> Office:
    return Office(
        start_server(
            smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none", smtp_user="me", smtp_password="s3cret",
            smtp_from="Tieline <tie@x.example>",
        )
    )  # fmt: skip


def send(**mapper: Any) -> dict[str, Any]:
    return module(2, "email:ActionSendEmail", {"subject": "Hi {{1.name}}", **mapper})


def test_a_message_with_everything(office: Office, mailbox: Mailbox) -> None:
    step = send(
        to=["{{1.mail}}", {"name": "Bob, Jr.", "address": "bob@x.example"}], cc="c@x.example", bcc=["secret@x.example"],
        html="<b>{{1.name}}</b>", text="{{1.name}}", replyTo="back@x.example", headers=[{"key": "X-Deal", "value": "7"}],
        attachments=[{"fileName": "a.csv", "data": "a,b"}],
    )  # fmt: skip
    run = office.run(office.load(HOOK, step), {"name": "Ada\nLovelace", "mail": "ada@x.example"})
    assert run.execution.status == "success", run
    (mail,) = mailbox.mails
    assert mail["To"] == 'ada@x.example, "Bob, Jr." <bob@x.example>'
    assert (mail["Subject"], mail["Cc"], mail["Reply-To"]) == (
        "Hi Ada Lovelace",
        "c@x.example",
        "back@x.example",
    )
    assert (mail["From"], mail["Bcc"], mail["X-Deal"]) == ("Tieline <tie@x.example>", None, "7")
    assert mailbox.people == [["ada@x.example", "bob@x.example", "c@x.example", "secret@x.example"]]
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert html.get_content().split() == ["<b>Ada", "Lovelace</b>"]
    assert text.get_content().split() == ["Ada", "Lovelace"]
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("a.csv", "a,b")
    assert output(run, 2) == [{"messageId": mail["Message-ID"]}]


def test_a_message_to_oneself(office: Office, mailbox: Mailbox) -> None:
    office.run(
        office.load(
            HOOK,
            module(2, "email:ActionSendMeEmail", {"subject": "x", "content": "hi", "contentType": "text"}),
        ),
        {},
    )
    assert mailbox.people == [["dana@example.org"]]


@pytest.mark.parametrize(
    ("mapper", "kind"),
    [
        ({"to": "nobody@x.example"}, "DataError"),
        ({"to": "later@x.example"}, "ConnectionError"),
        ({"to": "no address"}, "BundleValidationError"),
        ({"to": ""}, "BundleValidationError"),
        ({"to": "a@x.example", "headers": [{"key": "X", "value": "a{{newline}}Bcc: b@x.example"}]}, "BundleValidationError"),
        ({"to": "a@x.example{{newline}}Bcc: b@x.example"}, "BundleValidationError"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent(office: Office, mailbox: Mailbox, mapper: dict[str, Any], kind: str) -> None:
    run = office.run(
        office.load(HOOK, {**send(**mapper), "onerror": [module(3, "builtin:Ignore")]}), {"name": "x"}
    )
    assert [operation.error["name"] for operation in run.operations if operation.error] == [kind]
    assert mailbox.mails == []


@pytest.mark.parametrize(("host", "word"), [("127.0.0.1", "TIELINE_SMTP_USER"), ("", "TIELINE_SMTP_HOST")])
def test_a_wrong_password_and_no_server_at_all(
    start_server: StartServer, mailbox: Mailbox, host: str, word: str
) -> None:
    wrong = {"smtp_port": mailbox.port, "smtp_security": "none", "smtp_user": "me", "smtp_password": "no"}
    office = Office(start_server(smtp_host=host, **wrong))
    run = office.run(office.load(HOOK, send(to="a@x.example", **{"from": "b@x.example"})), {"name": "x"})
    assert failure(run)[0] == "InvalidConfigurationError"
    assert run.execution.error is not None
    assert word in run.execution.error["remedy"]
