"""Finding among a million: an index for each order, counters, and words and facts of each account by themselves."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from alembic import op

from tieline.query.findable import searchable

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHUNK = 1000
FACETS = ("segment", "stage", "step", "assignee", "node")
KEY = ("account_id", "kind", "archived", "hidden", *FACETS)
MAY_BE_NULL = {
    "assignee": "assignee",
    "position": "step_position",
    "talked": "last_talked",
    "quiet": "went_quiet",
    "due": "due_next",
    "value": "value",
    "start": "start_date",
    "end": "end_date",
    "energy": "energy",
}
OLD = {
    "changed": ("last_changed", "sync_key"),
    "stage": ("stage", "last_changed"),
    "segment_stage": ("segment", "stage", "last_changed"),
    "assignee": ("assignee", "last_changed"),
    "name": ("name_key",),
    "first": ("first_key",),
    "last": ("last_key",),
    "talked": ("last_talked",),
    "energy": ("energy",),
    "due": ("due_next",),
    "seen": ("first_seen",),
}


def upgrade() -> None:
    """Index anew."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in OLD:
        op.drop_index(f"ix_relation_{name}", "relation")
    for statement in OLD_SEARCH_SQLITE if sqlite else OLD_SEARCH_POSTGRES:
        op.execute(statement)
    _describe()
    _create_indexes()
    op.create_table(
        "relation_count",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in FACETS),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_relation_count_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(*KEY, name=op.f("pk_relation_count")),
    )
    for statement in SQLITE if sqlite else POSTGRES:
        op.execute(statement)


def _describe() -> None:
    """The words and facts of the records that are there."""
    relation = sa.table("relation", *map(sa.column, ("id", "document", "search")))
    chunk = sa.select(relation.c.id, relation.c.document)
    last = 0
    while rows := (
        op.get_bind()
        .execute(chunk.where(relation.c.id > last).order_by(relation.c.id).limit(CHUNK))
        .fetchall()
    ):
        for row in rows:
            text = searchable(msgspec.json.decode(row.document))
            op.get_bind().execute(relation.update().where(relation.c.id == row.id).values(search=text))
        last = rows[-1].id


def _create_indexes() -> None:
    _index("changed", "last_changed", "archived", "hidden")
    _index("name", "name_key", "sync_key", "archived", "hidden")
    _index("node", "node", where="node IS NOT NULL")
    _index("step", "step", where="step IS NOT NULL")
    _index("stage", "stage", "last_changed", where=_listed())
    _index("segment_stage", "segment", "stage", "last_changed", where=_listed())
    _index("key", "sync_key", where=_listed())
    _index("first", "first_key", "sync_key", where=_listed())
    _index("last", "last_key", "sync_key", where=_listed())
    _index("seen", "first_seen", "sync_key", where=_listed())
    for name, column in MAY_BE_NULL.items():
        _index(name, column, "sync_key", where=f"{_listed()} AND {column} IS NOT NULL")
    op.execute(
        "CREATE INDEX ix_relation_met ON relation "
        f"(account_id, kind, coalesce(first_met, first_seen), sync_key){_include()} WHERE {_listed()}"
    )


def _include() -> str:
    return "" if op.get_bind().dialect.name == "sqlite" else " INCLUDE (id)"


def _listed() -> str:
    return (
        "archived IS 0 AND hidden IS 0"
        if op.get_bind().dialect.name == "sqlite"
        else "archived IS false AND hidden IS false"
    )


def _index(name: str, *columns: str, where: str | None = None) -> None:
    more = where is None or where.startswith("archived")
    condition = None if where is None else sa.text(where)
    op.create_index(
        f"ix_relation_{name}",
        "relation",
        ["account_id", "kind", *columns],
        sqlite_where=condition,
        postgresql_where=condition,
        postgresql_include=["id"] if more else [],
    )


def _values(row: str) -> str:
    nullable = ", ".join(f"coalesce({row}.{name}, '')" for name in FACETS)
    return f"{row}.account_id, {row}.kind, {row}.archived, {row}.hidden, {nullable}"


