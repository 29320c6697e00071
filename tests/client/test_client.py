"""The public client: one description, two manners; retries where safe; errors by what to do next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tieline import AsyncCloze, Cloze
from tieline.client import (
    InvalidRequest,
    NotAuthorized,
    NotFound,
    RateLimited,
    Response,
    ServerUnavailable,
    UnexpectedAnswer,
)
from tieline.modules import connections
from tieline.records import Email, Person, ToDo
from tieline.settings import Settings
from tieline.vault import Vault

if TYPE_CHECKING:
    from tests.servers import RunningServer

ROOT = Path(__file__).resolve().parent.parent.parent


class Answers:
    """A transport that gives the answers it was given, in order."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Response:
        self.asked.append(f"{method} {path}")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        return None


def ok(body: bytes = b'{"errorcode": 0}', status: int = 200, **headers: str) -> Response:
    return Response(status, {"content-type": "application/json", **headers}, body)


PROFILE = ok(b'{"errorcode": 0, "profile": {"email": "a@x.example"}}')


def test_the_synchronous_client_is_made_from_the_other() -> None:
    assert (
        subprocess.run(
            [sys.executable, ROOT / "scripts" / "make-sync-client", "--check"], check=False
        ).returncode
        == 0
    )


def test_a_life_with_the_synchronous_client(server: RunningServer) -> None:
    with Cloze(api_key=server.api_key, url=server.url) as cloze:
        assert cloze.user.profile().email == server.email
        cloze.people.create(Person(name="Ada", emails=[Email(value="ada@x.example")]))
        cloze.people.update({"emails": [{"value": "ada@x.example"}], "stage": "lead"})
        assert cloze.people.get("ada@x.example").stage == "lead"
        assert [person.name for person in cloze.people.iterate(stage="lead")] == ["Ada"]
        assert cloze.people.find(countonly=True).available == 1
        cloze.timeline.todo(ToDo(subject="x", participants=["ada@x.example"]), idempotency_key="k")
        cloze.timeline.todo(ToDo(subject="x", participants=["ada@x.example"]), idempotency_key="k")
        page = cloze.people.timeline("ada@x.example")
        assert [message.subject for message in cloze.timeline.messages(page.messages)] == ["x"]
        assert {segment.key for segment in cloze.user.segments()} >= {"customer"}
        uniqueid = cloze.webhooks.subscribe("person.change", "https://x.example/hook", client_reference="c")
        assert [s.uniqueid for s in cloze.webhooks.list()] == [uniqueid]
        cloze.webhooks.unsubscribe("person.change", uniqueid)
        cloze.people.delete("ada@x.example")
        with pytest.raises(NotFound):
            cloze.people.get("ada@x.example")
        with pytest.raises(InvalidRequest, match="stage"):
            cloze.people.create({"emails": [{"value": "b@x.example"}], "stage": "nope"})
    with Cloze(api_key="wrong", url=server.url) as stranger, pytest.raises(NotAuthorized) as error:
        stranger.user.profile()
    assert error.value.status == 401


@pytest.mark.parametrize(
    ("first", "times"),
    [(ok(b"{}", 503), 2), (ok(b"{}", 429, **{"retry-after": "0"}), 2), (ServerUnavailable("gone"), 2)],
    ids=["503", "429", "gone"],
)
async def test_a_read_is_tried_again(first: Response | Exception, times: int) -> None:
    transport = Answers(first, PROFILE)
    assert (await AsyncCloze(transport=transport).user.profile()).email == "a@x.example"
    assert len(transport.asked) == times


async def test_a_write_is_tried_again_only_when_that_is_safe() -> None:
    transport = Answers(ServerUnavailable("gone"), ok())
    with pytest.raises(ServerUnavailable):
        await AsyncCloze(transport=transport).timeline.todo({"subject": "x"})
    assert len(transport.asked) == 1
    transport = Answers(ServerUnavailable("gone"), ok())
    await AsyncCloze(transport=transport).timeline.todo({"subject": "x"}, idempotency_key="k")
    assert len(transport.asked) == 2


async def test_strange_answers_are_named() -> None:
    async def asked(answer: Response) -> None:
        await AsyncCloze(transport=Answers(answer), retries=0).user.profile()

    with pytest.raises(UnexpectedAnswer, match="text/html instead of JSON"):
        await asked(Response(200, {"content-type": "text/html"}, b"<html>"))
    with pytest.raises(UnexpectedAnswer, match="profile"):
        await asked(ok())
    with pytest.raises(ServerUnavailable):
        await asked(Response(502, {}, b"<html>"))
    with pytest.raises(RateLimited) as limited:
        await asked(ok(b'{"errorcode": 429, "message": "Rate limit exceeded"}', 429, **{"retry-after": "90"}))
    assert limited.value.retry_after == 90
    with pytest.raises(NotAuthorized, match="Invalid token"):
        await asked(ok(b'{"message": "Invalid token: access token is invalid"}', 401))


def test_the_key_of_a_connection_is_encrypted_and_its_use_protects_it(
    server: RunningServer, tmp_path: Path
) -> None:
    vault = Vault(Settings(data_dir=str(tmp_path / "v")))
    assert (tmp_path / "v" / "secret.key").stat().st_mode & 0o777 == 0o600
    made = server.write(
        connections.create,
        vault,
        server.account_id,
        "Cloze",
        email="a@x.example",
        api_key="very-secret",
        identity="a@x.example",
    )
    row = server.read(connections.find, server.account_id, made.id)
    assert b"very-secret" not in bytes(row["secret"])
    assert vault.decrypt(row["secret"]) == "very-secret"
    assert Vault(Settings(data_dir=str(tmp_path / "v"))).decrypt(row["secret"]) == "very-secret"
    assert "secret" not in made.__struct_fields__
    server.write(connections.rotate, vault, server.account_id, made.id, "another")
    assert vault.decrypt(server.read(connections.find, server.account_id, made.id)["secret"]) == "another"
