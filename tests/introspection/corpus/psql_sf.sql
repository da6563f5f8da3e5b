-- psql 15, sf
SELECT 'public.add'::pg_catalog.regproc::pg_catalog.oid
--@@
SELECT pg_catalog.pg_get_functiondef(16476)
--@@
