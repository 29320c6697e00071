"""The words of the contract (section 4), declared once: stages, segments, styles, sort keys, types."""

from __future__ import annotations

from typing import NamedTuple


class StageWord(NamedTuple):
    """A stage: its key, default label, and whether it ends the relationship's or project's way."""

    key: str
    label: str
    finished: bool = False


class SegmentWord(NamedTuple):
    """A segment: its key, default label, and whether it is personal (never shared with a team)."""

    key: str
    label: str
    personal: bool = False


class SortWord(NamedTuple):
    """A sort key: its label and natural direction."""

    key: str
    label: str
    ascending: bool


NONE = "none"  # how an unset segment, stage or step reads on the wire (2.6)

CONTACT_STAGES = (
    StageWord("lead", "Lead"),
    StageWord("future", "Potential"),
    StageWord("current", "Active"),
    StageWord("past", "Inactive", True),
    StageWord("out", "Lost", True),
)
PROJECT_STAGES = (
    StageWord("future", "Potential"),
    StageWord("current", "Active"),
    StageWord("pending", "Pending"),
    StageWord("won", "Done", True),
    StageWord("lost", "Lost", True),
)
CONTACT_SEGMENTS = (
    SegmentWord("customer", "Customers"),
    SegmentWord("partner", "Partners"),
    SegmentWord("supplier", "Suppliers"),
    SegmentWord("investor", "Investors"),
    SegmentWord("advisor", "Advisers"),
    SegmentWord("competitor", "Competitors"),
    SegmentWord("coworker", "Coworkers"),
    *(SegmentWord(f"custom{n}", f"Custom {n}") for n in range(1, 6)),
    SegmentWord("family", "Family", True),
    SegmentWord("friend", "Friends", True),
    SegmentWord("network", "Connections", True),
    SegmentWord("personal1", "Personal 1", True),
    SegmentWord("personal2", "Personal 2", True),
)
PROJECT_SEGMENTS = (
    SegmentWord("project", "Projects"),
    *(SegmentWord(f"project{n}", f"Projects {n}") for n in range(1, 6)),
)
SOCIAL_TYPES = (
    "aboutme", "angellist", "facebook", "flickr", "foursquare", "github", "instagram", "linkedin", "medium", "meetup",
    "pinterest", "plancast", "quora", "reddit", "snapchat", "tiktok", "twitter", "whatsapp", "xing", "youtube",
)  # fmt: skip
SORT_KEYS = (
    SortWord("lastchanged", "Last Changed", False),
    SortWord("bestrelationship", "Best Relationship", False),
    SortWord("firstmet", "First Met", False),
    SortWord("lasttalked", "Last Talked", False),
    SortWord("wentquiet", "Went Quiet", False),
    SortWord("assigned", "Assigned", True),
    SortWord("duenext", "Due Next", True),
    SortWord("duepast", "Due Past", False),
    SortWord("first", "First Name", True),
    SortWord("last", "Last Name", True),
    SortWord("nextstep", "Next Step", True),
    SortWord("distance", "Distance", True),
    SortWord("value", "Value", False),
    SortWord("created", "Created", False),
    SortWord("start", "Start", True),
    SortWord("end", "End", True),
    SortWord("name", "Name", True),
)
# Style of an entry -> the timeline filter it falls under (2.8).
COMMUNICATION_STYLES = {
    "email": "mail",
    "call": "call",
    "text": "sms",
    "meeting": "meeting",
    "message": "message",
    "inapp": "inapp",
    "postal": "mail",
    "postal-bulk": "mail",
}
CONTENT_STYLES = {"event": "external", "note": "note", "todo": "todo", "file": "external"}
STYLE_ALIASES = {"direct": "message"}
TIMELINE_FILTERS = (
    "mail", "meeting", "call", "sms", "message", "inapp", "todo", "nextstep", "note", "audit", "external",
)  # fmt: skip
# A call's outcome. The contract's own spelling is `noanwser`; the right word is accepted as well (2.8).
OUTCOMES = (("connected", "Connected"), ("leftvm", "Left VM"), ("noanwser", "No Answer"))
OUTCOME_ALIASES = {"noanswer": "noanwser"}
DIRECTIONS = (("inbound", "Inbound"), ("outbound", "Outbound"))
BODY_TYPES = (("text", "Text"), ("html", "HTML"))
FORECASTS = (("commit", "Commit"), ("best-case", "Best Case"))
REPLACE_IDENTITY = (("safe", "Safe"), ("merge", "Merge"), ("replace", "Replace"))
VISIBILITIES = (("visible", "Visible"), ("hidden", "Hidden"))
# What an access token may be good for (1.5), as the person who is asked reads it.
SCOPE_WORDS = {
    "basic": "See your name, e-mail address, labels and settings",
    "read_relation": "Read your people, companies and projects, and be told when they change",
    "change_relation": "Create, change and delete people, companies and projects",
    "read_content": "Read your timeline: mails, calls, meetings, notes and to-dos",
    "change_content": "Add calls, mails, notes and to-dos to your timeline",
    "analytics": "See reports about your activity, leads and projects",
}
SCOPES = tuple(SCOPE_WORDS)
SCALES = (("year", "Year"), ("quarter", "Quarter"), ("month", "Month"), ("week", "Week"), ("day", "Day"))
PROJECT_MODES = (("pipeline", "Pipeline"), ("active", "Active"))
FUNNEL_MODES = (("step", "Step"), ("segment", "Segment"), ("leadsource", "Lead Source"), ("user", "User"))
FUNNEL_BOUNDS = (("open", "Open"), ("start", "Start"))

