"""Fields and outputs of the built-in modules, as far as they are the same in every blueprint (1.8–1.17)."""

from __future__ import annotations

from typing import Final, NamedTuple

from tieline.modules import Field
from tieline.modules.module import options


class BuiltIn(NamedTuple):
    """What a built-in module takes and gives. `gives` None: that depends on the blueprint."""

    takes: tuple[Field, ...] = ()
    gives: tuple[Field, ...] | None = None
    version: int = 1


def _needs(name: str, label: str, type_: str = "text") -> Field:
    return Field(name, label, type_, required=True)


SCOPE = Field(
    "scope",
    "Lifetime",
    "select",
    required=True,
    options=options(("roundtrip", "One cycle"), ("execution", "One execution")),
    closed=True,
)
NAME_VALUE = (Field("name", "Name"), Field("value", "Value", "any"))
ANSWER = (
    Field("statusCode", "Status code", "number"),
    Field("headers", "Headers", "array", items=NAME_VALUE),
    Field("cookieHeaders", "Cookie headers", "array"),
    Field("data", "Data", "any"),
    Field("fileSize", "File size", "number"),
)
REQUEST = BuiltIn(
    (_needs("url", "URL"), _needs("method", "Method"), Field("timeout", "Timeout", "uinteger")), ANSWER, 3
)
FUNCTIONS = options(*((name, name) for name in ("avg", "sum", "count", "max", "min")))
JSON_TEXT = (Field("json", "JSON"),)

BUILT_IN: Final[dict[str, BuiltIn]] = {
    "builtin:BasicFeeder": BuiltIn((_needs("array", "Array", "any"),)),
    "builtin:BasicRepeater": BuiltIn(
        (_needs("start", "Initial value", "number"), _needs("repeats", "Repeats", "uinteger"), _needs("step", "Step", "number")),
        (Field("i", "i", "number"),),
    ),
    "builtin:BasicAggregator": BuiltIn(),
    "builtin:BasicMerge": BuiltIn(),
    "util:TextAggregator": BuiltIn((), (Field("text", "Text"), Field("key", "Key", "any"))),
    "util:FunctionAggregator2": BuiltIn(
        (Field("fn", "Function", "select", required=True, options=FUNCTIONS, closed=True), Field("value", "Value", "number")),
        (Field("result", "Result", "number"), Field("key", "Key", "any")),
    ),
    "util:AggregateAggregator": BuiltIn((), (Field("text", "Text"), Field("key", "Key", "any"))),
    "json:AggregateToJSON": BuiltIn((), (*JSON_TEXT, Field("key", "Key", "any"))),
    "csv:CreateCSV": BuiltIn((), (Field("csv", "CSV"), Field("key", "Key", "any"))),
    "util:SetVariable2": BuiltIn((_needs("name", "Name"), SCOPE)),
    "util:SetVariables": BuiltIn((_needs("variables", "Variables", "array"), SCOPE)),
    "util:GetVariable2": BuiltIn((_needs("name", "Name"),)),
    "util:GetVariables": BuiltIn((_needs("variables", "Variables", "array"),)),
    "util:FunctionIncrement": BuiltIn((), (Field("i", "i", "number"),)),
    "util:FunctionSleep": BuiltIn((_needs("duration", "Delay", "uinteger"),), ()),
    "util:ComposeTransformer": BuiltIn(),
    "util:Switcher": BuiltIn(
        (_needs("input", "Input", "any"), _needs("casesTable", "Cases", "array")), (Field("output", "Output", "any"),)
    ),
    "json:ParseJSON": BuiltIn((_needs("json", "JSON string", "any"),)),
    "json:CreateJSON": BuiltIn((), JSON_TEXT),
    "json:TransformToJSON": BuiltIn((_needs("object", "Object", "any"),), JSON_TEXT),
    "regexp:Parser": BuiltIn((_needs("pattern", "Pattern"),)),
    "regexp:AdvancedParser": BuiltIn((_needs("pattern", "Pattern"),)),
    "regexp:HTMLToText": BuiltIn((), (Field("text", "Text"),)),
    "csv:ParseCSV": BuiltIn((_needs("csv", "CSV", "any"),)),
    "http:ActionSendData": REQUEST,
    "http:ActionSendDataAPIKeyAuth": REQUEST,
    "http:ActionSendDataBasicAuth": REQUEST,
    "http:ActionSendDataOAuth": REQUEST,
    "http:MakeRequest": BuiltIn(REQUEST.takes[:2], ANSWER, 4),
    "scenario-service:StartSubscenario": BuiltIn(version=2),
    "scenario-service:ReturnData": BuiltIn(version=2),
}  # fmt: skip
