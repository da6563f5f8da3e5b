-- Relations of the catalog that are made of others. Each begins with a line `-- schema.relation`; columns that it does
-- not name are NULL. pgc and isc hold pg_catalog and information_schema.

-- pg_catalog.pg_roles
select r.* from pgc._roles r union by name select u_user() as rolname, false as rolsuper, true as rolinherit, false as rolcreaterole, false as rolcreatedb, true as rolcanlogin, false as rolreplication, -1 as rolconnlimit, '********' as rolpassword, false as rolbypassrls, u_user_oid() as oid

-- pg_catalog.pg_authid
select r.oid, r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit from pgc.pg_roles r

-- pg_catalog.pg_user
select r.rolname as usename, r.oid as usesysid, r.rolcreatedb as usecreatedb, r.rolsuper as usesuper, r.rolreplication as userepl, r.rolbypassrls as usebypassrls, '********' as passwd from pgc.pg_roles r where r.rolcanlogin

-- pg_catalog.pg_settings
select s.name, coalesce(element_at(getvariable('usher_settings'), lower(s.name))[1], s.setting) as setting, s.unit, s.context, s.vartype, 'default' as source, s.setting as boot_val, s.setting as reset_val, false as pending_restart, '' as category, '' as short_desc from pgc._settings s

-- pg_catalog.pg_tables
select n.nspname as schemaname, c.relname as tablename, u_pg_get_userbyid(c.relowner) as tableowner, c.relhasindex as hasindexes, c.relhasrules as hasrules, c.relhastriggers as hastriggers, c.relrowsecurity as rowsecurity from pgc.pg_class c join pgc.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p')

-- pg_catalog.pg_views
select n.nspname as schemaname, c.relname as viewname, u_pg_get_userbyid(c.relowner) as viewowner from pgc.pg_class c join pgc.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v'

-- pg_catalog.pg_stat_database
select d.oid as datid, d.datname, 0 as numbackends from pgc.pg_database d

-- pg_catalog.pg_available_extensions
select e.extname as name, e.extversion as default_version, e.extversion as installed_version from pgc.pg_extension e

-- information_schema.information_schema_catalog_name
select u_database() as catalog_name

-- information_schema.enabled_roles
select u_user() as role_name

-- information_schema.schemata
select u_database() as catalog_name, n.nspname as schema_name, u_pg_get_userbyid(n.nspowner) as schema_owner from pgc.pg_namespace n where n.nspname <> 'pg_toast'

-- information_schema.character_sets
select 'UTF8' as character_set_name, 'UCS' as character_repertoire, 'UTF8' as form_of_use, u_database() as default_collate_catalog, 'pg_catalog' as default_collate_schema, 'C' as default_collate_name

-- information_schema.collations
select u_database() as collation_catalog, 'pg_catalog' as collation_schema, c.collname as collation_name, 'NO PAD' as pad_attribute from pgc.pg_collation c

-- information_schema.tables
select u_database() as table_catalog, n.nspname as table_schema, c.relname as table_name, case c.relkind when 'v' then 'VIEW' when 'f' then 'FOREIGN' else 'BASE TABLE' end as table_type, 'NO' as is_insertable_into, 'NO' as is_typed from pgc.pg_class c join pgc.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v', 'f', 'p') order by n.nspname, c.relname

-- information_schema.views
select u_database() as table_catalog, n.nspname as table_schema, c.relname as table_name, 'NONE' as check_option, 'NO' as is_updatable, 'NO' as is_insertable_into, 'NO' as is_trigger_updatable, 'NO' as is_trigger_deletable, 'NO' as is_trigger_insertable_into from pgc.pg_class c join pgc.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v'

