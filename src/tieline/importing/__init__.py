"""Contacts from elsewhere: vCard and CSV files become people, by the same upsert rules as every other write."""

from __future__ import annotations

from tieline.importing.formats import Preview, preview
from tieline.importing.runs import RunStatus, handlers, latest, rejected_csv, start, start_checked, status

__all__ = [
    "Preview",
    "RunStatus",
    "handlers",
    "latest",
    "preview",
    "rejected_csv",
    "start",
    "start_checked",
    "status",
]