def _same(row: str) -> str:
    plain = [f"{name} = {row}.{name}" for name in ("account_id", "kind", "archived", "hidden")]
    return " AND ".join([*plain, *(f"{name} = coalesce({row}.{name}, '')" for name in FACETS)])


COLUMNS = ", ".join(KEY)
# A row is counted once it has its values: until then its last_changed is 0.
MORE = (
    f"INSERT INTO relation_count ({COLUMNS}, records) VALUES ({_values('new')}, 1) "
    f"ON CONFLICT ({COLUMNS}) DO UPDATE SET records = relation_count.records + 1;"
)
LESS = f"UPDATE relation_count SET records = records - 1 WHERE {_same('old')};"
FILL = (
    f"INSERT INTO relation_count ({COLUMNS}, records) SELECT {_values('relation')}, count(*) FROM relation "
    "WHERE last_changed > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
)
WATCHED = ", ".join([*KEY[1:], "last_changed"])
# `new` counts for the first time, or is counted elsewhere.
MOVED = " OR ".join(f"old.{name} IS {{distinct}} new.{name}" for name in KEY[1:])

# Tokens carry account, kind and whether the record is listed: what an account asks for is nobody else's business, and
# needs no look at the records. `search` parts words by single blanks.
SCOPE_SQLITE = (
    "printf('%05x', {row}account_id) || substr({row}kind, 2, 1) || "
    "CASE WHEN {row}archived OR {row}hidden THEN 'u' ELSE 'l' END"
)
SCOPED_SQLITE = f"replace(' ' || {{row}}search, ' ', ' ' || {SCOPE_SQLITE})"
OLD_TEXT, NEW_TEXT = SCOPED_SQLITE.format(row="old."), SCOPED_SQLITE.format(row="new.")
SQLITE = (
    f"CREATE VIEW relation_words AS SELECT id, {SCOPED_SQLITE.format(row='')} AS search FROM relation",
    """CREATE VIRTUAL TABLE relation_text USING fts5(search, content='relation_words', content_rowid='id', detail=none,
        tokenize="ascii tokenchars '_='", prefix='8 9 10')""",
    "INSERT INTO relation_text(relation_text) VALUES ('rebuild')",
    f"""CREATE TRIGGER relation_text_insert AFTER INSERT ON relation BEGIN
        INSERT INTO relation_text(rowid, search) VALUES (new.id, {NEW_TEXT}); END""",
    f"""CREATE TRIGGER relation_text_delete AFTER DELETE ON relation BEGIN
        INSERT INTO relation_text(relation_text, rowid, search) VALUES ('delete', old.id, {OLD_TEXT}); END""",
    f"""CREATE TRIGGER relation_text_update AFTER UPDATE OF search, archived, hidden ON relation
        WHEN old.search IS NOT new.search OR old.archived IS NOT new.archived OR old.hidden IS NOT new.hidden BEGIN
        INSERT INTO relation_text(relation_text, rowid, search) VALUES ('delete', old.id, {OLD_TEXT});
        INSERT INTO relation_text(rowid, search) VALUES (new.id, {NEW_TEXT}); END""",
    FILL,
    f"CREATE TRIGGER relation_count_insert AFTER INSERT ON relation WHEN new.last_changed > 0 BEGIN {MORE} END",
    f"CREATE TRIGGER relation_count_delete AFTER DELETE ON relation WHEN old.last_changed > 0 BEGIN {LESS} END",
    f"""CREATE TRIGGER relation_count_first AFTER UPDATE OF last_changed ON relation
        WHEN old.last_changed = 0 AND new.last_changed > 0 BEGIN {MORE} END""",
    f"""CREATE TRIGGER relation_count_update AFTER UPDATE OF {WATCHED} ON relation
        WHEN old.last_changed > 0 AND ({MOVED.format(distinct="NOT")}) BEGIN {LESS} {MORE} END""",
)
POSTGRES = (
    """CREATE FUNCTION relation_words(search text, account_id bigint, kind text, unlisted boolean) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_tsvector(array_remove(string_to_array(
            replace(' ' || search, ' ', ' ' || lpad(to_hex(account_id), 5, '0') || substr(kind, 2, 1)
                || CASE WHEN unlisted THEN 'u' ELSE 'l' END), ' '), '')) $$""",
    "CREATE INDEX ix_relation_text ON relation USING gin (relation_words(search, account_id, kind, archived OR hidden))",
    FILL,
    f"""CREATE FUNCTION relation_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'INSERT' AND old.last_changed > 0 THEN {LESS} END IF;
        IF TG_OP <> 'DELETE' AND new.last_changed > 0 THEN {MORE} END IF;
        RETURN NULL; END $$""",
    """CREATE TRIGGER relation_count_insert AFTER INSERT ON relation FOR EACH ROW WHEN (new.last_changed > 0)
        EXECUTE FUNCTION relation_counted()""",
    """CREATE TRIGGER relation_count_delete AFTER DELETE ON relation FOR EACH ROW WHEN (old.last_changed > 0)
        EXECUTE FUNCTION relation_counted()""",
    f"""CREATE TRIGGER relation_count_update AFTER UPDATE OF {WATCHED} ON relation FOR EACH ROW
        WHEN (old.last_changed = 0 OR {MOVED.format(distinct="DISTINCT FROM")})
        EXECUTE FUNCTION relation_counted()""",
)
TRIGGERS = ("insert", "delete", "update")
OLD_SEARCH_SQLITE = (
    *(f"DROP TRIGGER relation_text_{name}" for name in TRIGGERS),
    "DROP TABLE relation_text",
)
OLD_SEARCH_POSTGRES = ("DROP INDEX ix_relation_text",)


