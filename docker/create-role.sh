#!/bin/sh
# Run once by the image of PostgreSQL, when its data folder is empty: a role that is no superuser, and its database.
set -eu
psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 -v password="$(cat /run/secrets/database_password)" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE vestibule LOGIN PASSWORD :'password';
CREATE DATABASE vestibule OWNER vestibule TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE vestibule FROM PUBLIC;
SQL
