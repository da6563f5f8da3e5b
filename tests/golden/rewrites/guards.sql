-- name: a column under a cast is empty in rows that the filter withholds
-- as: analyst
-- asks
SELECT id FROM orders WHERE CAST(status AS INTEGER) = 1
-- runs
SELECT id FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", CASE WHEN (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1))) THEN TRY("__usher"."status") END AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) AS orders WHERE CAST(status AS INTEGER) = 1
-- $1: attribute region
-- name: a plain comparison needs no guard
-- as: analyst
-- asks
SELECT id FROM orders WHERE status = 'paid'
-- runs
SELECT id FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) AS orders WHERE status = 'paid'
-- $1: attribute region