def downgrade() -> None:
    """As it was; the words stay as they are, which the older index takes as well."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    dropped = (
        [f"DROP TRIGGER relation_text_{name}" for name in TRIGGERS]
        + [f"DROP TRIGGER relation_count_{name}" for name in (*TRIGGERS, "first")]
        + ["DROP TABLE relation_text", "DROP VIEW relation_words"]
        if sqlite
        else [f"DROP TRIGGER relation_count_{name} ON relation" for name in TRIGGERS]
        + ["DROP FUNCTION relation_counted", "DROP INDEX ix_relation_text", "DROP FUNCTION relation_words"]
    )
    for statement in dropped:
        op.execute(statement)
    op.drop_table("relation_count")
    for name in (
        *("changed", "name", "node", "step", "stage", "segment_stage", "key", "first", "last", "seen", "met"),
        *MAY_BE_NULL,
    ):
        op.drop_index(f"ix_relation_{name}", "relation")
    for name, columns in OLD.items():
        op.create_index(f"ix_relation_{name}", "relation", ["account_id", "kind", *columns])
    for statement in FIRST_SEARCH_SQLITE if sqlite else FIRST_SEARCH_POSTGRES:
        op.execute(statement)


FIRST_SEARCH_SQLITE = (
    """CREATE VIRTUAL TABLE relation_text USING fts5(
        search, content='relation', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3')""",
    "INSERT INTO relation_text(relation_text) VALUES ('rebuild')",
    """CREATE TRIGGER relation_text_insert AFTER INSERT ON relation BEGIN
        INSERT INTO relation_text(rowid, search) VALUES (new.id, new.search); END""",
    """CREATE TRIGGER relation_text_delete AFTER DELETE ON relation BEGIN
        INSERT INTO relation_text(relation_text, rowid, search) VALUES ('delete', old.id, old.search); END""",
    """CREATE TRIGGER relation_text_update AFTER UPDATE OF search ON relation WHEN old.search IS NOT new.search BEGIN
        INSERT INTO relation_text(relation_text, rowid, search) VALUES ('delete', old.id, old.search);
        INSERT INTO relation_text(rowid, search) VALUES (new.id, new.search); END""",
)
FIRST_SEARCH_POSTGRES = (
    "CREATE INDEX ix_relation_text ON relation USING gin (to_tsvector('simple', search))",
)
