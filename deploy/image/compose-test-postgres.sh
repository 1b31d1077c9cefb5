#!/bin/bash
# PostgreSQL of a Debian base image, prepared the way the postgres image prepares its own.
set -euo pipefail
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
data=/tmp/cluster
export PGHOST=/tmp
if [ ! -d $data ]; then
  initdb --username="$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 -D $data >/dev/null
  echo "host all all all scram-sha-256" >>$data/pg_hba.conf
  pg_ctl -D $data -o "-c listen_addresses='' -c unix_socket_directories=/tmp" -w start >/dev/null
  createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
  sh /docker-entrypoint-initdb.d/10-maestro.sh
  pg_ctl -D $data -m fast -w stop >/dev/null
fi
exec postgres -D $data -c listen_addresses='*' -c unix_socket_directories=/tmp
