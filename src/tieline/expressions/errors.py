"""What can go wrong in an expression (contract 2.12), and where.

    ExpressionError
    ├── ParseError               the text does not follow the grammar
    ├── UnknownFunction          no function of that name, or an extension in strict mode
    ├── RuntimeError_            an argument of the wrong class: map(5; …)
    ├── DataError                a number, date or pattern that cannot be computed, or a limit was reached
    └── BundleValidationError    a value does not fit a field or a date argument

Every error says the template, the part of it that failed, the position, and the values at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from tieline.errors import InvalidInput

_SHOWN = 120


class ExpressionError(InvalidInput):
    """A template that cannot be compiled or evaluated.

    `position` is a character offset into `template`, from 0; `expression` is the part that failed;
    `values` are the values it worked on; `field` is the path of the mapper field, such as `emails[1].value`.
    """

    kind = "ExpressionError"
    code = "expression"

    def __init__(
        self,
        message: str,
        *,
        suggestion: str | None = None,
        values: tuple[Any, ...] = (),
        template: str | None = None,
        expression: str | None = None,
        position: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message, field=field, remedy=suggestion)
        self.template = template
        self.expression = expression
        self.position = position
        self.values = values

    @property
    def suggestion(self) -> str | None:
        """What would be right instead, when that is known."""
        return self.remedy

    def locate(self, template: str, start: int, end: int, values: tuple[Any, ...] = ()) -> Self:
        """Say where this happened, and with what, unless a place nearer to the cause already did."""
        if self.position is None:
            self.template = template
            self.expression = template[start:end]
            self.position = start
            self.values = values or self.values
        return self

    def __str__(self) -> str:
        head = f"{self.field}: {self.message}" if self.field else self.message
        if self.expression:
            head += f" in {shorten(self.expression)}"
        if self.position is not None:
            head += f" at character {self.position + 1}"
        if self.template is not None and self.template != self.expression:
            head += f" of {shorten(self.template)}"
        return f"{head} ({self.remedy})" if self.remedy else head


class ParseError(ExpressionError):
    """The text does not follow the grammar of contract 2.3, or a call has the wrong number of arguments."""

    kind = "ParseError"
    code = "expression-syntax"


class UnknownFunction(ExpressionError):
    """No function has this name; `suggestion` names the nearest one."""

    kind = "UnknownFunction"
    code = "unknown-function"


class RuntimeError_(ExpressionError):
    """An argument is of a class the function cannot work on (contract 2.10)."""

    kind = "RuntimeError"
    code = "expression-runtime"


class DataError(ExpressionError):
    """A number, date or pattern that cannot be computed, or a limit that stops a runaway mapping."""

    kind = "DataError"
    code = "expression-data"


class BundleValidationError(ExpressionError):
    """A value that does not fit its field or a date argument (contract 2.8)."""

    kind = "BundleValidationError"
    code = "validation"
    suberrors: tuple[ExpressionError, ...] = ()

    @classmethod
    def for_fields(cls, errors: Sequence[ExpressionError]) -> BundleValidationError:
        """One error for all the fields that failed, as contract 3.8 words it."""
        error = cls(f"Validation failed for {len(errors)} parameter(s). " + "; ".join(str(e) for e in errors))
        error.suberrors = tuple(errors)
        return error


def shorten(text: str, length: int = _SHOWN) -> str:
    """The text in one line of at most `length` characters, for a message."""
    line = text.replace("\n", "⏎")
    return line if len(line) <= length else line[: length - 1] + "…"
