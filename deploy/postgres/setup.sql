-- The login of the gateway, with the least rights: it may read the tables of the governed schemas, and nothing else.
--
--   psql -v role=usher -v schema=sales -f setup.sql DATABASE       once for each governed schema; then \password usher
--
-- Run it as a superuser (or as the database's owner who may create roles), in the database that is governed, and again after
-- new tables came. Whatever it finds too much is taken away. The gateway checks all of it when it starts, and names the
-- step (the number below) that mends what it finds.
--
-- Steps 4 and 5 take rights from PUBLIC, that is from every role of this database: nobody but owners may create tables,
-- also temporary ones, by default. Grant them again to the roles that need them.

\set ON_ERROR_STOP on
\if :{?role}
\else
    \set role usher
\endif
\if :{?schema}
\else
    \set schema public
\endif

BEGIN;

-- 1. A login that can do nothing by itself.
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 100;

-- 2. A member of no other role, and above all of none that reads or writes everything, or files.
SELECT format('REVOKE %I FROM %I', granted.rolname, :'role')
FROM pg_auth_members AS m JOIN pg_roles AS granted ON granted.oid = m.roleid JOIN pg_roles AS own ON own.oid = m.member
WHERE own.rolname = :'role' \gexec

-- 3. What its sessions begin with, should anything but the gateway ever use it.
SELECT format('ALTER ROLE %I IN DATABASE %I SET %s', :'role', current_database(), setting)
FROM (VALUES ('default_transaction_read_only = on'), ('search_path = '''''), ('statement_timeout = ''10min'''),
    ('idle_in_transaction_session_timeout = ''10min'''), ('lock_timeout = ''5s''')) AS pinned (setting) \gexec

-- 4. No objects of its own: no temporary tables, no schemas.
SELECT format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC, %I', current_database(), :'role') \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), :'role') \gexec

-- 5. And none in any schema.
SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, %I', nspname, :'role')
FROM pg_namespace WHERE has_schema_privilege(:'role', oid, 'CREATE') \gexec

-- 6. It reads the governed schema: tables, views, materialized and foreign tables; those made later by whoever runs this, too.
GRANT USAGE ON SCHEMA :"schema" TO :"role";
GRANT SELECT ON ALL TABLES IN SCHEMA :"schema" TO :"role";
ALTER DEFAULT PRIVILEGES IN SCHEMA :"schema" GRANT SELECT ON TABLES TO :"role";

-- 7. It writes nowhere.
SELECT format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %s FROM PUBLIC, %I', c.oid::regclass, :'role')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND (has_table_privilege(:'role', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        OR has_any_column_privilege(:'role', c.oid, 'INSERT, UPDATE, REFERENCES')) \gexec
SELECT format('REVOKE ALL ON SEQUENCE %s FROM PUBLIC, %I', c.oid::regclass, :'role')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_'
    AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(:'role', c.oid, 'USAGE, SELECT, UPDATE') END \gexec

-- 8. No function that reaches files, programs or other servers.
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %I', p.oid::regprocedure, :'role')
FROM pg_proc AS p
WHERE has_function_privilege(:'role', p.oid, 'EXECUTE')
    AND (p.proname ~ '^(pg_read_file|pg_read_binary_file|pg_ls_|pg_stat_file|pg_file_|lo_import|lo_export|dblink)'
        OR p.proname IN ('pg_execute_server_program', 'pg_reload_conf', 'pg_rotate_logfile', 'pg_logfile_rotate',
            'pg_promote', 'pg_switch_wal', 'pg_create_restore_point', 'pg_wal_replay_pause', 'pg_wal_replay_resume',
            'pg_import_system_collations', 'pg_stat_reset', 'pg_stat_reset_shared')) \gexec

-- 9. No large objects: before version 16 they can be written even in a read-only transaction.
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %I', p.oid::regprocedure, :'role')
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = 'pg_catalog' AND has_function_privilege(:'role', p.oid, 'EXECUTE')
    AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lo_unlink', 'lo_truncate', 'lo_truncate64',
        'lowrite', 'lo_open', 'lo_get', 'loread') \gexec

COMMIT;
