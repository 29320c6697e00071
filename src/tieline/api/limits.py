"""How often a credential may ask (contract 1.6): a token bucket each, in the memory of this process."""

from __future__ import annotations

import math
from collections import OrderedDict

from tieline import clock
from tieline.api.envelope import Headers
from tieline.errors import RateLimited

MOST_BUCKETS = 10_000


class RateLimit:
    """`per_minute` requests on average, `burst` at once; 0 a minute: no limit."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self.rate = per_minute / 60
        self.burst = float(burst)
        self.buckets: OrderedDict[str, tuple[float, float]] = (
            OrderedDict()
        )  # tokens, and when they were counted

    def take(self, credential: str) -> Headers:
        """Count one request; the headers that tell what is left of the burst and when it is full again.

        Raises RateLimited with the seconds until the next may come.
        """
        if not self.rate:
            return ()
        now = clock.now()
        tokens, counted = self.buckets.pop(credential, (self.burst, now))
        tokens = min(self.burst, tokens + max(0.0, now - counted) * self.rate)
        allowed = tokens >= 1
        self.buckets[credential] = (tokens - 1 if allowed else tokens, now)
        # The one that asked longest ago is forgotten: its bucket is the fullest.
        if len(self.buckets) > MOST_BUCKETS:
            self.buckets.popitem(last=False)
        if not allowed:
            raise RateLimited("Rate limit exceeded", retry_after=(1 - tokens) / self.rate)
        left = tokens - 1
        return (
            (b"ratelimit-limit", b"%d" % self.burst),
            (b"ratelimit-remaining", b"%d" % left),
            (b"ratelimit-reset", b"%d" % math.ceil((self.burst - left) / self.rate)),
        )
