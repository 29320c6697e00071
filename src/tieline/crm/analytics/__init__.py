"""Analytics (2.9), computed from the timeline and the changes when they are asked for."""

from __future__ import annotations

from tieline.crm.analytics.activity import activity, team_activity
from tieline.crm.analytics.funnel import funnel
from tieline.crm.analytics.leads import leads
from tieline.crm.analytics.pipeline import projects
from tieline.crm.analytics.updates import Update, update_team_activity

__all__ = ["Update", "activity", "funnel", "leads", "projects", "team_activity", "update_team_activity"]
