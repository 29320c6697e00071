"""`tieline expression`: one evaluation, in the encoding of scenario-engine 2.13."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dateutil import parser as dates

from tieline.cli import output
from tieline.expressions import ExpressionError, Scope, compile_template, from_json, to_json, to_text


def evaluate(text: str, context: dict[str, Any], now: str | None, timezone: str, json: bool) -> None:
    """Print the value, or end with the error."""
    try:
        scope = _scope(context, now, timezone)
        value = compile_template(text).evaluate(scope)
    except ExpressionError as error:
        if json:
            output.emit({"$err": error.kind, "message": str(error)})
            raise SystemExit(1) from None
        output.fail(str(error))
    if json:
        output.emit(to_json(value))
    else:
        output.say(to_text(value))


def _scope(context: dict[str, Any], now: str | None, timezone: str) -> Scope:
    environment = context.get("$env") or {}
    bundles = {int(key): from_json(value) for key, value in context.items() if key.isdecimal()}
    # The vectors fix what is random: a constant in place of the source.
    more: dict[str, Any] = {
        name: (lambda value=environment[name]: value) for name in ("random", "uuid") if name in environment
    }
    return Scope(
        bundles,
        variables=from_json(context.get("var") or {}),
        now=_moment(now or environment.get("now")),
        timezone=environment.get("timezone") or timezone,
        execution_id=environment.get("executionId", ""),
        **more,
    )


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found: datetime = dates.isoparse(text)
    except ValueError:
        output.fail(f"--now {text}: write ISO 8601, such as 2026-01-15T10:20:30Z", 2)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
