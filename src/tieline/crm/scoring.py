"""The relationship score (contract 4): 0–100 from recency, frequency, direction and kind of touches. Pure.

Every touch is worth something (a meeting more than an e-mail, one that came in more than one that went out), and its
worth halves every 90 days. The sum S of what is left makes the score: 100 · S / (S + 8). One fresh e-mail earns about
11, a weekly exchange about 75, nobody 100.

What is stored is log2 of the sum, counted from the epoch ("energy"): it grows with every touch by one addition and
never has to be touched again, because all records fade alike; their order at one moment is their order at any.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tieline.records.timeline import Message

HALF_LIFE: Final = 90 * 86_400_000  # ms
HALF_SCORE: Final = 8.0  # the sum that makes 50
KINDS: Final = {"meeting": 4.0, "call": 2.0, "email": 1.0, "text": 1.0, "message": 1.0}
INBOUND: Final = 1.5  # they took the trouble


class Touch(msgspec.Struct, frozen=True):
    """Something that happened between two people."""

    style: str
    at: int
    direction: str = ""  # inbound | outbound | "" where there is none

    @property
    def worth(self) -> float:
        """What it is worth at the moment it happens."""
        return KINDS.get(self.style, 0.0) * (INBOUND if self.direction == "inbound" else 1.0)


class Factor(msgspec.Struct, rename="camel"):
    """What touches of one kind and direction contribute."""

    style: str
    direction: str
    count: int
    last: int
    worth: float  # of each, when it happens
    contributes: float  # of all, now


def touch_of(style: str, at: int, document: str) -> Touch:
    """The touch of a stored entry."""
    direction = msgspec.json.decode(document, type=Message).direction
    return Touch(style, at, direction if isinstance(direction, str) else "")


def added(energy: float | None, touch: Touch) -> float | None:
    """The energy with one touch more."""
    if not touch.worth:
        return energy
    more = math.log2(touch.worth) + touch.at / HALF_LIFE
    if energy is None:
        return more
    high, low = max(energy, more), min(energy, more)
    return high + math.log2(1 + 2 ** (low - high))


def energy_of(touches: Iterable[Touch]) -> float | None:
    """The energy of all of them; None without any."""
    energy: float | None = None
    for touch in touches:
        energy = added(energy, touch)
    return energy


def score_at(energy: float | None, now: int) -> int:
    """The score at a moment."""
    if energy is None:
        return 0
    left = float(2.0 ** min(energy - now / HALF_LIFE, 64.0))
    return round(100 * left / (left + HALF_SCORE))


def threshold(score: float, now: int) -> float:
    """The energy from which on a record has (rounded) that score or more."""
    exact = min(max(score - 0.5, 1e-9), 100 - 1e-9)
    return math.log2(HALF_SCORE * exact / (100 - exact)) + now / HALF_LIFE


def factors(touches: Iterable[Touch], now: int) -> list[Factor]:
    """Where a score comes from, the largest contribution first."""
    made: dict[tuple[str, str], Factor] = {}
    for touch in touches:
        if not touch.worth:
            continue
        found = made.setdefault(
            (touch.style, touch.direction),
            Factor(touch.style, touch.direction or "none", 0, touch.at, touch.worth, 0.0),
        )
        found.count += 1
        found.last = max(found.last, touch.at)
        found.contributes += touch.worth * 2.0 ** (-(max(now - touch.at, 0)) / HALF_LIFE)
    for found in made.values():
        found.contributes = round(found.contributes, 3)
    return sorted(made.values(), key=lambda found: -found.contributes)


def explained(touches: list[Touch], now: int) -> dict[str, Any]:
    """A score with its factors, as `GET /v1/x/score` answers it."""
    found = factors(touches, now)
    left = sum(factor.contributes for factor in found)
    return {
        "score": score_at(energy_of(touches), now),
        "sum": round(left, 3),
        "halfScore": HALF_SCORE,
        "halfLifeDays": HALF_LIFE // 86_400_000,
        "factors": found,
    }
