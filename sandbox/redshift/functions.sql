-- Redshift's functions that PostgreSQL lacks; {offset} is the world's clock minus the machine's.
create domain pg_catalog.super as jsonb;
create domain pg_catalog.hllsketch as text;
create domain pg_catalog.geography as text;
create domain pg_catalog.geometry as text;
create function pg_catalog.getdate() returns timestamp language sql stable as
  $$ select statement_timestamp()::timestamp + interval '{offset} seconds' $$;
create function pg_catalog.len(text) returns int language sql immutable as
  $$ select length($1) $$;
create function pg_catalog.charindex(text, text) returns int language sql immutable as
  $$ select strpos($2, $1) $$;
create function pg_catalog.nvl(anyelement, anyelement) returns anyelement language sql immutable as
  $$ select coalesce($1, $2) $$;
create function pg_catalog.json_extract_path_text(text, variadic text[]) returns text
  language sql immutable as $$ select json_extract_path_text($1::json, variadic $2) $$;
create function pg_catalog.convert_timezone(text, text, timestamp) returns timestamp
  language sql immutable as $$ select $3 at time zone $1 at time zone $2 $$;
create function pg_catalog.convert_timezone(text, timestamp) returns timestamp
  language sql immutable as $$ select $2 at time zone 'UTC' at time zone $1 $$;
create function pg_catalog.pg_last_query_id() returns bigint language sql stable as
  $$ select -1::bigint $$;
create function pg_catalog.pg_last_copy_id() returns bigint language sql stable as
  $$ select -1::bigint $$;