TEXT_TYPES = frozenset({"text"})
CHOICE_TYPES = frozenset({"keyword", "keywords"})
NUMBER_TYPES = frozenset({"number", "decimal", "currency", "counter", "accumulator"})
DATE_TYPES = frozenset({"date", "datetime"})
RELATION_TYPES = frozenset({"person", "entity", "contact", "project", "reference", "record"})
# Types whose value is a list: a write merges into it unless it says replace (2.4).
MULTIPLE_TYPES = frozenset(
    {"keywords", "people", "entities", "contacts", "projects", "references", "records", "dates", "datetimes"}
)
CUSTOM_FIELD_TYPES = (
    "text", "keyword", "keywords", "boolean", "date", "datetime", "number", "decimal", "currency", "range", "person",
    "people", "entity", "entities", "contact", "contacts", "project", "projects", "reference", "references", "dates",
    "datetimes", "record", "records", "counter", "accumulator",
)  # fmt: skip


class ShippedField(NamedTuple):
    """A custom field every account begins with: id, label, type, the kinds it is for, its choices."""

    id: str
    label: str
    type: str
    kinds: tuple[str, ...]
    choices: tuple[tuple[str, str], ...] = ()


SHIPPED_FIELDS = (
    ShippedField("type", "Type", "keyword", ("person", "company", "project")),
    ShippedField(
        "role",
        "Role",
        "keyword",
        ("person",),
        (("cxo", "CXO"), ("vp", "VP"), ("director", "Director"), ("manager", "Manager"), ("admin", "Admin")),
    ),
    ShippedField("department", "Department", "keyword", ("person",)),
    ShippedField("lead-source", "Lead Source", "keywords", ("person", "company", "project")),
    ShippedField(
        "do-not-contact",
        "Do Not Contact",
        "keywords",
        ("person",),
        (
            ("no-emails", "No e-mails"),
            ("no-mass-emails", "No mass e-mails"),
            ("no-texts", "No texts"),
            ("no-postal", "No letters"),
            ("no-calls", "No calls"),
            ("no-visits", "No visits"),
        ),
    ),
    ShippedField("value", "Value", "currency", ("project",)),
    ShippedField("forecast", "Forecast", "keyword", ("project",), FORECASTS),
    ShippedField("matching-changed", "Matching Changed", "date", ("project",)),
)
