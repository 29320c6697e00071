"""What the analytics are asked for (2.9)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from tieline.records.contact import Text
from tieline.records.fields import Record, field
from tieline.records.vocabulary import FUNNEL_BOUNDS, FUNNEL_MODES, PROJECT_MODES, SCALES

Whole = int | UnsetType | None
Words = list[str] | UnsetType | None


class AnalyticsQuery(Record):
    """Periods, and what to count in each: activity, team activity, leads."""

    scale: Annotated[Text, field("Scale", "Length of a period; month when absent.", options=SCALES)] = UNSET
    max: Annotated[Whole, field("Max", "So many of the most recent periods; 1 without start.")] = UNSET
    min: Annotated[Whole, field("Min", "At least so many periods, even before start.")] = UNSET
    start: Annotated[Text, field("Start", "Day in the first period.", format="date")] = UNSET
    end: Annotated[Text, field("End", "Day in the last period; today when absent.", format="date")] = UNSET
    tag: Annotated[Text, field("Tag", "Members carrying this tag (team activity).")] = UNSET
    measures: Annotated[Words, field("Measures", "What to count; everything when absent.")] = UNSET


class ProjectQuery(Record):
    """Which projects, and what of them."""

    mode: Annotated[Text, field("Mode", "pipeline when absent.", options=PROJECT_MODES)] = UNSET
    always: Annotated[Text, field("Always", "in-period: also what was won or lost in the period.")] = UNSET
    scale: Annotated[
        Text, field("Scale", "Length of the period; all time when absent.", options=SCALES[:3])
    ] = UNSET
    relative: Annotated[Whole, field("Relative", "Which period: 0 is the current one, 1 the next.")] = UNSET
    metrics: Annotated[Words, field("Metrics", "Members of each row; all when absent.")] = UNSET


class FunnelQuery(Record):
    """A period, the records to follow through their stages, and what to say of them."""

    start: Annotated[Text, field("Start", "Where the period starts.", format="date")] = UNSET
    bounds: Annotated[
        Text,
        field(
            "Bounds", "open: from the start until now; start: one period of the scale.", options=FUNNEL_BOUNDS
        ),
    ] = UNSET
    scale: Annotated[Text, field("Scale", "Length of the period; month when absent.", options=SCALES)] = UNSET
    relative: Annotated[
        Whole, field("Relative", "Which period: 0 is the current one, -1 the one before.")
    ] = UNSET
    mode: Annotated[
        Text, field("Mode", "A row for each of these; segment when absent.", options=FUNNEL_MODES)
    ] = UNSET
    segment: Annotated[Text, field("Segment", "Segment of the projects, or of people alone.")] = UNSET
    leadsegment: Annotated[Text, field("Lead Segment", "Segment of the leads.")] = UNSET
    metrics: Annotated[Words, field("Metrics", "Members of each row.")] = UNSET
    leadsources: Annotated[Words, field("Lead Sources", "Only records from these.")] = UNSET
    tag: Annotated[Text, field("Tag", "Only records with this tag, or customfield:value.")] = UNSET
    users: Annotated[Words, field("Users", "Only records assigned to these members.")] = UNSET
    submetrics: Annotated[
        dict[str, Any] | UnsetType | None,
        field("Submetrics", "Member of each row to a list of {mode, metrics}: the row broken down further."),
    ] = UNSET
