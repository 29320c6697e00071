"""What an execution may be: waiting, queued, running, and how it ends."""

from __future__ import annotations

ENDED = frozenset({"success", "warning", "error", "skipped"})
