#!/usr/bin/env bash
# Makes one role and one database for each service, when PostgreSQL's data is new. A role owns its
# own database and may enter no other.
set -euo pipefail

for service in directory feedback rectification supervision accountability audit; do
    psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set service="$service" --set password="$DUBAN_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE CONNECT, TEMPORARY ON DATABASE :"service" FROM PUBLIC;
SQL
done
