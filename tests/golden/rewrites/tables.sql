-- name: a table becomes its policy view under its own name
-- as: analyst
-- asks
SELECT id, status FROM orders
-- runs
SELECT id, status FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) AS orders
-- $1: attribute region
-- name: an alias stays the user's
-- as: analyst
-- asks
SELECT o.id FROM sales.orders AS o
-- runs
SELECT o.id FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) AS o
-- $1: attribute region
-- name: a table without obligations is only named in full
-- as: auditor
-- asks
SELECT o.id, customers.name FROM orders o JOIN customers ON customers.id = o.customer_id
-- runs
SELECT o.id, customers.name FROM "shop"."sales"."orders" o JOIN "shop"."sales"."customers" AS customers ON customers.id = o.customer_id
-- name: both sides of a self join
-- as: analyst
-- asks
SELECT a.id FROM orders a JOIN orders b ON a.id < b.id
-- runs
SELECT a.id FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) a JOIN (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) b ON a.id < b.id
-- $1: attribute region
-- name: a table in a sub-query
-- as: analyst
-- asks
SELECT 1 WHERE EXISTS (SELECT * FROM sales.customers WHERE name = 'name1')
-- runs
SELECT 1 WHERE EXISTS (SELECT * FROM (SELECT "__usher"."id" AS "id", "__usher"."name" AS "name", CASE WHEN "system"."main".regexp_full_match("__usher"."email", '[^@ \t\n\r\f\v]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?') THEN "system"."main".regexp_replace("__usher"."email", '^[^@]*@', '***@', 'g') WHEN NOT "__usher"."email" IS NULL THEN '***' END AS "email", "__usher"."region" AS "region", "__usher"."credit" AS "credit", CASE WHEN "system"."main".length("__usher"."ssn") >= 8 THEN '***' || "system"."main".right("__usher"."ssn", 4) WHEN NOT "__usher"."ssn" IS NULL THEN '***' END AS "ssn", TRY_CAST(CASE WHEN "system"."main".year(TRY_CAST("__usher"."born" AS TIMESTAMP)) BETWEEN 1 AND 9999 THEN CAST("system"."main".date_trunc('year', "__usher"."born") AS DATE) END AS DATE) AS "born", CASE WHEN NOT "__usher"."notes" IS NULL THEN '***' END AS "notes", "__usher"."deleted" AS "deleted" FROM "shop"."sales"."customers" AS "__usher" WHERE ((("__usher"."region" = $1)) AND ((NOT "__usher"."deleted")))) AS customers WHERE name = 'name1')
-- $1: attribute region
-- name: a table in every branch of a set operation
-- as: support
-- asks
SELECT id FROM orders UNION ALL (SELECT id FROM orders ORDER BY id LIMIT 1)
-- runs
SELECT id FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status", "__usher"."note" AS "note" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."status" <> 'void' OR "__usher"."amount" > 100))) AS orders UNION ALL (SELECT id FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status", "__usher"."note" AS "note" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."status" <> 'void' OR "__usher"."amount" > 100))) AS orders ORDER BY id LIMIT 1)
-- name: no table
-- as: analyst
-- asks
SELECT 1 AS one
-- runs
SELECT 1 AS one
