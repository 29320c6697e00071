"""The canvas: every blueprint is drawn with a disc for each module, none on top of another."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tieline.scenarios import blueprint
from tieline.web.canvas import RADIUS, draw

FILES = sorted((Path(__file__).resolve().parent.parent / "data" / "blueprints").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_module_has_a_place_of_its_own(path: Path) -> None:
    found = blueprint.parse(path.read_bytes())
    canvas = draw(found)
    assert sorted(disc.id for disc in canvas.discs) == sorted(step.id for step in found.walk())
    for one, other in itertools.combinations(canvas.discs, 2):
        assert abs(one.x - other.x) >= 2 * RADIUS or abs(one.y - other.y) >= 2 * RADIUS, (one.id, other.id)
    for disc in canvas.discs:
        assert RADIUS <= disc.x <= canvas.width - RADIUS
        assert RADIUS <= disc.y <= canvas.height - RADIUS
        assert disc.label
