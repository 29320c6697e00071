"""What one delivery attempt means, and when failures suspend a subscription (contract 5.5). Pure, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from tieline.errors import InvalidInput, PermissionDenied, TielineError
from tieline.http import REDIRECTS, Answer, RequestFailed
from tieline.settings import Settings

Kind = Literal["success", "failure", "suspend"]

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
ANSWER_KEPT: Final = 2048  # characters of an answer that the delivery log keeps


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt: what it counts as, and what the delivery log says about it."""

    kind: Kind
    status: int | None = None
    answer: str = ""
    error: str = ""  # one sentence; the reason of a suspension


@dataclass(frozen=True, slots=True)
class Attempts:
    """Attempts of one subscription in the sliding windows that end now, since it was last resumed."""

    failures_minute: int
    failures_hour: int
    failures_day: int
    attempts_day: int


def of_answer(answer: Answer) -> Outcome:
    """Class of a complete answer, redirects having been followed as far as allowed."""
    text = answer.text()[:ANSWER_KEPT]
    if not 200 <= answer.status <= 499:
        return Outcome("failure", answer.status, text, f"the target answered with status {answer.status}")
    if answer.status in REDIRECTS:
        return Outcome("suspend", answer.status, text, "the target redirected too often")
    if answer.status > 299:
        return Outcome("suspend", answer.status, text, f"the target answered with status {answer.status}")
    if not is_confirmation(answer):
        return Outcome(
            "suspend",
            answer.status,
            text,
            'the target did not confirm: text/plain "OK" or application/json {"status": "ok"} is expected',
        )
    return Outcome("success", answer.status, text)


def of_error(error: TielineError) -> Outcome:
    """Class of an attempt without a complete answer."""
    if isinstance(error, RequestFailed):
        # An answer of acceptable status that is far too long for a confirmation will not get shorter.
        hopeless = error.reason == "too-large" and error.status is not None and 200 <= error.status <= 499
        return Outcome("suspend" if hopeless else "failure", error.status, error=error.message)
    if isinstance(error, (PermissionDenied, InvalidInput)):
        return Outcome("suspend", error=str(error))
    raise error


def is_confirmation(answer: Answer) -> bool:
    """`OK` as text/plain, or an application/json object whose `status` is "ok"; case and space are ignored."""
    if answer.content_type == "text/plain":
        return answer.text().strip().lower() == "ok"
    if answer.content_type != "application/json":
        return False
    try:
        body = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not isinstance(body, dict):
        return False
    status = body.get("status")
    return isinstance(status, str) and status.strip().lower() == "ok"


def suspension(attempts: Attempts, settings: Settings) -> str | None:
    """The reason to suspend after a failure, or None."""
    if attempts.failures_minute > settings.suspend_minute:
        return f"{attempts.failures_minute} deliveries failed within a minute"
    if attempts.failures_hour > settings.suspend_hour:
        return f"{attempts.failures_hour} deliveries failed within an hour"
    if attempts.failures_day > settings.suspend_day:
        return f"{attempts.failures_day} deliveries failed within a day"
    share = settings.suspend_day_share * attempts.attempts_day
    if attempts.failures_day >= settings.suspend_day_minimum and attempts.failures_day > share:
        return f"{attempts.failures_day} of {attempts.attempts_day} deliveries failed within a day"
    return None


def retry_delay(event: str, attempts: int, settings: Settings) -> float | None:
    """Seconds to wait after `attempts` failed attempts of one delivery; None: give up."""
    audit = event.endswith(".audit.change")
    ladder = settings.delivery_retries if audit else settings.delivery_retries_plain
    return ladder[attempts - 1] if attempts <= len(ladder) else None
