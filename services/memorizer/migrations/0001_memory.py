"""Turns of conversations and facts, each under its caller."""

from alembic import op

revision = "memorizer_0001"
down_revision = None
branch_labels = ("memorizer",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA memorizer")
    op.execute(
        """
        CREATE TABLE memorizer.turns (
            caller_id text NOT NULL,
            conversation_id text NOT NULL,
            request_id text NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY,
            source text NOT NULL,
            question text NOT NULL,
            folded text NOT NULL,
            plan bytea,
            answer text NOT NULL,
            row_count bigint NOT NULL,
            asked_time timestamptz NOT NULL,
            PRIMARY KEY (caller_id, conversation_id, request_id)
        )
        """
    )
    op.execute(
        "CREATE INDEX turns_recent ON memorizer.turns (caller_id, conversation_id, asked_time DESC, number DESC)"
    )
    op.execute("CREATE INDEX turns_of_caller ON memorizer.turns (caller_id, number DESC)")
    op.execute("CREATE INDEX turns_age ON memorizer.turns (asked_time)")
    op.execute(
        """
        CREATE TABLE memorizer.facts (
            caller_id text NOT NULL,
            id text NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY,
            subject text NOT NULL,
            text text NOT NULL,
            folded text NOT NULL,
            said_time timestamptz NOT NULL,
            PRIMARY KEY (caller_id, id)
        )
        """
    )
    op.execute("CREATE INDEX facts_recent ON memorizer.facts (caller_id, number DESC)")


def downgrade() -> None:
    op.execute("DROP SCHEMA memorizer CASCADE")
