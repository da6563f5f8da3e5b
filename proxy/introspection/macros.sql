-- PostgreSQL's functions for asking about a server, as macros over the synthesised rows. Each is called u_NAME, so that
-- no name of the engine's own can stand in for one. Arguments are put in as they are, below the sub-query that uses them:
-- so every name in here begins with u__, which no statement may use, or an argument could come to mean another column.

create view pgc._role as select r.oid as u__oid, r.rolname as u__name from pgc.pg_roles r;
create view pgc._setting as select s.name as u__name, s.setting as u__value from pgc.pg_settings s;
create view pgc._comment as select d.objoid as u__oid, d.objsubid as u__place, d.description as u__text, k.relname as u__class from pgc.pg_description d left join pgc.pg_class k on k.oid = d.classoid;
create view pgc._database as select d.oid as u__oid, d.datname as u__name from pgc.pg_database d;
create view pgc._schema as select n.oid as u__oid, n.nspname as u__name from pgc.pg_namespace n;
create view pgc._column as select a.attrelid as u__oid, a.attname as u__name, a.attnum as u__place from pgc.pg_attribute a;

create macro u_word(u__list, u__word) as regexp_matches(lower(u__list), '(^|,)\s*' || u__word || '\s*(,|$)');
create macro u_quote_ident(u__a) as case when regexp_full_match(u__a, '[a-z_][a-z0-9_]*') and not exists (select 1 from pgc._reserved where u__reserved = u__a) then u__a else '"' || replace(u__a, '"', '""') || '"' end;
create macro u_quote_literal(u__a) as '''' || replace(u__a::varchar, '''', '''''') || '''';
create macro u_quote_nullable(u__b) as coalesce(u_quote_literal(u__b), 'NULL');

create macro u_format_type(u__a, u__m) as case when u__a is null then null else coalesce((select case when u__m is null then u__plain when u__m::bigint < 0 or u__packs = '' then u__bare else u__head || '(' || (case u__packs when 'n' then ((u__m::bigint - 4) >> 16)::varchar || ',' || ((u__m::bigint - 4) & 2047)::varchar when 'c' then (u__m::bigint - 4)::varchar else u__m::varchar end) || ')' || u__tail end || u__brackets from pgc._types where u__oid = u__a::bigint limit 1), '???') end;

create macro u_out(u__k, u__a) as case when u__a is null then null when u__a::bigint = 0 then '-' else coalesce((select u__name from pgc._reg where u__kind = u__k and u__oid = u__a::bigint limit 1), u__a::varchar) end;
create macro u_in(u__k, u__n) as case when u__n is null then null when regexp_full_match(u__n::varchar, '[0-9]+') then u__n::varchar::bigint when u__n::varchar = '-' then 0 else coalesce((select u__oid from pgc._named where u__kind = u__k and u__name = replace(u__n::varchar, '"', '') limit 1), error('42P01')) end;
create macro u_to(u__k, u__n) as (select u__oid from pgc._named where u__kind = u__k and u__name = replace(u__n::varchar, '"', '') limit 1);
create macro u_to_regclass(u__n1) as u_to('regclass', u__n1);
create macro u_to_regtype(u__n1) as u_to('regtype', lower(u__n1));
create macro u_to_regnamespace(u__n1) as u_to('regnamespace', u__n1);
create macro u_to_regrole(u__n1) as u_to('regrole', u__n1);
create macro u_to_regproc(u__n1) as u_to('regproc', u__n1);

create macro u_user() as getvariable('usher_user')::varchar;
create macro u_user_oid() as getvariable('usher_user_oid')::bigint;
create macro u_me(u__who) as u__who::varchar in (u_user(), u_user_oid()::varchar, 'public');
create macro u_database() as (select u__name from pgc._database limit 1);
create macro u_current_schema() as (select u__schema from pgc._path order by u__place limit 1);
create macro u_path() as coalesce((select list(u__schema order by u__place) from pgc._path), []::varchar[]);
create macro u_current_schemas(u__implicit) as case when u__implicit then list_prepend('pg_catalog', u_path()) else u_path() end;
create macro u_version() as 'PostgreSQL ' || getvariable('usher_version')::varchar || ' (Usher)';
create macro u_client_encoding() as 'UTF8';
create macro u_pg_backend_pid() as getvariable('usher_pid')::integer;
create macro u_current_setting(u__a) as coalesce((select u__value from pgc._setting where lower(u__name) = lower(u__a) limit 1), error('42704')), (u__a, u__quiet) as (select u__value from pgc._setting where lower(u__name) = lower(u__a) limit 1);
create macro u_set_config(u__a, u__b, u__c) as case when lower(u__a) = 'jit' then u__b else error('0A000') end;

