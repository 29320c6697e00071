"""The sender without `await`: the same one, on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from tieline.client.calls import Call
from tieline.client.oauth import TokenSource
from tieline.client.sender import Sender
from tieline.client.transport import Response, Transport

T = TypeVar("T")


class BlockingSender:
    """Sends calls and waits for their results."""

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
        self._sender = Sender(
            transport, key=key, timeout=timeout, retries=retries, headers=headers, tokens=tokens
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tieline-client", daemon=True)
        self._thread.start()

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def send(self, call: Call[T]) -> T:
        """The result of a call. Raises ClozeError."""
        return self._wait(self._sender.send(call))

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Response:
        """One request with its retries."""
        return self._wait(
            self._sender.exchange(
                method, path, query=query, body=body, headers=headers, repeatable=repeatable
            )
        )

    def close(self) -> None:
        """Let connections go and end the thread."""
        if self._thread.is_alive():
            self._wait(self._sender.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
