"""The journal of runs."""

from alembic import op

revision = "orchestrator_0001"
down_revision = None
branch_labels = ("orchestrator",)
depends_on = None

COMMENTS = {
    "state": "maestro.workflow.v1.RunState; what run holds may be older",
    "owner": "Advisory lock that the process which runs it holds for as long as it lives",
    "durable": "Resumed, not interrupted, when its owner dies",
    "key": "What the caller gave to make repeating safe",
    "run": "maestro.workflow.v1.Run, serialized",
    "output": "The output message, serialized; only where somebody may come back for it",
}


def upgrade() -> None:
    op.execute("CREATE SCHEMA orchestrator")
    op.execute("""
        CREATE TABLE orchestrator.runs (
            id uuid PRIMARY KEY,
            workflow text NOT NULL,
            state smallint NOT NULL,
            start_time timestamptz NOT NULL,
            owner bigint NOT NULL,
            durable boolean NOT NULL,
            key text UNIQUE,
            run bytea NOT NULL,
            output bytea
        )
    """)
    for column, text in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN orchestrator.runs.{column} IS '{text}'")
    # Ids are UUIDs of version 7, so that their order is that of the starts.
    op.execute("CREATE INDEX runs_by_workflow ON orchestrator.runs (workflow, id DESC)")
    # 1 is RUN_STATE_RUNNING: few rows, looked for at every start.
    op.execute("CREATE INDEX runs_running ON orchestrator.runs (owner) WHERE state = 1")


def downgrade() -> None:
    op.execute("DROP SCHEMA orchestrator CASCADE")
