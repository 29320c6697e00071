"""The one outgoing door: every HTTP request of Tieline leaves through `Door`.

It refuses addresses that a stranger must not reach through us (contract 5.1): loopback, private, link-local,
multicast, reserved and metadata addresses, also when written as IPv4-in-IPv6 or reached through a name or a
redirect. A name is resolved once; the socket connects to exactly the addresses that were checked.
`TIELINE_ALLOW_PRIVATE_TARGETS` opens it: `loopback`, `all`, or a list of hosts and networks. Our own hook
addresses (`<own url>/hooks/…`) are always reachable.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import socket
import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from tieline import __version__
from tieline.errors import InvalidInput, PermissionDenied, Unavailable
from tieline.settings import Settings

log = logging.getLogger("tieline.http")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Reason = Literal["timeout", "dns", "tls", "connection", "protocol", "too-large"]

REMEDY: Final = "set TIELINE_ALLOW_PRIVATE_TARGETS to allow it"
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MAX_SIZE: Final = 10_000_000
TIMEOUT: Final = 30.0
# Shorter than the keep-alive of common servers (uvicorn: 5 s), so that a POST rarely meets a closing socket.
KEEP_ALIVE: Final = 4.0

# Answered inside clouds although registries may call them public: agents of Azure and Oracle, local NAT64.
_FORBIDDEN_NETWORKS: Final[tuple[Network, ...]] = (
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("fec0::/10"),
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")


class RequestFailed(Unavailable):
    """No complete answer came. `reason` says why; `status` is known when only the body failed."""

    def __init__(self, message: str, *, reason: Reason, status: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `url` is the address that answered, after redirects."""

    status: int
    headers: Mapping[str, str]  # case-insensitive
    body: bytes
    url: str

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty when the answer names none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")


