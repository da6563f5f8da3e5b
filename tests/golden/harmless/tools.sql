-- name: metabase question
-- Metabase:: userID: 7 queryType: MBQL queryHash: 4a5b
SELECT "sales"."orders"."status" AS "status", SUM("sales"."orders"."amount") AS "sum" FROM "sales"."orders" GROUP BY "sales"."orders"."status" ORDER BY "sales"."orders"."status" ASC
-- name: metabase preview
SELECT "sales"."orders"."id" AS "id", "sales"."orders"."customer_id" AS "customer_id", "sales"."orders"."day" AS "day", "sales"."orders"."amount" AS "amount" FROM "sales"."orders" LIMIT 1048575
-- name: metabase month breakout
SELECT DATE_TRUNC('month', "sales"."orders"."day") AS "day", COUNT(*) AS "count" FROM "sales"."orders" WHERE ("sales"."orders"."status" = 'paid') AND ("sales"."orders"."day" >= DATE_TRUNC('year', DATE '2024-06-01')) GROUP BY DATE_TRUNC('month', "sales"."orders"."day") ORDER BY DATE_TRUNC('month', "sales"."orders"."day") ASC
-- name: metabase join
SELECT "source"."region" AS "region", COUNT(*) AS "count" FROM (SELECT "sales"."orders"."id" AS "id", "Customers"."region" AS "region" FROM "sales"."orders" LEFT JOIN "sales"."customers" AS "Customers" ON "sales"."orders"."customer_id" = "Customers"."id") AS "source" GROUP BY "source"."region" ORDER BY "source"."region" ASC
-- name: metabase field values
SELECT "source"."status" AS "status" FROM (SELECT "sales"."orders"."status" AS "status" FROM "sales"."orders" GROUP BY "sales"."orders"."status" ORDER BY "sales"."orders"."status" ASC) AS "source" LIMIT 1000
-- name: metabase fingerprint
SELECT SUBSTRING("sales"."customers"."name", 1, 1234) AS "substring" FROM "sales"."customers" LIMIT 10000
-- name: superset chart
-- superset: slice_id 12
SELECT DATE_TRUNC('month', day) AS __timestamp, status AS status, sum(amount) AS "SUM(amount)"
FROM sales.orders
WHERE day >= TIMESTAMP '2024-01-01 00:00:00.000000' AND day < TIMESTAMP '2025-01-01 00:00:00.000000'
GROUP BY DATE_TRUNC('month', day), status
ORDER BY "SUM(amount)" DESC
LIMIT 10000;
-- name: superset virtual dataset
SELECT status AS status, count(*) AS count
FROM (SELECT o.status, c.region FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id
) AS virtual_table
GROUP BY status
ORDER BY count DESC
LIMIT 1000
-- name: superset series limit
SELECT DATE_TRUNC('month', day) AS __timestamp, orders.status AS status, SUM(amount) AS total
FROM sales.orders
JOIN (SELECT status AS status__, SUM(amount) AS mme_inner__ FROM sales.orders GROUP BY status ORDER BY mme_inner__ DESC LIMIT 2) AS anon_1 ON status = status__
GROUP BY DATE_TRUNC('month', day), orders.status
-- name: tableau
SELECT "orders"."status" AS "status",
  SUM("orders"."amount") AS "sum:amount:ok",
  EXTRACT(YEAR FROM "orders"."day") AS "yr:day:ok"
FROM "sales"."orders" "orders"
  INNER JOIN "sales"."customers" "customers" ON ("orders"."customer_id" = "customers"."id")
GROUP BY 1,
  3
-- name: tableau custom sql
SELECT "Custom SQL Query"."region" AS "region" FROM (
  select * from sales.customers
) "Custom SQL Query"
GROUP BY 1
-- name: tableau top filter
SELECT "t0"."status" AS "status", COUNT(1) AS "cnt" FROM "sales"."orders" "t1" INNER JOIN (SELECT "orders"."status" AS "status", SUM("orders"."amount") AS "x" FROM "sales"."orders" "orders" GROUP BY 1 ORDER BY 2 DESC LIMIT 2) "t0" ON ("t1"."status" IS NOT DISTINCT FROM "t0"."status") GROUP BY 1
-- name: power bi
select "_"."region", "_"."a0" from (select "rows"."region" as "region", sum("rows"."credit") as "a0" from (select "region", "credit" from "shop"."sales"."customers" "$Table") "rows" group by "region") "_" where not "_"."a0" is null
-- name: looker
SELECT
    (DATE_TRUNC('month', orders.day )) AS "orders.created_month",
    COUNT(DISTINCT customers.id ) AS "customers.count",
    COALESCE(SUM(CAST(orders.amount AS DOUBLE)), 0) AS "orders.total"