create macro u_pg_get_userbyid(u__a) as coalesce((select u__name from pgc._role where u__oid = u__a::bigint limit 1), 'unknown (OID=' || u__a::varchar || ')');
create macro u_obj_description(u__a) as (select u__text from pgc._comment where u__oid = u__a::bigint and u__place = 0 limit 1), (u__a, u__c) as (select u__text from pgc._comment where u__oid = u__a::bigint and u__place = 0 and u__class = u__c::varchar limit 1);
create macro u_col_description(u__a, u__n) as (select u__text from pgc._comment where u__oid = u__a::bigint and u__place = u__n::integer and u__place > 0 limit 1);
create macro u_shobj_description(u__a, u__c) as null::varchar;
create macro u_pg_table_is_visible(u__a) as case when u__a is null then null else exists (select 1 from pgc._visible where u__oid = u__a::bigint) end;
create macro u_pg_type_is_visible(u__a) as exists (select 1 from pgc._types where u__oid = u__a::bigint and u__visible);
create macro u_pg_function_is_visible(u__a) as exists (select 1 from pgc._functions where u__oid = u__a::bigint);
create macro u_pg_collation_is_visible(u__a) as u__a is not null;
create macro u_true(u__a) as u__a is not null;

create macro u_relation(u__t) as coalesce((select u__oid from pgc._named where u__kind = 'regclass' and u__name = replace(u__t::varchar, '"', '') limit 1), (select u__oid from pgc._reg where u__kind = 'regclass' and u__oid::varchar = u__t::varchar limit 1));
create macro u_has_table_privilege(u__t1, u__p) as case when u_relation(u__t1) is null then null else u_word(u__p, 'select') end, (u__u, u__t1, u__p) as case when u_relation(u__t1) is null then null else u_word(u__p, 'select') and u_me(u__u) end;
create macro u_has_column_privilege(u__t1, u__c, u__p) as (select u_word(u__p, 'select') from pgc._column where u__oid = u_relation(u__t1) and (u__name = u__c::varchar or u__place::varchar = u__c::varchar) limit 1), (u__u, u__t1, u__c, u__p) as (select u_word(u__p, 'select') and u_me(u__u) from pgc._column where u__oid = u_relation(u__t1) and (u__name = u__c::varchar or u__place::varchar = u__c::varchar) limit 1);
create macro u_has_schema_privilege(u__s, u__p) as (select u_word(u__p, 'usage') from pgc._schema where u__name = u__s::varchar or u__oid::varchar = u__s::varchar limit 1), (u__u, u__s, u__p) as (select u_word(u__p, 'usage') and u_me(u__u) from pgc._schema where u__name = u__s::varchar or u__oid::varchar = u__s::varchar limit 1);
create macro u_has_database_privilege(u__d, u__p) as (select u_word(u__p, 'connect') from pgc._database where u__name = u__d::varchar or u__oid::varchar = u__d::varchar limit 1), (u__u, u__d, u__p) as (select u_word(u__p, 'connect') and u_me(u__u) from pgc._database where u__name = u__d::varchar or u__oid::varchar = u__d::varchar limit 1);
create macro u_has_function_privilege(u__f, u__p) as true, (u__u, u__f, u__p) as true;
create macro u_has_none(u__t, u__p) as false, (u__u, u__t, u__p) as false;
create macro u_pg_has_role(u__r, u__p) as u__r::varchar in (u_user(), u_user_oid()::varchar), (u__u, u__r, u__p) as u__u::varchar = u__r::varchar or (u_me(u__u) and u_me(u__r));

