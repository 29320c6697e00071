"""The expression language of mappings: `{{upper(1.name)}}` (contract, section 2). Pure: no input or output.

    template = compile_template("Hello {{1.name}}")
    template.evaluate(Scope({1: {"name": "Ada"}}))        → "Hello Ada"

Compile once per blueprint version, evaluate once per bundle. Every failure is an ExpressionError that
says the template, the part of it, the position and the values.
"""

from tieline.expressions.coerce import to_boolean, to_date, to_text
from tieline.expressions.compiler import Notice, Reference
from tieline.expressions.encoding import from_json, to_json
from tieline.expressions.errors import (
    BundleValidationError,
    DataError,
    ExpressionError,
    ParseError,
    RuntimeError_,
    UnknownFunction,
)
from tieline.expressions.fields import coerce
from tieline.expressions.functions import FUNCTIONS, Function
from tieline.expressions.keywords import KEYWORDS, Keyword
from tieline.expressions.mapper import CompiledValue, compile_value, find_errors
from tieline.expressions.numbers import to_number
from tieline.expressions.scope import Scope
from tieline.expressions.template import Template, compile_template
from tieline.expressions.values import ERASE, IGNORE, Buffer, Value, truth

__all__ = [
    "ERASE",
    "FUNCTIONS",
    "IGNORE",
    "KEYWORDS",
    "Buffer",
    "BundleValidationError",
    "CompiledValue",
    "DataError",
    "ExpressionError",
    "Function",
    "Keyword",
    "Notice",
    "ParseError",
    "Reference",
    "RuntimeError_",
    "Scope",
    "Template",
    "UnknownFunction",
    "Value",
    "coerce",
    "compile_template",
    "compile_value",
    "find_errors",
    "from_json",
    "to_boolean",
    "to_date",
    "to_json",
    "to_number",
    "to_text",
    "truth",
]
