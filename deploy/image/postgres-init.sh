#!/bin/sh
# Run once by the postgres image: the sample's database, its extensions, and the role that Maestro reads with.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$MAESTRO_READER_PASSWORD" -U "$POSTGRES_USER" -d postgres <<'SQL'
CREATE ROLE maestro_reader LOGIN PASSWORD :'password';
ALTER ROLE maestro_reader SET default_transaction_read_only = on;
ALTER ROLE maestro_reader SET statement_timeout = '30s';
CREATE DATABASE frete;
\connect frete
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
GRANT USAGE ON SCHEMA public TO maestro_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO maestro_reader;
SQL
