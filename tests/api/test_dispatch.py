"""What happens before a handler is asked, and what every answer has: paths, methods, CORS, limits, failures."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from tests.conftest import StartServer
from tests.servers import RunningServer, Thread
from tieline.api.call import Call, Endpoint
from tieline.api.dispatch import Api, tidy
from tieline.api.envelope import success
from tieline.api.routes import ENDPOINTS
from tieline.app import running
from tieline.errors import InternalError, RateLimited, Unavailable
from tieline.settings import Settings, load

UNKNOWN = {"errorcode": 404, "message": "Resource Not Found"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/contacts"),
        ("PUT", "/v1/people"),
        ("PUT", "/v1/project"),
        ("PUT", "/v1/note"),
        ("POST", "/v1/people"),
        ("GET", "/v1/people/create"),
        ("DELETE", "/v1/people/get"),
        ("PATCH", "/v1/people/update"),
        ("GET", "/v1/people/feeds"),
        ("POST", "/v1/analytics/weather"),
        ("GET", "/v1/messages/closes"),
        ("GET", "/v1"),
        ("GET", "/v1/"),
        ("GET", "/v1/People/get"),
        ("GET", "/v2/people/get"),
        ("OPTIONS", "/v1/contacts"),
    ],
)
def test_unknown_paths_and_methods(sqlite_api: RunningServer, method: str, path: str) -> None:
    """Also without a credential: nobody learns more from signing in (1.6)."""
    for key in (sqlite_api.api_key, None):
        answer = sqlite_api.request(method, path, key=key)
        assert (answer.status, answer.json()) == (404, UNKNOWN)


@pytest.mark.parametrize("path", ["/v1/user/profile/", "//v1/user//profile", "/v1//user/profile///"])
def test_slashes_are_tolerated(sqlite_api: RunningServer, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sqlite_api.settings.port)
    connection.putrequest("GET", path)
    connection.putheader("Authorization", f"Bearer {sqlite_api.api_key}")
    connection.endheaders()
    assert json.loads(connection.getresponse().read())["errorcode"] == 0
    connection.close()


def test_tidy() -> None:
    assert tidy("/") == "/"
    assert tidy("//") == "/"
    assert tidy("/a//b///") == "/a/b"


def test_every_path_is_under_v1_and_lower_case() -> None:
    paths = [path for endpoint in ENDPOINTS for path in (endpoint.path, *endpoint.older)]
    assert all(path.startswith("/v1/") and path == path.lower() for path in paths)


def test_a_path_declared_twice_is_refused() -> None:
    with pytest.raises(AssertionError, match="declared twice"):
        Api([ENDPOINTS[0], ENDPOINTS[0]])


@pytest.mark.parametrize("path", ["/v1/people/get", "/v1/people/delete", "/v1/webhooks/subscribe/"])
def test_preflight(sqlite_api: RunningServer, path: str) -> None:
    answer = sqlite_api.request(
        "OPTIONS",
        path,
        key=None,
        headers={"Origin": "https://app.example", "Access-Control-Request-Method": "POST"},
    )
    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, DELETE"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "Content-Type" in answer.headers["access-control-allow-headers"]


def test_browsers_may_read_every_answer(sqlite_api: RunningServer) -> None:
    for path, key in (
        ("/v1/user/profile", sqlite_api.api_key),
        ("/v1/user/profile", "bad"),
        ("/v1/nothing", None),
    ):
        assert sqlite_api.request("GET", path, key=key).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "1", "yes", "Yes"])
def test_true_in_a_query(sqlite_api: RunningServer, text: str) -> None:
    answer = sqlite_api.get("/v1/people/find", countonly=text)
    assert answer == {"errorcode": 0, "availablecount": 0}


@pytest.mark.parametrize("text", ["false", "False", "0", "no", "", " "])
def test_false_or_not_given_in_a_query(sqlite_api: RunningServer, text: str) -> None:
    assert sqlite_api.get("/v1/people/find", countonly=text)["people"] == []


def test_neither_true_nor_false(sqlite_api: RunningServer) -> None:
    answer = sqlite_api.request("GET", "/v1/people/find", countonly="maybe")
    assert (answer.status, answer.errorcode) == (200, 400)
    assert answer.message == "countonly: “maybe” is neither true nor false (send true or false)"


def test_unknown_parameters_and_fields_are_ignored(sqlite_api: RunningServer) -> None:
    assert sqlite_api.get("/v1/people/find", nonsense="1")["errorcode"] == 0
    body = {"emails": [{"value": "a@x.example", "nonsense": 1}], "nonsense": {"deep": []}}
    assert sqlite_api.post("/v1/people/create", body) == {"errorcode": 0}


def test_a_get_may_have_a_content_type_and_no_body(sqlite_api: RunningServer) -> None:
    answer = sqlite_api.request("GET", "/v1/user/profile", headers={"Content-Type": "application/json"})
    assert answer.errorcode == 0


def test_a_post_without_a_body_is_an_empty_object(sqlite_api: RunningServer) -> None:
    answer = sqlite_api.request("POST", "/v1/people/find", headers={"Content-Type": "application/json"})
    assert answer.errorcode == 0
    answer = sqlite_api.request("POST", "/v1/people/create", headers={"Content-Type": "application/json"})
    assert answer.json() == {"errorcode": 11, "message": "No identifiers available"}


def test_too_large_by_its_own_words(sqlite_api: RunningServer) -> None:
    body = json.dumps({"emails": [{"value": "big@x.example"}], "notes": "x" * 5_000_001}).encode()
    answer = sqlite_api.request("POST", "/v1/people/create", body=body)
    assert (answer.status, answer.errorcode) == (413, 413)
    assert answer.message == "body: The body is larger than 5000000 bytes (send less at once)"
    assert sqlite_api.get("/v1/people/find")["availablecount"] == 0


def test_too_large_in_chunks(sqlite_api: RunningServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sqlite_api.settings.port, timeout=60)
    headers = {"Authorization": f"Bearer {sqlite_api.api_key}", "Transfer-Encoding": "chunked"}

    def chunks() -> Iterator[bytes]:
        yield b'{"notes":"'
        for _ in range(90):
            yield b"x" * 65536

    # The server answers and hangs up before it was sent everything.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.request("POST", "/v1/people/create", body=chunks(), headers=headers, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_in_chunks(sqlite_api: RunningServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sqlite_api.settings.port, timeout=60)
    headers = {"Authorization": f"Bearer {sqlite_api.api_key}", "Transfer-Encoding": "chunked"}
    parts = [b'{"emails":[{"val', b'ue":"chunk@x.example"}]}']
    connection.request("POST", "/v1/people/create", body=iter(parts), headers=headers, encode_chunked=True)
    assert json.loads(connection.getresponse().read()) == {"errorcode": 0}
    connection.close()


def test_an_encoded_body_is_refused(sqlite_api: RunningServer) -> None:
    answer = sqlite_api.request(
        "POST", "/v1/people/create", body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}
    )
    assert (answer.status, answer.errorcode) == (200, 400)
    assert answer.message.startswith("Content-Encoding:")


def test_the_limit_can_be_changed(start_server: StartServer) -> None:
    server = start_server(body_limit=2000)
    assert server.request("POST", "/v1/people/create", json_body={"notes": "x" * 2000}).status == 413
    assert server.post("/v1/people/create", {"emails": [{"value": "a@x.example"}]}) == {"errorcode": 0}


async def ours(call: Call) -> bytes:
    raise RuntimeError("secret details")


async def internal(call: Call) -> bytes:
    raise InternalError("secret details")


async def away(call: Call) -> bytes:
    raise Unavailable("The database does not answer", remedy="check that it runs")


async def busy(call: Call) -> bytes:
    raise RateLimited("Rate limit exceeded", retry_after=2.2)


async def fine(call: Call) -> bytes:
    return success()


@pytest.fixture
def failing(tmp_path: object) -> Iterator[RunningServer]:
    """A server whose handlers fail in every way that bad input cannot bring about."""
    endpoints = [
        Endpoint("GET", f"/v1/{handler.__name__}", "basic", handler)
        for handler in (ours, internal, away, busy)
    ]
    endpoints.append(Endpoint("GET", "/v1/scope", "administer", fine))

    def make(settings: Settings) -> Starlette:
        app = Starlette(routes=[Api(endpoints)], lifespan=running)
        app.state.settings = settings
        return app

    thread = Thread(load({}, data_dir=str(tmp_path), port=0), make)
    yield thread.start()
    thread.stop()


def test_failures_that_are_not_the_callers(failing: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    for path in ("/v1/ours", "/v1/internal"):
        answer = failing.request("GET", path, key=None, api_key=failing.api_key)
        assert (answer.status, answer.json()) == (500, {"errorcode": 500, "message": "Internal error"})
    assert "secret details" in caplog.text
    assert failing.api_key not in caplog.text
    answer = failing.request("GET", "/v1/away")
    assert (answer.status, answer.errorcode) == (503, 503)
    answer = failing.request("GET", "/v1/busy")
    assert (answer.status, answer.json()) == (429, {"errorcode": 429, "message": "Rate limit exceeded"})
    assert answer.headers["retry-after"] == "3"


def test_a_scope_that_the_credential_lacks(failing: RunningServer) -> None:
    answer = failing.request("GET", "/v1/scope")
    assert (answer.status, answer.json()) == (
        403,
        {"errorcode": 403, "message": "This needs the scope administer"},
    )
