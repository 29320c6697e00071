"""The outgoing door against a real server, with names resolved by a table where a test needs a stranger."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.receiver import Receiver, hang_up, ok, redirect, slow, status, text
from tieline.errors import InvalidInput, PermissionDenied
from tieline.http import Door, RequestFailed, mask_headers, mask_url
from tieline.settings import Settings


class Names(AbstractResolver):
    """Answers from a table; each call takes the next list of addresses of a name, the last one stays."""

    def __init__(self, **table: list[list[str]]) -> None:
        self.table = {name.replace("_", "."): answers for name, answers in table.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self.table.get(host)
        if answers is None:
            raise OSError(None, "name not known")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def open_door(
    allow: str = "", own: tuple[str, ...] = (), **names: list[list[str]]
) -> AsyncIterator[Door]:
    resolver = Names(**names) if names else None
    door = Door(Settings(allow_private_targets=allow), own, resolver=resolver)
    yield door
    await door.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.8.8.8/",
        "http://localhost:9/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://[::1]/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://100.100.100.200/",  # metadata of a cloud, in the carrier range
        "http://169.254.169.254/latest/meta-data",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[64:ff9b:1::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",  # Teredo around 127.0.0.1
    ],
)
async def test_a_private_address_is_refused_however_it_is_written(url: str) -> None:
    async with open_door() as door:
        with pytest.raises(PermissionDenied, match="TIELINE_ALLOW_PRIVATE_TARGETS"):
            door.check(url)
        with pytest.raises(PermissionDenied):
            await door.request("POST", url, data=b"x", timeout=2)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"])
async def test_a_shorthand_of_an_address_never_reaches_it(host: str, receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    async with open_door() as door:
        with pytest.raises((PermissionDenied, InvalidInput, RequestFailed)):
            await door.request("GET", f"http://{host}:{port}/", timeout=2)
    assert receiver.deliveries == []


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "file:///etc/passwd", "gopher://x/", "//example.org/", "example.org", "", "http://",
     "http://:80/", "http://host:99999/", "http://[::1", "http://host:0/"],
)  # fmt: skip
async def test_only_http_addresses_with_a_host_are_called(url: str) -> None:
    async with open_door("all") as door:
        with pytest.raises(InvalidInput):
            door.check(url)
        with pytest.raises(InvalidInput):
            await door.request("GET", url)


@pytest.mark.parametrize(
    "url", ["https://example.org/x", "http://93.184.215.14:8080/", "http://[2606:4700::1]/"]
)
async def test_public_addresses_pass_the_check(url: str) -> None:
    async with open_door() as door:
        door.check(url)


@pytest.mark.parametrize(
    ("allow", "url", "allowed"),
    [
        ("loopback", "http://127.0.0.1/", True),
        ("loopback", "http://[::1]/", True),
        ("loopback", "http://localhost/", True),
        ("loopback", "http://10.0.0.1/", False),
        ("loopback", "http://0.0.0.0/", False),
        ("all", "http://10.0.0.1/", True),
        ("10.0.0.0/8, crm.internal", "http://10.9.9.9/", True),
        ("10.0.0.0/8, crm.internal", "http://[::ffff:10.9.9.9]/", True),
        ("10.0.0.0/8, crm.internal", "http://192.168.0.1/", False),
        ("10.0.0.0/8, crm.internal", "http://127.0.0.1/", False),
        ("loopback,192.168.7.7", "http://192.168.7.7/", True),
        ("loopback,192.168.7.7", "http://192.168.7.8/", False),
        ("fd12::/16", "http://[fd12::5]/", True),
    ],
)
async def test_private_targets_are_allowed_by_setting(allow: str, url: str, allowed: bool) -> None:
    async with open_door(allow) as door:
        if allowed:
            door.check(url)
        else:
            with pytest.raises(PermissionDenied):
                door.check(url)


def test_an_unreadable_setting_is_refused_at_start() -> None:
    with pytest.raises(InvalidInput, match="TIELINE_ALLOW_PRIVATE_TARGETS"):
        Door(Settings(allow_private_targets="10.0.0.0/99"))


async def test_an_allowed_host_may_resolve_to_any_address(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    async with open_door(
        "crm.internal", crm_internal=[["127.0.0.1"]], other_internal=[["127.0.0.1"]]
    ) as door:
        assert (await door.request("GET", f"http://crm.internal:{port}/a")).status == 200
        with pytest.raises(PermissionDenied):
            await door.request("GET", f"http://other.internal:{port}/b")
    assert [delivery.path for delivery in receiver.deliveries] == ["/a"]


async def test_a_name_that_resolves_to_a_private_address_is_refused(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    async with open_door(evil_example=[["127.0.0.1", "::1"]]) as door:
        door.check(f"http://evil.example:{port}/")  # looks harmless before it is resolved
        with pytest.raises(PermissionDenied, match=r"evil\.example"):
            await door.request("POST", f"http://evil.example:{port}/", data=b"x")
    assert receiver.deliveries == []


async def test_a_name_that_changes_its_address_gains_nothing(receiver: Receiver) -> None:
    # The first answer is harmless but dead; a second resolution would give the loopback address.
    port = receiver.url.rpartition(":")[2]
    async with open_door(rebind_example=[["203.0.113.1", "192.0.2.1"], ["127.0.0.1"]]) as door:
        for _ in range(3):
            with pytest.raises((RequestFailed, PermissionDenied)):
                await door.request("GET", f"http://rebind.example:{port}/", timeout=0.3)
    assert receiver.deliveries == []


async def test_of_mixed_addresses_only_the_allowed_ones_are_used(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    async with open_door("127.0.0.1", mixed_example=[["10.255.255.1", "127.0.0.1"]]) as door:
        assert (await door.request("GET", f"http://mixed.example:{port}/", timeout=2)).status == 200


async def test_our_own_hooks_are_always_reachable_and_nothing_else_of_ours(receiver: Receiver) -> None:
    async with open_door(own=(receiver.url,)) as door:
        door.check(f"{receiver.url}/hooks/abc")
        assert (await door.request("POST", f"{receiver.url}/hooks/abc", data=b"[]")).status == 200
        for path in [
            "/v1/people/find",
            "/hooks",
            "/hooks/../control/x",
            "/hooks/%2e%2e/control",
            "/",
            "/hooksx/a",
        ]:
            with pytest.raises(PermissionDenied):
                await door.request("POST", f"{receiver.url}{path}", data=b"[]")
    assert [delivery.path for delivery in receiver.deliveries] == ["/hooks/abc"]


async def test_own_hooks_under_a_path_and_added_later(receiver: Receiver) -> None:
    async with open_door() as door:
        door.add_own_url(f"{receiver.url}/crm/")
        assert (await door.request("POST", f"{receiver.url}/crm/hooks/abc")).status == 200
        with pytest.raises(PermissionDenied):
            await door.request("POST", f"{receiver.url}/hooks/abc")


async def test_request_sends_what_it_is_given_and_returns_the_answer(receiver: Receiver) -> None:
    receiver.answers(text('{"a": 1}', status=201, content_type="Application/JSON; charset=utf-8"))
    async with open_door("loopback") as door:
        answer = await door.request(
            "PUT", f"{receiver.url}/p?x=1", params={"y": "ä b"}, headers={"X-Test": "1"}, data=b"body"
        )
    assert (answer.status, answer.body, answer.content_type) == (201, b'{"a": 1}', "application/json")
    assert answer.text() == '{"a": 1}'
    [delivery] = receiver.deliveries
    assert (delivery.method, delivery.body, delivery.headers["x-test"]) == ("PUT", b"body", "1")
    assert delivery.path == "/p?x=1&y=%C3%A4+b"
    assert delivery.headers["user-agent"].startswith("Tieline/")


@pytest.mark.parametrize(
    ("method", "host", "headers"),
    [
        ("GET", "", {"X-A": "1\r\nX-B: 2"}),
        ("GET", "", {"X A": "1"}),
        ("GET\r\n", "", {}),
        ("GET", "http://" + "a" * 64 + ".example/", {}),
    ],
)
async def test_a_request_that_cannot_be_written_is_bad_input(
    receiver: Receiver, method: str, host: str, headers: dict[str, str]
) -> None:
    async with open_door("loopback") as door:
        with pytest.raises((InvalidInput, RequestFailed)):
            await door.request(method, host or receiver.url, headers=headers)
    assert receiver.deliveries == []


async def test_redirects_are_not_followed_by_default(receiver: Receiver) -> None:
    receiver.answers(redirect("/elsewhere"))
    async with open_door("loopback") as door:
        assert (await door.request("POST", f"{receiver.url}/a", data=b"x")).status == 302


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_followed_redirect_repeats_method_and_body(receiver: Receiver, code: int) -> None:
    receiver.answers(redirect("/b", code), redirect(f"{receiver.url}/c", code), ok())
    async with open_door("loopback") as door:
        answer = await door.request("POST", f"{receiver.url}/a", data=b"x", redirects=2)
    assert (answer.status, answer.url) == (200, f"{receiver.url}/c")
    assert [(d.method, d.path, d.body) for d in receiver.deliveries] == [
        ("POST", "/a", b"x"), ("POST", "/b", b"x"), ("POST", "/c", b"x"),
    ]  # fmt: skip


async def test_one_redirect_too_many_is_the_answer(receiver: Receiver) -> None:
    receiver.default = redirect("/again")
    async with open_door("loopback") as door:
        assert (await door.request("POST", f"{receiver.url}/a", redirects=2)).status == 302
    assert len(receiver.deliveries) == 3


async def test_a_redirect_to_a_private_address_is_refused(receiver: Receiver) -> None:
    for location in ["http://10.0.0.1/", "http://[::ffff:169.254.169.254]/", "http://evil.example/"]:
        receiver.answers(redirect(location))
        async with open_door("127.0.0.1", evil_example=[["192.168.0.1"]]) as door:
            with pytest.raises(PermissionDenied):
                await door.request("POST", f"{receiver.url}/a", redirects=2)


async def test_a_redirect_elsewhere_does_not_carry_credentials(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    receiver.answers(redirect(f"http://other.example:{port}/b"))
    async with open_door("all", other_example=[["127.0.0.1"]]) as door:
        await door.request(
            "POST", f"{receiver.url}/a", headers={"Authorization": "Bearer k", "X-A": "1"}, redirects=1
        )
    first, second = receiver.deliveries
    assert first.headers["authorization"] == "Bearer k"
    assert "authorization" not in second.headers
    assert second.headers["x-a"] == "1"


async def test_a_redirect_to_another_scheme_is_refused(receiver: Receiver) -> None:
    receiver.answers(redirect("file:///etc/passwd"))
    async with open_door("all") as door:
        with pytest.raises(InvalidInput):
            await door.request("GET", receiver.url, redirects=2)


async def test_an_answer_that_is_too_large_is_cut_off(receiver: Receiver) -> None:
    receiver.answers(text("x" * 200_000), text("x" * 1000))
    async with open_door("loopback") as door:
        with pytest.raises(RequestFailed) as caught:
            await door.request("GET", receiver.url, max_size=1000)
        assert (caught.value.reason, caught.value.status) == ("too-large", 200)
        assert len((await door.request("GET", receiver.url, max_size=1000)).body) == 1000


async def test_a_compressed_answer_counts_by_its_unpacked_size(receiver: Receiver) -> None:
    async def bomb(request: web.Request) -> web.StreamResponse:
        response = web.Response(body=b"\0" * 20_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    receiver.answers(bomb)
    async with open_door("loopback") as door:
        with pytest.raises(RequestFailed) as caught:
            await door.request("GET", receiver.url, max_size=1_000_000)
        assert caught.value.reason == "too-large"


async def test_the_timeout_covers_everything(receiver: Receiver) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x")
            await asyncio.sleep(0.05)
        return response

    receiver.answers(slow(5), drip)
    async with open_door("loopback") as door:
        for _ in range(2):
            with pytest.raises(RequestFailed) as caught:
                await door.request("GET", receiver.url, timeout=0.3)
            assert caught.value.reason == "timeout"


async def test_failures_have_a_reason(receiver: Receiver, unused_port: int) -> None:
    receiver.answers(hang_up())
    async with open_door("loopback", gone_example=[[]]) as door:
        for url, reason in [
            (receiver.url, "connection"),
            (f"http://127.0.0.1:{unused_port}/", "connection"),
            ("http://unknown.example/", "dns"),
            ("http://gone.example/", "dns"),
        ]:
            with pytest.raises(RequestFailed) as caught:
                await door.request("POST", url, timeout=2)
            assert caught.value.reason == reason, url


async def test_an_untrusted_certificate_is_a_tls_failure(tmp_path: Path, unused_port: int) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", unused_port, ssl=context)
    async with server, open_door("loopback") as door:
        with pytest.raises(RequestFailed) as caught:
            await door.request("GET", f"https://127.0.0.1:{unused_port}/", timeout=5)
        assert caught.value.reason == "tls"


async def test_an_answer_that_is_not_http_is_a_failure(unused_port: int) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", unused_port)
    async with server, open_door("loopback") as door:
        with pytest.raises(RequestFailed) as caught:
            await door.request("GET", f"http://127.0.0.1:{unused_port}/", timeout=5)
        assert caught.value.reason == "protocol"


async def test_a_door_can_be_closed_and_used_again(receiver: Receiver) -> None:
    async with open_door("loopback") as door:
        assert (await door.request("GET", receiver.url)).status == 200
        await door.close()
        assert (await door.request("GET", receiver.url)).status == 200


async def test_cookies_are_not_kept(receiver: Receiver) -> None:
    receiver.answers(text("OK", headers={"Set-Cookie": "a=b"}), status(204))
    async with open_door("loopback") as door:
        await door.request("GET", receiver.url)
        await door.request("GET", receiver.url)
    assert "cookie" not in receiver.deliveries[1].headers


def test_secrets_are_masked() -> None:
    assert mask_url("https://u:pw@h.example/a?user=x&api_key=s3cr3t&access_token=t&q=1") == (
        "https://u:***@h.example/a?user=x&api_key=***&access_token=***&q=1"
    )
    assert mask_url("https://h.example/hooks/AbC?x=1") == "https://h.example/hooks/***?x=1"
    assert mask_url("http://[bad") == "(not a valid URL)"
    assert mask_headers({"Authorization": "Bearer k", "X-Api-Key": "k", "Accept": "a"}) == {
        "Authorization": "***", "X-Api-Key": "***", "Accept": "a",
    }  # fmt: skip


async def test_a_failure_is_logged_without_secrets(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers(hang_up())
    caplog.set_level("DEBUG")
    async with open_door("loopback") as door:
        with pytest.raises(RequestFailed):
            await door.request("POST", f"{receiver.url}/?api_key=s3cr3t")
    assert "failed" in caplog.text
    assert "s3cr3t" not in caplog.text


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self.example")])
    today = datetime.datetime.now(datetime.UTC)
    builder: Callable[[], x509.CertificateBuilder] = x509.CertificateBuilder
    certificate = (
        builder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today)
        .not_valid_after(today + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "self.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
