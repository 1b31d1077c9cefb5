"""What advice needs beside spans: the plans behind statements, and what was suggested."""

from alembic import op

revision = "monitor_0002"
down_revision = "monitor_0001"
branch_labels = None
depends_on = None

COMMENTS = {
    "spans.statement": "Hash of source and SQL text of a statement: plans.statement. NULL: no statement",
    "plans.statement": "Hash of source and SQL text",
    "plans.shape": "Hash of the plan without its values: statements of one shape answer the same kind of question",
    "plans.plan": "maestro.plan.v1.QueryPlan with the values of one of the times that it was asked",
    "plans.time_zone": "Zone of that time; empty: the source's",
    "plans.as_of": "Moment that relative periods referred to; NULL: the present",
    "suggestions.suggestion": "maestro.monitor.v1.IndexSuggestion, as it was made last before it was followed",
    "suggestions.applied_time": "When its index was first seen in the catalog. NULL: not yet",
}


def upgrade() -> None:
    op.execute("ALTER TABLE monitor.spans ADD COLUMN statement text")
    op.execute("""
        CREATE TABLE monitor.plans (
            statement text PRIMARY KEY,
            source text NOT NULL,
            sql text NOT NULL,
            shape text NOT NULL,
            plan bytea NOT NULL,
            time_zone text NOT NULL,
            as_of timestamptz,
            first_time timestamptz NOT NULL DEFAULT now(),
            last_time timestamptz NOT NULL DEFAULT now()
        )
    """)
    op.execute("CREATE INDEX plans_of_source ON monitor.plans (source, shape)")
    op.execute("CREATE INDEX plans_age ON monitor.plans (last_time)")
    op.execute("""
        CREATE TABLE monitor.suggestions (
            source text NOT NULL,
            id text NOT NULL,
            suggestion bytea NOT NULL,
            suggested_time timestamptz NOT NULL DEFAULT now(),
            applied_time timestamptz,
            index_name text,
            PRIMARY KEY (source, id)
        )
    """)
    for column, text in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN monitor.{column} IS '{text.replace(chr(39), chr(39) * 2)}'")


def downgrade() -> None:
    op.execute("DROP TABLE monitor.suggestions")
    op.execute("DROP TABLE monitor.plans")
    op.execute("ALTER TABLE monitor.spans DROP COLUMN statement")
