"""The rate limit (contract 1.6)."""

from __future__ import annotations

import pytest

from tests.conftest import FakeClock, StartServer
from tieline.api import limits
from tieline.api.limits import RateLimit
from tieline.errors import RateLimited


def test_a_burst_then_the_rate(fake_clock: FakeClock) -> None:
    limit = RateLimit(60, 3)
    for _ in range(3):
        limit.take("a")
    with pytest.raises(RateLimited) as caught:
        limit.take("a")
    assert caught.value.retry_after == pytest.approx(1.0)
    limit.take("b")
    fake_clock.advance(0.5)
    with pytest.raises(RateLimited) as caught:
        limit.take("a")
    assert caught.value.retry_after == pytest.approx(0.5)
    fake_clock.advance(0.5)
    limit.take("a")
    fake_clock.advance(days=1)
    for _ in range(3):
        limit.take("a")
    with pytest.raises(RateLimited):
        limit.take("a")


def test_a_clock_that_is_set_back_locks_nobody_out(fake_clock: FakeClock) -> None:
    limit = RateLimit(60, 1)
    limit.take("a")
    fake_clock.advance(days=-1)
    with pytest.raises(RateLimited) as caught:
        limit.take("a")
    assert caught.value.retry_after <= 1
    fake_clock.advance(1)
    limit.take("a")


def test_zero_is_no_limit() -> None:
    limit = RateLimit(0, 1)
    for _ in range(1000):
        limit.take("a")


def test_buckets_do_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BUCKETS", 10)
    limit = RateLimit(60, 3)
    for number in range(100):
        limit.take(str(number))
    assert len(limit.buckets) == 10


def test_a_client_that_asks_too_often(start_server: StartServer, fake_clock: FakeClock) -> None:
    server = start_server(rate_limit=60, rate_burst=2)
    other = server.with_account()
    assert [server.request("GET", "/v1/user/profile").status for _ in range(3)] == [200, 200, 429]
    answer = server.request("GET", "/v1/user/profile")
    assert answer.json() == {"errorcode": 429, "message": "Rate limit exceeded"}
    assert answer.headers["retry-after"] == "1"
    assert other.request("GET", "/v1/user/profile").status == 200
    fake_clock.advance(1)
    assert server.request("GET", "/v1/user/profile").status == 200
