-- name: in
SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE amount > 100)
-- name: not in
SELECT id FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL)
-- name: exists
SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'paid')
-- name: not exists
SELECT COUNT(*) FROM customers c WHERE NOT EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id)
-- name: scalar
SELECT id, amount FROM orders WHERE amount > (SELECT AVG(amount) FROM orders)
-- name: scalar in select
SELECT c.name, (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id) AS orders, (SELECT MAX(day) FROM orders o WHERE o.customer_id = c.id) AS latest FROM customers c
-- name: scalar without alias
SELECT id, (SELECT MAX(amount) FROM orders) FROM customers
-- name: correlated average
SELECT o.id FROM orders o WHERE o.amount > (SELECT AVG(i.amount) FROM orders i WHERE i.status = o.status)
-- name: derived table
SELECT region, AVG(spent) AS average FROM (SELECT c.region, c.id, SUM(o.amount) AS spent FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1, 2) t GROUP BY region
-- name: any and all
SELECT id FROM orders WHERE amount >= ALL (SELECT amount FROM orders WHERE status = 'open' AND amount IS NOT NULL) OR customer_id = ANY (SELECT id FROM customers WHERE credit > 50)
-- name: cte
WITH paid AS (SELECT * FROM sales.orders WHERE status = 'paid'), best AS (SELECT customer_id, SUM(amount) AS s FROM paid GROUP BY 1) SELECT c.name, b.s FROM best b JOIN sales.customers c ON c.id = b.customer_id ORDER BY b.s DESC
-- name: cte that bears its table's name
WITH orders AS (SELECT * FROM orders WHERE amount > 10) SELECT COUNT(*), SUM(amount) FROM orders
-- name: cte with column names
WITH t(k, v) AS (SELECT status, COUNT(*) FROM orders GROUP BY 1) SELECT k, v FROM t WHERE v > 3
-- name: materialized cte
WITH t AS MATERIALIZED (SELECT id, amount FROM orders) SELECT a.id FROM t a JOIN t b ON a.amount = b.amount AND a.id < b.id
-- name: nested cte
WITH a AS (WITH b AS (SELECT id FROM customers) SELECT * FROM b) SELECT COUNT(*) FROM a
-- name: recursive counter
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) SELECT n.i, COUNT(o.id) AS orders FROM n LEFT JOIN orders o ON month(o.day) = n.i GROUP BY n.i ORDER BY n.i
-- name: recursive over a table
WITH RECURSIVE chain AS (SELECT id, customer_id, 0 AS depth FROM orders WHERE id <= 20 UNION ALL SELECT o.id, o.customer_id, c.depth + 1 FROM chain c JOIN orders o ON o.id = c.customer_id AND c.depth < 3) SELECT depth, COUNT(*) FROM chain GROUP BY depth ORDER BY depth
-- name: union all
SELECT 'customers' AS what, COUNT(*) AS n FROM customers UNION ALL SELECT 'orders', COUNT(*) FROM orders
-- name: union distinct with order
SELECT region AS label FROM customers UNION SELECT status FROM orders ORDER BY label
-- name: union by name
SELECT id, name FROM customers UNION ALL BY NAME SELECT id, status FROM orders
-- name: intersect and except
SELECT id FROM customers INTERSECT SELECT customer_id FROM orders EXCEPT SELECT 8
-- name: except all
SELECT status FROM orders EXCEPT ALL SELECT status FROM orders WHERE amount > 50
-- name: parenthesised set operation
(SELECT id FROM orders ORDER BY id LIMIT 3) UNION ALL (SELECT id FROM customers ORDER BY id LIMIT 3)
-- name: values alone
VALUES (1, 'a'), (2, 'b')
-- name: values as a table
SELECT v.label, COUNT(o.id) AS n FROM (VALUES ('paid', 'Paid'), ('open', 'Open')) AS v(status, label) LEFT JOIN orders o ON o.status = v.status GROUP BY v.label
-- name: tuple in
SELECT id FROM orders WHERE (customer_id, status) IN (SELECT id, 'paid' FROM customers)
-- name: from first
FROM orders SELECT status, COUNT(*) GROUP BY status
-- name: from only
FROM customers
-- name: sub-query in order by
SELECT id FROM customers c ORDER BY (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id) DESC, id LIMIT 5
-- name: sub-query in case
SELECT id, CASE WHEN EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) THEN 'buyer' ELSE 'visitor' END AS kind FROM customers c
