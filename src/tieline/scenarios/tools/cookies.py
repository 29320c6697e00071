"""Cookies that the HTTP modules of one execution share."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp
from yarl import URL


class Cookies:
    """Made when the first cookie comes; it lives as long as the execution."""

    def __init__(self) -> None:
        self.jar: aiohttp.CookieJar | None = None

    def keep(self, url: str, set_cookie: Sequence[str]) -> None:
        """Remember what an answer from that address set."""
        if set_cookie:
            if self.jar is None:
                self.jar = aiohttp.CookieJar(unsafe=True)  # hosts may be written as addresses
            self.jar.update_cookies_from_headers(set_cookie, URL(url))

    def add(self, url: str, headers: dict[str, str]) -> None:
        """Send what goes to that address, unless the module says its own cookies."""
        found = self.jar.filter_cookies(URL(url)) if self.jar is not None else {}
        if found:
            shown = "; ".join(f"{name}={morsel.coded_value}" for name, morsel in found.items())
            headers.setdefault("Cookie", shown)