FROM sales.orders  AS orders
LEFT JOIN sales.customers  AS customers ON customers.id = orders.customer_id
GROUP BY
    (DATE_TRUNC('month', orders.day ))
ORDER BY
    1 DESC
FETCH NEXT 500 ROWS ONLY
-- name: dbt test
/* {"app": "dbt", "dbt_version": "1.8.0", "profile_name": "shop", "target_name": "dev", "node_id": "test.shop.unique_orders_id"} */
select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error
from (
    select id as unique_field, count(*) as n_records
    from "shop"."sales"."orders"
    where id is not null
    group by id
    having count(*) > 1
) dbt_internal_test
-- name: dbt show
/* {"app": "dbt"} */
with source as (select * from shop.sales.orders), renamed as (select id as order_id, customer_id, amount from source)
select * from (select * from renamed) as __preview order by order_id limit 5
-- name: redash
/* Username: ana@example.com, query_id: 17, Queue: queries, Query Hash: 9f */ SELECT status, COUNT(*) AS n FROM sales.orders GROUP BY status
-- name: chatbot with markdown habits
-- This query shows the top 5 customers by revenue
SELECT
    c.id AS customer_id,
    c.name AS customer_name,
    ROUND(SUM(o.amount), 2) AS total_revenue -- all paid orders
FROM sales.customers c
JOIN sales.orders o ON c.id = o.customer_id
WHERE o.status = 'paid'
GROUP BY c.id, c.name
ORDER BY total_revenue DESC, c.id
LIMIT 5;
-- name: several semicolons and blanks
SELECT COUNT(*) FROM sales.orders ; ;
-- name: upper case names
SELECT ID, NAME FROM SALES.CUSTOMERS WHERE REGION = 'EU'
-- name: full name with warehouse
SELECT shop.sales.orders.id, shop.sales.orders.status FROM shop.sales.orders WHERE shop.sales.orders.id < 40
-- name: warehouse and table
SELECT COUNT(*) FROM shop.orders
-- name: nested block comment
SELECT /* outer /* inner */ still */ COUNT(*) FROM customers
-- name: windows line ends and tabs
SELECT	id,
	name
FROM	customers
-- name: connection test
SELECT 1 AS "ok", CURRENT_DATE IS NOT NULL AS today, version() IS NOT NULL AS v
-- name: probe of a table
SELECT * FROM "sales"."customers" AS "probe" WHERE 0 = 1 LIMIT 0
-- name: sqlalchemy
SELECT anon_1.sales_orders_id, anon_1.sales_orders_status FROM (SELECT sales.orders.id AS sales_orders_id, sales.orders.status AS sales_orders_status FROM sales.orders WHERE sales.orders.amount IS NOT NULL) AS anon_1 ORDER BY anon_1.sales_orders_id LIMIT 10 OFFSET 2
-- name: cohort analysis
WITH firsts AS (
  SELECT customer_id, MIN(date_trunc('month', day)) AS cohort FROM sales.orders GROUP BY customer_id
), activity AS (
  SELECT f.cohort, date_diff('month', f.cohort, date_trunc('month', o.day)) AS age, COUNT(DISTINCT o.customer_id) AS active
  FROM sales.orders o JOIN firsts f USING (customer_id) GROUP BY 1, 2
)
SELECT cohort, age, active, ROUND(active * 100.0 / FIRST_VALUE(active) OVER (PARTITION BY cohort ORDER BY age), 1) AS retention FROM activity ORDER BY cohort, age
-- name: rfm segments
WITH rfm AS (SELECT customer_id, MAX(day) AS latest, COUNT(*) AS frequency, SUM(amount) AS monetary FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id)
SELECT customer_id, NTILE(3) OVER (ORDER BY latest, customer_id) AS r, NTILE(3) OVER (ORDER BY frequency, customer_id) AS f, NTILE(3) OVER (ORDER BY monetary, customer_id) AS m FROM rfm
-- name: pareto
SELECT id, amount, SUM(amount) OVER (ORDER BY amount DESC, id) / SUM(amount) OVER () AS cumulative FROM orders WHERE amount IS NOT NULL ORDER BY amount DESC, id
-- name: unnamed results of prefixed columns
SELECT SUM("sales"."orders"."amount"), sales.orders.status FROM "sales"."orders" GROUP BY "sales"."orders"."status"
-- name: unnamed sub-query of prefixed columns
SELECT sales.customers.id, (SELECT COUNT(*) FROM sales.orders WHERE sales.orders.customer_id = sales.customers.id) FROM sales.customers
