#!/bin/sh
# Makes the cluster once, with POSTGRES_USER, POSTGRES_DB and the password of POSTGRES_PASSWORD_FILE.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth=scram-sha-256 --encoding=UTF8
    printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    printf "local all all trust\n" | cat - "$PGDATA/pg_hba.conf" >"$PGDATA/pg_hba.new"
    mv "$PGDATA/pg_hba.new" "$PGDATA/pg_hba.conf"
    printf 'CREATE DATABASE "%s";\n' "$POSTGRES_DB" | postgres --single -j template1
fi
exec postgres -c 'listen_addresses=*'
