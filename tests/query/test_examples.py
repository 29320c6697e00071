"""The contract's examples (6.5), all of them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tieline.query.filter import plain
from tieline.query.parser import parse
from tieline.query.vocabulary import words_of

DATA = json.loads((Path(__file__).resolve().parent.parent / "data" / "query_examples.json").read_text())
NOW = datetime.fromisoformat(DATA["now"].replace("Z", "+00:00"))


@pytest.mark.parametrize("example", DATA["examples"], ids=lambda example: example["id"])
def test_an_example(example: dict[str, Any]) -> None:
    words = words_of(DATA["vocabulary"], example["endpoint"])
    found = plain(parse(example["query"], words, now=NOW, timezone=DATA["timezone"]))
    expected = {name: example[name] for name in ("filter", "sort", "limit", "target") if name in example}
    assert found == expected, example["query"]
