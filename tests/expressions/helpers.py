"""Shared by the tests of the expression language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tieline.expressions import Scope, compile_template

NOW = datetime(2026, 1, 15, 10, 20, 30, tzinfo=UTC)


def scope(bundle: Any = None, **kwargs: Any) -> Scope:
    """A scope in which module 1 gave `bundle`."""
    return Scope({1: bundle if bundle is not None else {}}, **{"now": NOW, **kwargs})


def run(text: str, bundle: Any = None, **kwargs: Any) -> Any:
    """The value of `{{text}}`."""
    return compile_template("{{" + text + "}}").evaluate(scope(bundle, **kwargs))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]
