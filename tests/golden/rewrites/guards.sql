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
-- name: a column under a cast that ranks the nearest rows is empty in rows that the filter withholds
-- as: analyst
-- asks
SELECT c.id FROM customers c JOIN orders o NEAREST 1 BY DISTANCE abs(c.id - CAST(o.status AS INTEGER))
-- runs
SELECT c.id FROM (SELECT CASE WHEN ((("__usher"."region" = $1)) AND ((NOT "__usher"."deleted"))) THEN TRY("__usher"."id") END AS "id", "__usher"."name" AS "name", CASE WHEN "system"."main".regexp_full_match("__usher"."email", '[^@ \t\n\r\f\v]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?') THEN "system"."main".regexp_replace("__usher"."email", '^[^@]*@', '***@', 'g') WHEN NOT "__usher"."email" IS NULL THEN '***' END AS "email", "__usher"."region" AS "region", "__usher"."credit" AS "credit", CASE WHEN "system"."main".length("__usher"."ssn") >= 8 THEN '***' || "system"."main".right("__usher"."ssn", 4) WHEN NOT "__usher"."ssn" IS NULL THEN '***' END AS "ssn", TRY_CAST(CASE WHEN "system"."main".year(TRY_CAST("__usher"."born" AS TIMESTAMP)) BETWEEN 1 AND 9999 THEN CAST("system"."main".date_trunc('year', "__usher"."born") AS DATE) END AS DATE) AS "born", CASE WHEN NOT "__usher"."notes" IS NULL THEN '***' END AS "notes", "__usher"."deleted" AS "deleted" FROM "shop"."sales"."customers" AS "__usher" WHERE ((("__usher"."region" = $1)) AND ((NOT "__usher"."deleted")))) c JOIN (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", CASE WHEN (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1))) THEN TRY("__usher"."status") END AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) o NEAREST 1 BY DISTANCE abs(c.id - CAST(o.status AS INTEGER))
-- $1: attribute region
