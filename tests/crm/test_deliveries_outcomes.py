"""Classes of answers and suspension by failure rate, case by case (contract 5.5)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from multidict import CIMultiDict

from tieline.crm.outcomes import Attempts, of_answer, of_error, retry_delay, suspension
from tieline.errors import InternalError, InvalidInput, PermissionDenied
from tieline.http import Answer, RequestFailed
from tieline.settings import Settings

TEXT: Mapping[str, str] = CIMultiDict({"content-type": "text/plain"})
JSON: Mapping[str, str] = CIMultiDict({"Content-Type": "application/json"})


def answer(status: int, body: bytes, headers: Mapping[str, str] = TEXT) -> Answer:
    return Answer(status, headers, body, "https://target.example/")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(200, b"OK"), "success"),
        (answer(200, b" ok\n"), "success"),
        (answer(299, b"Ok"), "success"),
        (answer(200, b"OK", CIMultiDict({"Content-Type": "TEXT/plain; charset=utf-8"})), "success"),
        (answer(200, b'{"status": "ok"}', JSON), "success"),
        (answer(201, b' {"id": 3, "status": " OK "} ', JSON), "success"),
        (answer(200, b'{"status":"ok"}', CIMultiDict({"Content-Type": "application/json;x=y"})), "success"),
        (answer(200, b""), "suspend"),
        (answer(204, b"", CIMultiDict()), "suspend"),
        (answer(200, b"OK", CIMultiDict()), "suspend"),
        (answer(200, b"OK", JSON), "suspend"),
        (answer(200, b"Accepted"), "suspend"),
        (answer(200, b"OK", CIMultiDict({"Content-Type": "text/html"})), "suspend"),
        (answer(200, b'{"status":"ok"}'), "suspend"),
        (answer(200, b'"ok"', JSON), "suspend"),
        (answer(200, b'{"status": true}', JSON), "suspend"),
        (answer(200, b'{"status": "error"}', JSON), "suspend"),
        (answer(200, b"[" * 100_000, JSON), "suspend"),
        (answer(200, b"\xff\xfe", JSON), "suspend"),
        (answer(302, b""), "suspend"),
        (answer(308, b""), "suspend"),
        (answer(304, b""), "suspend"),
        (answer(400, b"OK"), "suspend"),
        (answer(404, b"OK"), "suspend"),
        (answer(410, b""), "suspend"),
        (answer(499, b"OK"), "suspend"),
        (answer(500, b"OK"), "failure"),
        (answer(503, b""), "failure"),
        (answer(599, b""), "failure"),
        (answer(600, b""), "failure"),
        (answer(199, b"OK"), "failure"),
    ],
)
def test_class_of_an_answer(given: Answer, expected: str) -> None:
    outcome = of_answer(given)
    assert outcome.kind == expected
    assert (outcome.error == "") == (expected == "success")
    assert outcome.status == given.status


@pytest.mark.parametrize("reason", ["timeout", "dns", "tls", "connection", "protocol"])
def test_no_complete_answer_is_a_failure(reason: str) -> None:
    outcome = of_error(RequestFailed("why", reason=reason))  # type: ignore[arg-type]
    assert (outcome.kind, outcome.error) == ("failure", "why")


def test_an_endless_answer_counts_by_its_status() -> None:
    assert of_error(RequestFailed("long", reason="too-large", status=200)).kind == "suspend"
    assert of_error(RequestFailed("long", reason="too-large", status=500)).kind == "failure"


def test_a_forbidden_target_suspends_and_an_unknown_error_is_not_hidden() -> None:
    assert of_error(PermissionDenied("private")).kind == "suspend"
    assert of_error(InvalidInput("no host")).kind == "suspend"
    with pytest.raises(InternalError):
        of_error(InternalError("bug"))


@pytest.mark.parametrize(
    ("minute", "hour", "day", "attempts", "suspends"),
    [
        (5, 5, 5, 5, False),
        (6, 6, 6, 6, True),
        (5, 10, 10, 10, False),
        (0, 11, 11, 11, True),
        (0, 0, 14, 14, False),
        (0, 0, 15, 15, True),
        (0, 0, 15, 150, False),  # exactly a tenth
        (0, 0, 15, 149, True),
        (0, 0, 16, 160, False),
        (0, 0, 25, 1000, False),
        (0, 0, 26, 1000, True),
    ],
)
def test_suspension_by_rate(minute: int, hour: int, day: int, attempts: int, suspends: bool) -> None:
    reason = suspension(Attempts(minute, hour, day, attempts), Settings())
    assert (reason is not None) is suspends
    if reason:
        assert "failed within" in reason


def test_the_ladder_of_retries() -> None:
    settings = Settings()
    audit = [retry_delay("person.audit.change", attempts, settings) for attempts in (1, 2, 3, 4)]
    plain = [retry_delay("person.change", attempts, settings) for attempts in (1, 2)]
    assert audit == [30, 90, 270, None]
    assert plain == [30, None]
    assert retry_delay("company.change", 1, Settings(delivery_retries_plain=())) is None
