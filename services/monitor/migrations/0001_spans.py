"""Spans, as they come in over OTLP."""

from alembic import op

revision = "monitor_0001"
down_revision = None
branch_labels = ("monitor",)
depends_on = None

COMMENTS = {
    "received": "When the monitor got it: clocks of senders may be wrong, and partitions are by this one",
    "root": "May begin a trace: it has no parent, or is a call of the public interface",
    "kind": "opentelemetry.proto.trace.v1.Span.SpanKind",
    "measure": "What GetTimes counts it under: step, call or sql, a space, and the name. NULL: nothing",
    "attributes": "JSON object of texts",
}


def upgrade() -> None:
    op.execute("CREATE SCHEMA monitor")
    # Partitions of an hour each are made by the writer; the ones that are past the retention are dropped
    # whole.
    op.execute("""
        CREATE TABLE monitor.spans (
            received timestamptz NOT NULL,
            trace uuid NOT NULL,
            span bigint NOT NULL,
            parent bigint,
            root boolean NOT NULL,
            module text NOT NULL,
            name text NOT NULL,
            kind smallint NOT NULL,
            start_ns bigint NOT NULL,
            elapsed_ns bigint NOT NULL,
            ok boolean NOT NULL,
            message text NOT NULL,
            measure text,
            attributes text NOT NULL
        ) PARTITION BY RANGE (received)
    """)
    for column, text in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN monitor.spans.{column} IS '{text}'")
    op.execute("CREATE INDEX spans_by_trace ON monitor.spans (trace)")
    op.execute("CREATE INDEX spans_roots ON monitor.spans (start_ns DESC) WHERE root")


def downgrade() -> None:
    op.execute("DROP SCHEMA monitor CASCADE")