-- information_schema.columns
select u_database() as table_catalog, n.nspname as table_schema, c.relname as table_name, a.attname as column_name, a.attnum as ordinal_position, case when a.attnotnull then 'NO' else 'YES' end as is_nullable, case when t.typtype = 'd' then u_format_type(t.typbasetype, null) when t.typelem <> 0 and t.typlen = -1 and t.typcategory = 'A' then 'ARRAY' else u_format_type(t.oid, null) end as data_type, case when t.typname in ('varchar', 'bpchar') and a.atttypmod <> -1 then a.atttypmod - 4 when t.typname in ('bit', 'varbit') and a.atttypmod <> -1 then a.atttypmod end as character_maximum_length, case when t.typname in ('text', 'varchar', 'bpchar') then case when a.atttypmod = -1 then 1073741824 else (a.atttypmod - 4) * 4 end when t.typname in ('character_data', 'yes_or_no') then 1073741824 end as character_octet_length, case t.typname when 'int2' then 16 when 'int4' then 32 when 'cardinal_number' then 32 when 'int8' then 64 when 'float4' then 24 when 'float8' then 53 when 'numeric' then case when a.atttypmod <> -1 then ((a.atttypmod - 4) >> 16) & 65535 end end as numeric_precision, case when t.typname in ('int2', 'int4', 'int8', 'float4', 'float8', 'cardinal_number') then 2 when t.typname = 'numeric' then 10 end as numeric_precision_radix, case when t.typname in ('int2', 'int4', 'int8', 'cardinal_number') then 0 when t.typname = 'numeric' and a.atttypmod <> -1 then (a.atttypmod - 4) & 2047 end as numeric_scale, case when t.typname = 'date' then 0 when t.typname in ('time', 'timetz', 'timestamp', 'timestamptz', 'time_stamp', 'interval') then case when a.atttypmod >= 0 then a.atttypmod else 6 end end as datetime_precision, u_database() as udt_catalog, 'pg_catalog' as udt_schema, coalesce(b.typname, t.typname) as udt_name, a.attnum::varchar as dtd_identifier, 'NO' as is_self_referencing, 'NO' as is_identity, 'NO' as identity_cycle, 'NEVER' as is_generated, 'NO' as is_updatable, case when t.typtype = 'd' then u_database() end as domain_catalog, case when t.typtype = 'd' then 'information_schema' end as domain_schema, case when t.typtype = 'd' then t.typname end as domain_name from pgc.pg_attribute a join pgc.pg_class c on c.oid = a.attrelid join pgc.pg_namespace n on n.oid = c.relnamespace join pgc.pg_type t on t.oid = a.atttypid left join pgc.pg_type b on t.typtype = 'd' and b.oid = t.typbasetype where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'f', 'p') order by n.nspname, c.relname, a.attnum

-- information_schema.table_privileges
select u_pg_get_userbyid(c.relowner) as grantor, u_user() as grantee, u_database() as table_catalog, n.nspname as table_schema, c.relname as table_name, 'SELECT' as privilege_type, 'NO' as is_grantable, 'YES' as with_hierarchy from pgc.pg_class c join pgc.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v', 'f', 'p')

-- information_schema.role_table_grants
select p.grantor, p.grantee, p.table_catalog, p.table_schema, p.table_name, p.privilege_type, p.is_grantable, p.with_hierarchy from isc.table_privileges p

-- information_schema.column_privileges
select u_pg_get_userbyid(c.relowner) as grantor, u_user() as grantee, u_database() as table_catalog, n.nspname as table_schema, c.relname as table_name, a.attname as column_name, 'SELECT' as privilege_type, 'NO' as is_grantable from pgc.pg_attribute a join pgc.pg_class c on c.oid = a.attrelid join pgc.pg_namespace n on n.oid = c.relnamespace where a.attnum > 0 and c.relkind in ('r', 'v', 'f', 'p')

-- information_schema.column_udt_usage
select c.udt_catalog, c.udt_schema, c.udt_name, c.table_catalog, c.table_schema, c.table_name, c.column_name from isc.columns c

-- pg_catalog.pg_indexes
select n.nspname as schemaname, t.relname as tablename, c.relname as indexname, u_pg_get_indexdef(c.oid) as indexdef from pgc.pg_index i join pgc.pg_class c on c.oid = i.indexrelid join pgc.pg_class t on t.oid = i.indrelid join pgc.pg_namespace n on n.oid = t.relnamespace

-- information_schema.table_constraints
select u_database() as constraint_catalog, n.nspname as constraint_schema, k.conname as constraint_name, u_database() as table_catalog, n.nspname as table_schema, c.relname as table_name, 'PRIMARY KEY' as constraint_type, 'NO' as is_deferrable, 'NO' as initially_deferred, 'YES' as enforced from pgc.pg_constraint k join pgc.pg_class c on c.oid = k.conrelid join pgc.pg_namespace n on n.oid = c.relnamespace

-- information_schema.key_column_usage
select u_database() as constraint_catalog, n.nspname as constraint_schema, k.conname as constraint_name, u_database() as table_catalog, n.nspname as table_schema, c.relname as table_name, a.attname as column_name, list_position(k.conkey, a.attnum) as ordinal_position from pgc.pg_constraint k join pgc.pg_class c on c.oid = k.conrelid join pgc.pg_namespace n on n.oid = c.relnamespace join pgc.pg_attribute a on a.attrelid = c.oid and list_contains(k.conkey, a.attnum)

-- information_schema.constraint_column_usage
select u.table_catalog, u.table_schema, u.table_name, u.column_name, u.constraint_catalog, u.constraint_schema, u.constraint_name from isc.key_column_usage u
