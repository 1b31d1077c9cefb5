"""What Alembic runs to migrate; `deploy.state.migrate` calls it."""

import psycopg
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool


def main() -> None:
    """Runs the migrations in one transaction, over a connection that psycopg makes from the libpq URL."""
    attributes = context.config.attributes

    def connect() -> psycopg.Connection:
        return psycopg.connect(attributes["url"])

    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, version_table_schema="public")
        with context.begin_transaction():
            context.run_migrations()


main()
