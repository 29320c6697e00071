"""Cases of a scenario: run without a server, against recorded answers, at a moment that stands still."""

from __future__ import annotations

from tieline.scenarios.trying.case import Case, load_case
from tieline.scenarios.trying.folder import Folder, Report, folders, run_folders
from tieline.scenarios.trying.world import Outcome

__all__ = ["Case", "Folder", "Outcome", "Report", "folders", "load_case", "run_folders"]
