"""The page that says how far each operation of the API is served and tested, read from the routes and the tests."""

from __future__ import annotations

from tests.api.test_access import CHECKED, VALIDATED
from tests.api.test_any_request import OPERATIONS
from tests.api.test_contract import IMPLEMENTED, OAUTH, SUCCEEDED, documented
from tieline.api.openapi import document
from tieline.api.routes import ENDPOINTS

YES, NO = "✓", "–"
EVIDENCE = {
    "doc": "the vendor's documents",
    "client": "what public clients send and read",
    "inferred": "our reading; nothing public settles it",
    "ext": "an extension of Tieline",
}
TITLE = """# Conformance

Every operation of the API, and what the tests do with it. The page is written from the route table and from the tables that
the tests work through; a test that no longer covers an operation changes this page.

- **implemented**: a route answers it.
- **schema-checked**: a successful answer and refusals are validated against the published document and against
  our own, `/openapi.json`, which alone has what is beyond it (`tests/api/test_contract.py`, `tests/api/test_access.py`).
- **tried with anything**: generated requests, valid and broken, get no answer outside our document
  (`tests/api/test_any_request.py`).
- **access-checked**: asked as owner, administrator, manager, member elsewhere, outsider, nobody, and with each OAuth scope alone
  (`tests/api/test_access.py`). The two OAuth operations are what access is given by; `tests/api/test_oauth.py` tries them.
- **evidence**: where the operation is known from: """


def page() -> str:
    """The page."""
    made = document(ENDPOINTS, "")
    found = {
        (method, path): told for path, methods in made["paths"].items() for method, told in methods.items()
    }
    rows = ["| operation | implemented | schema-checked | tried with anything | access-checked | evidence |", "|---|---|---|---|---|---|"]  # fmt: skip
    theirs = [key for key in found if key in documented()]
    ours = [key for key in found if key not in documented()]
    parts = [TITLE + "; ".join(f"`{mark}` {meaning}" for mark, meaning in EVIDENCE.items()) + "."]
    for title, keys in (
        (f"## The published document: {len(theirs)} operations", theirs),
        ("## Beyond it", ours),
    ):
        lines = [_row(key, found[key]["x-evidence"]) for key in keys]
        parts += [title, "\n".join([*rows, *lines])]
    missing = [f"`{method.upper()} {path}`" for method, path in documented() if (method, path) not in found]
    parts.append(f"Not served: {', '.join(missing) or 'nothing'}.")
    return "\n\n".join(parts) + "\n"


def _row(key: tuple[str, str], evidence: str) -> str:
    method, path = key
    marks = (
        key in IMPLEMENTED | OAUTH or path.startswith("/v1/x/"),
        key in SUCCEEDED | OAUTH or (key not in documented() and key in VALIDATED),
        f"{method.upper()} {path}" in OPERATIONS,
        key in CHECKED,
    )
    return f"| `{method.upper()} {path}` | {' | '.join(YES if mark else NO for mark in marks)} | {evidence} |"