class Door:
    """Sends requests. One per process; it belongs to the event loop that first uses it."""

    def __init__(
        self, settings: Settings, own_urls: Sequence[str] = (), *, resolver: AbstractResolver | None = None
    ) -> None:
        self._targets = _Targets.parse(settings.allow_private_targets)
        self._hooks: set[str] = set()
        for url in (settings.base_url, *own_urls):
            self.add_own_url(url)
        self._resolver = resolver
        self._guarded: aiohttp.ClientSession | None = None
        self._open: aiohttp.ClientSession | None = None

    def add_own_url(self, url: str) -> None:
        """Recognise another address of this server, such as the port chosen when it bound."""
        own = URL(url)
        self._hooks.add(f"{_origin(own)}{own.path.rstrip('/')}/hooks/")

    def check(self, url: str) -> None:
        """Refuse what can be refused without asking the network: scheme, form, literal private addresses.

        Raises InvalidInput or PermissionDenied. Names are judged when they are resolved, at every connection.
        """
        self._checked(url)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        data: bytes | None = None,
        timeout: float = TIMEOUT,
        max_size: int = MAX_SIZE,
        redirects: int = 0,
        credentials: Collection[str] = (),
    ) -> Answer:
        """Send one request and read its answer of at most `max_size` bytes within `timeout` seconds in all.

        Up to `redirects` redirections are followed with the same method and body, each checked like the
        first; one more is returned as the answer. Another host is not told the headers that are known to be
        secrets, nor those named in `credentials`. Raises RequestFailed, PermissionDenied, InvalidInput.
        """
        target = self._checked(url)
        if params:
            target = target.extend_query(params)
        sent = {"User-Agent": f"Tieline/{__version__}", **_checked_headers(headers or {})}
        try:
            async with asyncio.timeout(timeout):
                return await self._follow(
                    method,
                    target,
                    sent,
                    data,
                    max_size,
                    redirects,
                    _CREDENTIALS.union(map(str.lower, credentials)),
                )
        except aiohttp.InvalidURL as error:
            raise InvalidInput(f"not a valid URL: {_short(error)}") from None
        except TimeoutError:
            failure = RequestFailed(
                f"{masked_host(target)} did not answer within {timeout:g} s", reason="timeout"
            )
        except (aiohttp.ClientError, OSError) as error:
            failure = _failure(target, error)
        except ValueError as error:  # a method, header or host that cannot be put on the wire
            raise InvalidInput(f"this request cannot be sent: {_short(error)}") from None
        log.info("%s %s failed: %s", method, mask_url(str(target)), failure.message)
        raise failure

    async def close(self) -> None:
        """Close idle connections. A later request opens new ones."""
        sessions, self._guarded, self._open = (self._guarded, self._open), None, None
        for session in sessions:
            if session is not None:
                await session.close()

    async def _follow(
        self,
        method: str,
        url: URL,
        headers: dict[str, str],
        data: bytes | None,
        max_size: int,
        hops: int,
        secrets: Collection[str],
    ) -> Answer:
        while True:
            answer = await self._send(method, url, headers, data, max_size)
            location = answer.headers.get("Location")
            if answer.status not in REDIRECTS or not location or hops <= 0:
                return answer
            try:
                following = url.join(URL(location))
            except ValueError:
                return answer
            hops -= 1
            following = self._checked(str(following))
            if _origin(following) != _origin(url):
                headers = {name: value for name, value in headers.items() if name.lower() not in secrets}
            url = following

    async def _send(
        self, method: str, url: URL, headers: dict[str, str], data: bytes | None, max_size: int
    ) -> Answer:
        session = self._session(url)
        async with session.request(
            method, url, headers=headers, data=data, allow_redirects=False, ssl=True
        ) as response:
            body = await _read(response, url, max_size)
            log.debug("%s %s: %s, %d bytes", method, mask_url(str(url)), response.status, len(body))
            return Answer(response.status, response.headers, body, str(response.url))

    def _session(self, url: URL) -> aiohttp.ClientSession:
        if self._trusted(url):
            if self._open is None:
                self._open = self._new_session(None)
            return self._open
        if self._guarded is None:
            self._guarded = self._new_session(self._targets)
        return self._guarded

    def _new_session(self, targets: _Targets | None) -> aiohttp.ClientSession:
        resolver = _CheckedResolver(targets, self._resolver)
        connector = aiohttp.TCPConnector(resolver=resolver, limit=256, keepalive_timeout=KEEP_ALIVE)
        # The total time is limited around everything, resolution and redirects included.
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    def _trusted(self, url: URL) -> bool:
        return self._targets.everything or url.host in self._targets.hosts or self._is_own_hook(url)

    def _is_own_hook(self, url: URL) -> bool:
        address = f"{_origin(url)}{url.path}"
        return ".." not in url.path.split("/") and any(address.startswith(hooks) for hooks in self._hooks)

    def _checked(self, text: str) -> URL:
        try:
            url = URL(text)
            port = url.port
        except ValueError:
            raise InvalidInput("not a valid URL", remedy="give an address like https://host/path") from None
        if url.scheme not in {"http", "https"} or not url.host or port == 0:
            raise InvalidInput("only http:// and https:// addresses with a host can be called")
        if not self._trusted(url):
            self._targets.check_host(url.host)
        return url


