"""Observed questions, what people said of the answers, and the patterns that came of it."""

from alembic import op

revision = "learner_0001"
down_revision = None
branch_labels = ("learner",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA learner")
    op.execute(
        """
        CREATE TABLE learner.observations (
            caller_id text NOT NULL,
            request_id text NOT NULL,
            source text NOT NULL,
            question text NOT NULL,
            plan bytea,
            status integer NOT NULL,
            confidence double precision NOT NULL,
            row_count bigint NOT NULL,
            semantics_version text NOT NULL,
            observed_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (caller_id, request_id)
        )
        """
    )
    op.execute("CREATE INDEX observations_age ON learner.observations (observed_time)")
    op.execute(
        """
        CREATE TABLE learner.feedback (
            caller_id text NOT NULL,
            answered_request_id text NOT NULL,
            source text NOT NULL,
            question text NOT NULL,
            observed_plan bytea,
            corrected_plan bytea,
            verdict integer NOT NULL,
            comment text NOT NULL,
            semantics_version text NOT NULL,
            given_time timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (caller_id, answered_request_id)
        )
        """
    )
    op.execute("CREATE INDEX feedback_of_source ON learner.feedback (source, given_time)")
    op.execute(
        """
        CREATE TABLE learner.patterns (
            id text PRIMARY KEY,
            kind integer NOT NULL,
            source text NOT NULL,
            phrase text NOT NULL,
            plan bytea,
            target text NOT NULL,
            confirmations integer NOT NULL,
            contradictions integer NOT NULL,
            state integer NOT NULL,
            semantics_version text NOT NULL,
            reason text NOT NULL,
            update_time timestamptz NOT NULL,
            withdrawn_time timestamptz
        )
        """
    )
    op.execute("CREATE INDEX patterns_of_source ON learner.patterns (source, state)")
    op.execute("CREATE INDEX patterns_recent ON learner.patterns (update_time DESC, id)")


def downgrade() -> None:
    op.execute("DROP SCHEMA learner CASCADE")
