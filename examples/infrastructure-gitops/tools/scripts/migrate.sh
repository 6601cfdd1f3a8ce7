#!/bin/sh
# Applies the migrations that an environment has and its database has not.
#
#   migrate.sh production
#
# The connection comes from libpq's own variables: PGHOST, PGDATABASE, PGUSER, PGPASSWORD.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: migrate.sh ENVIRONMENT" >&2
    exit 2
fi

cd "$(dirname "$0")/../../environments/$1/databases"
migrations=$(sed -n 's/^migrations: *//p' migrations.yml)
through=$(sed -n 's/^through: *//p' migrations.yml)

if [ ! -f "$migrations/$through.sql" ]; then
    echo "migrate.sh: environments/$1/databases/migrations.yml: there is no migration $through" >&2
    exit 1
fi

query() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"
}

query --command "
    SET client_min_messages = warning;
    CREATE TABLE IF NOT EXISTS schema_migrations (
        name text PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT now()
    )"

for file in "$migrations"/*.sql; do
    name=$(basename "$file" .sql)
    done_before=$(query --command "SELECT 1 FROM schema_migrations WHERE name = '$name'")

    if [ -z "$done_before" ]; then
        echo "applying $name"
        record="INSERT INTO schema_migrations (name) VALUES ('$name')"
        if grep -q '^[^-]*CONCURRENTLY' "$file"; then
            query --file "$file" --command "$record"
        else
            query --single-transaction --file "$file" --command "$record"
        fi
    fi

    if [ "$name" = "$through" ]; then
        break
    fi
done