_CREDENTIALS: Final = frozenset({"authorization", "cookie", "x-api-key", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class _Targets:
    """Which addresses may be called: the reading of `TIELINE_ALLOW_PRIVATE_TARGETS`."""

    everything: bool = False
    loopback: bool = False
    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> _Targets:
        words = [word.strip().lower() for word in text.split(",") if word.strip()]
        hosts, networks = set(), []
        for word in words:
            if word in {"all", "loopback"}:
                continue
            try:
                networks.append(ipaddress.ip_network(word.strip("[]"), strict=False))
            except ValueError:
                if "/" in word or ":" in word or not re.fullmatch(r"[a-z0-9._-]+", word):
                    raise InvalidInput(
                        f"{word!r} is neither a host nor a network",
                        field="TIELINE_ALLOW_PRIVATE_TARGETS",
                        remedy="use 'loopback', 'all', or hosts and networks separated by commas",
                    ) from None
                hosts.add(word)
        return cls("all" in words, "loopback" in words, frozenset(hosts), tuple(networks))

    def allows(self, address: Address) -> bool:
        """Whether a socket may connect there; an embedded IPv4 address counts as itself."""
        if self.everything:
            return True
        inner = _unwrapped(address)
        if any(inner in network or address in network for network in self.networks):
            return True
        if inner.is_loopback:
            return self.loopback
        if inner.is_multicast or any(inner in network for network in _FORBIDDEN_NETWORKS):
            return False
        return inner.is_global

    @lru_cache(maxsize=4096)  # noqa: B019 - one of these in a process, and the answer never changes
    def check_host(self, host: str) -> None:
        """Refuse a literal address, or a name that always means this machine."""
        if _is_localhost(host):
            if not self.loopback:
                raise _forbidden(host)
            return
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return
        if not self.allows(address):
            raise _forbidden(host)


class _CheckedResolver(AbstractResolver):
    """Resolves a name and keeps the addresses that may be called; the connector connects to these only."""

    def __init__(self, targets: _Targets | None, inner: AbstractResolver | None) -> None:
        self._targets = targets
        self._inner = inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not found:
            raise OSError(None, "the name has no address")
        if self._targets is None:
            return found
        allowed = [
            result
            for result in found
            if self._targets.allows(ipaddress.ip_address(result["host"].partition("%")[0]))
        ]
        if not allowed:
            raise _forbidden(host)
        return allowed

    async def close(self) -> None:
        await self._inner.close()


def mask_url(url: str) -> str:
    """The URL without what would let a reader act as somebody: passwords, keys, tokens, hook addresses."""
    try:
        parsed = URL(url)
    except ValueError:
        return "(not a valid URL)"
    if parsed.raw_password is not None:
        parsed = parsed.with_password("***")
    if parsed.query_string:
        parsed = parsed.with_query(
            [(name, "***" if is_secret(name) else value) for name, value in parsed.query.items()]
        )
    return re.sub(r"/hooks/[^/?#]+", "/hooks/***", str(parsed))


def mask_path(path: str) -> str:
    """A path whose query names secrets, without them."""
    if "?" not in path:
        return path
    return mask_url(f"http://x{path}").removeprefix("http://x")


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values of credentials replaced."""
    return {name: "***" if is_secret(name) else value for name, value in headers.items()}


def masked_host(url: URL) -> str:
    """`host` or `host:port`: what a message may say about an address."""
    host = url.host or "the host"
    return host if url.is_default_port() else f"{host}:{url.port}"


_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers, unless a name would be read as something else on the other side."""
    for name in headers:
        if not _HEADER_NAME.fullmatch(name):
            raise InvalidInput(f"{name!r} is not a header name", field="headers")
    return headers


_SECRET_NAME: Final = re.compile(
    r"(^|[-_])(key|apikey|token|secret|signature|sig|password|passwd|authorization|cookie|code)$",
    re.IGNORECASE,
)


def is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _is_localhost(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def _forbidden(host: str) -> PermissionDenied:
    return PermissionDenied(f"{host} is a private address and may not be called", remedy=REMEDY)


def _origin(url: URL) -> str:
    return f"{url.scheme}://{(url.host or '').lower()}:{url.port}"


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that is routed to it, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and (
        address in _NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1)  # :: and ::1 are themselves
    ):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


async def _read(response: aiohttp.ClientResponse, url: URL, max_size: int) -> bytes:
    chunks, size = [], 0
    async for chunk in response.content.iter_chunked(65536):
        size += len(chunk)
        if size > max_size:
            response.close()
            raise RequestFailed(
                f"{masked_host(url)} sent more than {max_size} bytes",
                reason="too-large",
                status=response.status,
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _failure(url: URL, error: Exception) -> RequestFailed:
    host = masked_host(url)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return RequestFailed(f"{host} was not found", reason="dns")
    if isinstance(error, (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError, ssl.SSLError)):
        return RequestFailed(f"{host}: secure connection failed: {_short(error)}", reason="tls")
    if isinstance(error, (aiohttp.ClientResponseError, aiohttp.ClientPayloadError)):
        return RequestFailed(f"{host} gave an unreadable answer: {_short(error)}", reason="protocol")
    return RequestFailed(f"{host}: {_short(error)}", reason="connection")


def _short(error: Any) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:300]