create macro u_pg_get_constraintdef(u__a) as (select u__text from pgc._constraints where u__oid = u__a::bigint limit 1), (u__a, u__b) as (select u__text from pgc._constraints where u__oid = u__a::bigint limit 1);
create macro u_pg_get_indexdef(u__a) as (select u__text from pgc._indexes where u__oid = u__a::bigint and u__place = 0 limit 1), (u__a, u__n, u__b) as (select case when u__b then u__pretty else u__text end from pgc._indexes where u__oid = u__a::bigint and u__place = u__n::integer limit 1);
create macro u_pg_get_expr(u__a, u__b) as u__a::varchar, (u__a, u__b, u__c) as u__a::varchar;
create macro u_no_text(u__a) as null::varchar, (u__a, u__b) as null::varchar, (u__a, u__b, u__c) as null::varchar;
create macro u_no_number(u__a) as null::bigint, (u__a, u__b) as null::bigint;
create macro u_zero(u__a) as 0::bigint, (u__a, u__b) as 0::bigint;
create macro u_no(u__a) as false, (u__a, u__b) as false, (u__a, u__b, u__c) as false;
create macro u_yes(u__a) as true, (u__a, u__b) as true, (u__a, u__b, u__c) as true;
create macro u_null() as null::varchar;
create macro u_false() as false;
create macro u_nothing() as 0::bigint;
create macro u_pg_encoding_to_char(u__a) as case u__a when 6 then 'UTF8' when 0 then 'SQL_ASCII' else '' end;
create macro u_pg_char_to_encoding(u__a) as case when upper(u__a::varchar) in ('UTF8', 'UTF-8', 'UNICODE') then 6 else -1 end;
create macro u_pg_size_pretty(u__a) as u__a::varchar || ' bytes';
create macro u_pg_index_column_has_property(u__a, u__b, u__c) as (u__c = 'orderable' or u__c = 'nulls_last');
create macro u_pg_get_function_result(u__a) as (select u__result from pgc._functions where u__oid = u__a::bigint limit 1);
create macro u_pg_get_function_arguments(u__a) as (select u__arguments from pgc._functions where u__oid = u__a::bigint limit 1);
create macro u_array_lower(u__a, u__n) as case when len(u__a) > 0 and u__n = 1 then 1 end;
create macro u_array_upper(u__a, u__n) as case when len(u__a) > 0 and u__n = 1 then len(u__a)::integer end;
create macro u_array_length(u__a, u__n) as case when len(u__a) > 0 and u__n = 1 then len(u__a)::integer end;
create macro u_array_position(u__a, u__x) as list_position(u__a, u__x);
create macro u_array_remove(u__a, u__x) as list_filter(u__a, lambda u__i: u__i is distinct from u__x);
create macro u_string_to_array(u__a, u__b) as string_split(u__a, u__b);
create macro u_array_to_string(u__a, u__s) as array_to_string(list_filter(u__a, lambda u__i: u__i is not null), u__s), (u__a, u__s, u__n) as array_to_string(list_transform(u__a, lambda u__i: coalesce(u__i::varchar, u__n)), u__s);
create macro u_expanded(u__a) as list_transform(range(1, len(u__a) + 1), lambda u__i: {'x': u__a[u__i], 'n': u__i});
create macro u_array_text(u__a) as '{' || array_to_string(list_transform(u__a, lambda u__i: coalesce(u__i::varchar, 'NULL')), ',') || '}';
create macro u_text(u__a) as coalesce(u__a, '');
create macro u_parse_ident(u__a) as string_split(replace(u__a, '"', ''), '.');
create macro u_to_json(u__a) as to_json(u__a)::varchar;
create macro u_no_time() as null::timestamptz;
create macro u_regexp_match(u__a, u__p) as case when regexp_matches(u__a, u__p) then [coalesce(nullif(regexp_extract(u__a, u__p, 1), ''), regexp_extract(u__a, u__p))] end;
create macro u_regexp_replace(u__a, u__p, u__r) as regexp_replace(u__a, u__p, u__r), (u__a, u__p, u__r, u__f) as regexp_replace(u__a, u__p, u__r, u__f);
create macro u_pg_partition_ancestors(u__a) as table (select u__a::bigint as relid where false);
create macro u_no_options(u__a) as table (select null::varchar as option_name, null::varchar as option_value where false);
create macro u_no_acl(u__a) as table (select 0::bigint as grantor, 0::bigint as grantee, ''::varchar as privilege_type, false as is_grantable where false);
