"""The module that makes any call."""

from __future__ import annotations

from tieline.modules.module import Field, Module, options

PAIR = (Field("key", "Key"), Field("value", "Value"))
METHODS = options(*((name, name) for name in ("GET", "POST", "PUT", "PATCH", "DELETE")))

MODULES = (
    Module(
        slug="makeAnApiCall",
        label="Make an API Call",
        description="Sends any request to the account's API and gives status, headers and body.",
        kind="universal",
        noun="other",
        fields=(
            Field("url", "URL", help="A path of the API, such as /v1/people/find.", required=True, to=""),
            Field(
                "method",
                "Method",
                "select",
                "The HTTP method.",
                required=True,
                default="GET",
                options=METHODS,
                closed=True,
                to="",
            ),
            Field(
                "headers",
                "Headers",
                "array",
                "Further headers; the credentials are added for you.",
                items=PAIR,
                to="",
            ),
            Field("qs", "Query String", "array", "Parameters of the query.", items=PAIR, to=""),
            Field("body", "Body", "any", "What is sent, as text or as a collection.", multiline=True, to=""),
        ),
        output=(
            Field("statusCode", "Status code", "number"),
            Field("headers", "Headers", "collection"),
            Field("body", "Body", "any"),
        ),
        sample={"statusCode": 200, "headers": {"content-type": "application/json"}, "body": {"errorcode": 0}},
    ),
)
