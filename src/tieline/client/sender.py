"""Sends calls: credentials, retries where they are safe, and answers read as results or errors."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import msgspec

from tieline.client.calls import Call
from tieline.client.errors import (
    ClozeError,
    InvalidRequest,
    NotAuthorized,
    NotFound,
    RateLimited,
    ServerUnavailable,
    UnexpectedAnswer,
)
from tieline.client.oauth import TokenSource
from tieline.client.transport import Response, Transport

T = TypeVar("T")

LONGEST_WAIT = 30.0  # seconds: a server that asks for more is told to the caller instead
FIRST_WAIT = 0.25
SECRET = 8  # characters: a shorter key protects nothing, and would be found in every text


class Sender:
    """One account at one server."""

    def __init__(
        self,
        transport: Transport,
        *,
        key: str | None,
        timeout: float,
        retries: int,
        headers: Mapping[str, str] | None = None,
        tokens: TokenSource | None = None,
    ) -> None:
        self.transport = transport
        self.tokens = tokens
        self.timeout = timeout
        self.retries = retries
        self.headers = {"Accept": "application/json", **(headers or {})}
        self._key = key
        if key:
            self.headers["Authorization"] = f"Bearer {key}"

    async def send(self, call: Call[T]) -> T:
        """The result of a call. Raises ClozeError."""
        body = None if call.body is None else msgspec.json.encode(call.body)
        headers = {"Idempotency-Key": call.idempotency_key} if call.idempotency_key else {}
        response = await self.exchange(
            call.method,
            call.path,
            query=call.query,
            body=body,
            headers=headers,
            repeatable=call.repeatable or call.idempotency_key is not None,
        )
        answer = read_answer(response)
        try:
            return call.read(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise UnexpectedAnswer(
                f"The answer to {call.path} lacks what was asked for: {error}", status=response.status
            ) from error

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Response:
        """One request with its retries; answers of every status are returned. Raises ServerUnavailable, RateLimited.

        An access token that is refused is renewed once: a request answered 401 was not carried out. Raises
        NotAuthorized when it cannot be renewed.
        """
        if self.tokens is None:
            return self._masked(await self._exchange(method, path, query, body, headers or {}, repeatable))
        token = await self.tokens.token()
        response = await self._exchange(method, path, query, body, bearing(token, headers), repeatable)
        if response.status == 401:
            token = await self.tokens.after_refusal(token)
            response = await self._exchange(method, path, query, body, bearing(token, headers), repeatable)
        return self._masked(response, token)

    def _masked(self, response: Response, token: str | None = None) -> Response:
        """The answer without the credential: a server may echo what it was sent, and answers are shown and kept."""
        secret = token or self._key or ""
        if len(secret) < SECRET:
            return response
        headers = {name: value.replace(secret, "***") for name, value in response.headers.items()}
        return Response(response.status, headers, response.body.replace(secret.encode(), b"***"))

    async def _exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: bytes | None,
        headers: Mapping[str, str],
        repeatable: bool,
    ) -> Response:
        sent = {**self.headers, **headers}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        params = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                response = await self.transport.send(
                    method, path, params=params, headers=sent, body=body, timeout=self.timeout
                )
            except TimeoutError as error:
                failure = ServerUnavailable(f"No answer within {self.timeout:g} s")
                if last or not repeatable:
                    raise failure from error
            except ServerUnavailable as error:
                if last or (error.sent and not repeatable):
                    raise
            else:
                wait = _wait(response, attempt, repeatable)
                if last or wait is None:
                    return response
                await asyncio.sleep(wait)
                continue
            await asyncio.sleep(_back_off(attempt))
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Let connections go."""
        await self.transport.close()
        if self.tokens is not None:
            await self.tokens.close()


def bearing(token: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers, with a token."""
    return {**(headers or {}), "Authorization": f"Bearer {token}"}


def _wait(response: Response, attempt: int, repeatable: bool) -> float | None:
    """Seconds until an answer is worth asking for again; None when it is not."""
    if response.status == 429:
        asked = retry_after(response)
        wait = asked if asked is not None else _back_off(attempt)
        return wait if wait <= LONGEST_WAIT else None
    if response.status in {502, 503, 504} and repeatable:
        return _back_off(attempt)
    return None


def _back_off(attempt: int) -> float:
    return float(FIRST_WAIT * 2**attempt * random.uniform(0.8, 1.2))


def retry_after(response: Response) -> float | None:
    """Seconds of the Retry-After header."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None


def read_answer(response: Response) -> dict[str, Any]:
    """The envelope of a success. Any other answer is raised as what it means (0.3.2, 0.3.3)."""
    try:
        answer = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = None
    if not isinstance(answer, dict):
        _refuse(response)
    code, message = answer.get("errorcode"), str(answer.get("message") or "")
    if not 200 <= response.status < 300 or code not in {0, None}:
        _raise(response, code if isinstance(code, int) else None, message or f"HTTP status {response.status}")
    return answer


def _refuse(response: Response) -> NoReturn:
    if response.status >= 500:
        raise ServerUnavailable(f"The server failed with status {response.status}", status=response.status)
    if response.status == 429:
        raise RateLimited("Rate limit exceeded", status=429, retry_after=retry_after(response))
    kind = response.headers.get("content-type", "no content type").partition(";")[0]
    raise UnexpectedAnswer(
        f"The server answered {kind} instead of JSON (status {response.status}): check the URL",
        status=response.status,
    )


def _raise(response: Response, code: int | None, message: str) -> NoReturn:
    status = response.status
    kind: type[ClozeError]
    if status == 401 or 403 in {status, code} or (code == 1 and status != 200):
        kind = NotAuthorized
    elif 429 in {status, code}:
        raise RateLimited(message, errorcode=code, status=status, retry_after=retry_after(response))
    elif 404 in {status, code}:
        kind = NotFound
    elif status >= 500 or code == 500:
        kind = ServerUnavailable
    else:
        kind = InvalidRequest
    raise kind(message, errorcode=code, status=status)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
