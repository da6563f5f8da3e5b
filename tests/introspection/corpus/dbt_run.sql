-- dbt-postgres 1.10, run
/* {"app": "dbt", "dbt_version": "1.10.23", "profile_name": "p", "target_name": "d", "connection_name": "list_shop"} */

    select distinct nspname from pg_namespace
--@@
