"""Signing in: wrong passwords, too many of them, ended sessions, forms that are not ours."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from tieline.crm import accounts
from tieline.store.tables import relation, session
from tieline.web.pages import sign_in

if TYPE_CHECKING:
    from tests.servers import RunningServer

PASSWORD = "three small words"


class Visitor:
    """A browser without eyes: cookies, forms, redirects that are looked at instead of followed."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        handler = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(handler, NoRedirect())

    def get(self, path: str) -> tuple[int, str, str]:
        return self._open(urllib.request.Request(self.server.url + path))

    def post(self, path: str, page: str = "/sign-in", **fields: str) -> tuple[int, str, str]:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get(page)[2])
        sent = {"csrf": found.group(1) if found else "", **fields}
        return self._open(
            urllib.request.Request(self.server.url + path, urllib.parse.urlencode(sent).encode())
        )

    def sign_in(self, password: str = PASSWORD, **fields: str) -> tuple[int, str, str]:
        return self.post("/sign-in", email=self.server.email, password=password, **fields)

    def _open(self, request: urllib.request.Request) -> tuple[int, str, str]:
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.headers.get("location", ""), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("location", ""), error.read().decode()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@pytest.fixture
def visitor(server: RunningServer) -> Visitor:
    sign_in._guesses.clear()
    server.write(accounts.set_password, server.account_id, PASSWORD)
    return Visitor(server)


def test_in_and_out_and_back_to_where_one_was(visitor: Visitor) -> None:
    status, location, _ = visitor.get("/agenda?x=1")
    assert (status, location) == (303, "/sign-in?next=%2Fagenda%3Fx%3D1")
    assert visitor.sign_in(next="/agenda?x=1")[:2] == (303, "/agenda?x=1")
    assert visitor.get("/agenda")[0] == 200
    assert visitor.post("/sign-out", page="/people")[:2] == (303, "/sign-in")
    assert visitor.get("/agenda")[0] == 303


def test_a_wrong_password_does_not_tell_what_is_wrong_and_is_slowed_down(visitor: Visitor) -> None:
    words = {re.search(r'role="alert".*?</p>', visitor.post("/sign-in", email=email, password="x")[2], re.DOTALL) is not None
             for email in (visitor.server.email, "nobody@x.example")}  # fmt: skip
    assert words == {True}
    for _ in range(5):
        status, _, page = visitor.sign_in("wrong words here")
    assert status == 401
    assert "Too many wrong passwords" in page
    assert visitor.sign_in()[0] == 401  # the right one too, for a minute


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_sent_away_after_signing_in(visitor: Visitor, target: str) -> None:
    assert visitor.sign_in(next=target)[:2] == (303, "/people")


def test_an_ended_session_asks_again(visitor: Visitor) -> None:
    visitor.sign_in()
    assert visitor.get("/people")[0] == 200
    visitor.server.write(lambda tx: tx.run(delete(session)))
    assert visitor.get("/people")[:2] == (303, "/sign-in?next=%2Fpeople")


def test_a_form_without_our_token_changes_nothing(visitor: Visitor) -> None:
    visitor.sign_in()
    fields = {"name": "Ada", "emails.0.value": "ada@x.example"}
    status, _, page = visitor.post("/people/new", csrf="0" * 64, **fields)
    assert status == 403
    assert "no longer valid" in page
    assert visitor.server.read(lambda tx: tx.all(select(relation.c.id))) == []
    assert visitor.post("/people/new", page="/people/new", **fields)[0] == 303
    assert len(visitor.server.read(lambda tx: tx.all(select(relation.c.id)))) == 1


def test_hostile_names_are_only_names(visitor: Visitor) -> None:
    visitor.sign_in()
    visitor.server.post(
        "/v1/people/create",
        {
            "name": "<script>alert(1)</script>",
            "emails": [{"value": "x@x.example"}],
            "headline": '"><img src=x onerror=alert(1)>',
        },
    )
    for path in ("/people", "/people/x@x.example", "/people/x@x.example/edit"):
        status, _, page = visitor.get(path)
        assert status == 200
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_wrong_form_keeps_what_was_typed_and_names_the_field(visitor: Visitor) -> None:
    visitor.sign_in()
    status, _, page = visitor.post(
        "/people/new", page="/people/new", name="Ada Typed", **{"emails.0.value": "not an address"}
    )
    assert status == 422
    assert "Ada Typed" in page
    assert "emails[0].value" in page


def test_an_unknown_page_is_not_found(visitor: Visitor) -> None:
    visitor.sign_in()
    for path in ("/nothing", "/people/nobody@x.example", "/scenarios/99", "/executions/none"):
        assert visitor.get(path)[0] == 404, path
