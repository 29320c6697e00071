"""The table of what of Make runs here says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from tieline.modules import MODULES
from tieline.scenarios.blueprint import DEFAULTS, parse
from tieline.scenarios.lint.form import runs
from tieline.scenarios.reference import SETTINGS, markdown
from tieline.scenarios.tools import TOOLS

DATA = Path(__file__).parent.parent / "data" / "blueprints"


def listed() -> set[str]:
    modules = markdown().partition("## Settings")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", modules, re.MULTILINE))


def test_everything_in_the_table_runs_and_everything_that_runs_is_in_it() -> None:
    assert [name for name in listed() if not runs(name)] == []
    assert listed() >= {*TOOLS, *(module.name for module in MODULES.values())}
    for file in DATA.glob("*.json"):
        for step in parse(file.read_bytes()).walk():
            assert (step.module in listed()) is runs(step.module), (file.name, step.module)


def test_every_setting_is_explained() -> None:
    assert set(SETTINGS) == set(DEFAULTS)
