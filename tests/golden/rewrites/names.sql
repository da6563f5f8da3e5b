-- name: a cte gets a name that no user can write
-- as: analyst
-- asks
WITH orders AS (SELECT * FROM orders) SELECT COUNT(*) FROM orders
-- runs
WITH "__usher_cte0_orders" AS (SELECT * FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) AS orders) SELECT COUNT(*) FROM "__usher_cte0_orders" AS orders
-- $1: attribute region
-- name: a recursive cte
-- as: analyst
-- asks
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT n.i, o.id FROM n JOIN orders o ON o.id = n.i
-- runs
WITH RECURSIVE "__usher_cte0_n"(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "__usher_cte0_n" AS n WHERE i < 3) SELECT n.i, o.id FROM "__usher_cte0_n" AS n JOIN (SELECT CASE WHEN (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1))) THEN TRY("__usher"."id") END AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) o ON o.id = n.i
-- $1: attribute region
-- name: a schema before a column goes
-- as: analyst
-- asks
SELECT "sales"."orders"."id" AS "id", shop.sales.orders.status FROM "sales"."orders"
-- runs
SELECT "orders"."id" AS "id", orders.status FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) AS "orders"
-- $1: attribute region
-- name: text that is not ascii stays where it is
-- as: analyst
-- asks
SELECT '🚲 東京' AS "Straße", o.id FROM orders AS o WHERE o.status <> 'ñ' /* ü */
-- runs
SELECT '🚲 東京' AS "Straße", o.id FROM (SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) AS o WHERE o.status <> 'ñ' /* ü */
-- $1: attribute region
-- name: comments and layout stay
-- as: analyst
-- asks
/* dashboard 7 */ SELECT id -- the key
FROM	orders ;
-- runs
/* dashboard 7 */ SELECT id -- the key
FROM	(SELECT "__usher"."id" AS "id", "__usher"."customer_id" AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", "__usher"."status" AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $1)))) AS orders ;
-- $1: attribute region
