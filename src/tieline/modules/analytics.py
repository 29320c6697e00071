"""Beyond the 22: figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tieline.modules.module import Bundle, Field, Module, folded, options
from tieline.records.vocabulary import FUNNEL_MODES, PROJECT_MODES, SCALES

NAME = "result"  # of the query in the request and its answer
REPORTS = options(
    ("activity", "Activity"),
    ("teamactivity", "Team Activity"),
    ("projects", "Projects"),
    ("leads", "Leads"),
    ("funnel", "Funnel"),
)


def rows(answer: Mapping[str, Any]) -> Iterator[Bundle]:
    """The buckets or rows of the query; a server may group them once more (2.9)."""
    found = answer.get("results") if NAME not in answer else answer
    yield from (found or {}).get(NAME) or ()


MODULES = (
    Module(
        slug="runAnalytics",
        label="Run Analytics",
        description="Counts activity, leads and projects, and gives a bundle for each period or row.",
        kind="search",
        noun="other",
        path="/v1/analytics/{report}",
        fields=(
            Field("report", "Report", "select", "What to count.", required=True, default="activity", options=REPORTS, closed=True, to="{report}"),
            Field("scale", "Scale", "select", "Length of a period; month when left out.", options=options(*SCALES)),
            Field("max", "Periods", "uinteger", "So many of the most recent periods."),
            Field("start", "Start", "any", "Day in the first period."),
            Field("end", "End", "any", "Day in the last period; today when left out."),
            Field("measures", "Measures", "array", "What to count (activity, team activity, leads), such as outbcalls; everything when left out."),
            Field("metrics", "Metrics", "array", "Members of each row (projects, funnel), such as currentcount."),
            Field("mode", "Mode", "select", "A row for each of these (funnel), or which projects.", options=options(*PROJECT_MODES, *FUNNEL_MODES)),
            folded(Field("relative", "Relative", "number", "Which period: 0 is the current one (projects, funnel).")),
            folded(Field("segment", "Segment", "select", "Only this segment (funnel).", choices="segments")),
            folded(Field("tag", "Tag", help="Only members, or records, with this tag.")),
            folded(Field("users", "Users", "array", "Only records assigned to these members (funnel).")),
            folded(Field("leadsources", "Lead Sources", "array", "Only records from these (funnel).")),
        ),
        output=(
            Field("key", "Key", help="The period, such as 2026-03, or what the row is about."),
            Field("stamp", "Stamp", "number", "Where the period starts, in UTC milliseconds."),
            Field("name", "Name", help="The project or member of the row."),
            Field("segment", "Segment"),
            Field("stage", "Stage"),
            Field("buckets", "Buckets", "array", "The member's periods (team activity)."),
        ),
        sample={"key": "2026-03", "stamp": 1772323200000, "outbcalls": 12, "meetings": 4, "sentmails": 60},
        idempotent=True,
        extended=True,
        paging="once",
        inside=("queries", NAME),
        read=rows,
    ),
)  # fmt: skip
