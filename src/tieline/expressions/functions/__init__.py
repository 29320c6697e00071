"""The functions of the expression language, by group. Importing this package declares them all."""

from tieline.expressions.functions import (
    array,
    binary,
    date,
    extension_dates,
    extensions,
    general,
    math,
    text,
)
from tieline.expressions.functions.registry import FUNCTIONS, Function

__all__ = [
    "FUNCTIONS",
    "Function",
    "array",
    "binary",
    "date",
    "extension_dates",
    "extensions",
    "general",
    "math",
    "text",
]
