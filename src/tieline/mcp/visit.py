"""Who asks: the account that tools act for, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass

from tieline.client import AsyncCloze
from tieline.mcp.grants import USUAL, Grants


@dataclass(frozen=True)
class Visit:
    """One assistant's way to one account."""

    cloze: AsyncCloze
    grants: Grants = USUAL
    timezone: str = "UTC"
