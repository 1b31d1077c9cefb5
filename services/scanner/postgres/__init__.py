"""PostgreSQL 12 to 18, read through pg_catalog."""
