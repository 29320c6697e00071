"""The document that describes the modules: every field it labels is declared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tieline.modules import MODULES, find_module
from tieline.modules.module import walk

TEXT = (Path(__file__).parent.parent / "data" / "cloze-modules.txt").read_text()
VERBS = r"(?:Enter|Select|Add|Establish|Choose|Set)\b"
LABEL = re.compile(rf"^(?P<label>[A-Z][\w /'’]*?)\s*{VERBS}")
LONE = re.compile(r"^(?P<label>Value|Work|Home|Mobile|Email|URL|Name|Role|Addresses|Method)$")


CLOZE = [module for module in MODULES.values() if not module.extended]


def sections() -> dict[str, list[str]]:
    """Module label -> the lines of its section."""
    labels = {module.label for module in CLOZE}
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in TEXT.splitlines():
        text = line.strip()
        if text in labels:
            current = found.setdefault(text, [])
        elif current is not None and text:
            current.append(text)
    return found


def labelled(lines: list[str]) -> set[str]:
    found = set()
    for line in lines:
        match = LABEL.match(line) or LONE.match(line)
        if match:
            found.add(match["label"].strip())
    return found


def test_the_document_names_all_22_modules() -> None:
    assert set(sections()) == {module.label for module in CLOZE}
    assert len(CLOZE) == 22


@pytest.mark.parametrize("label", [module.label for module in CLOZE])
def test_every_labelled_field_is_declared(label: str) -> None:
    module = find_module(label)
    assert module is not None
    declared = {field.label for field in walk(module.fields)}
    wanted = labelled(sections()[label]) - {"Connection"}
    if label == "Make an API Call":  # the last section runs on into the page's footer
        wanted &= {"URL", "Method", "Headers", "Query String", "Body"}
    own = {field.label for field in walk(tuple(one for one in module.fields if not one.extended))}
    if label == "Make an API Call":
        own -= {"Key", "Value"}  # of a header or parameter; the document says “key-value pairs”
    assert own <= wanted, f"{label}: {sorted(own - wanted)} are not the document's: mark them as extended"
    missing = wanted - declared
    assert wanted
    assert not missing, f"{label}: {sorted(missing)} of {sorted(wanted)}; declared {sorted(declared)}"
