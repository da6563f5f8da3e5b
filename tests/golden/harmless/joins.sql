-- name: inner join
SELECT c.name, o.amount FROM sales.customers AS c INNER JOIN sales.orders AS o ON o.customer_id = c.id
-- name: left join with is null
SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL
-- name: right join
SELECT c.name, o.id FROM customers c RIGHT OUTER JOIN orders o ON o.customer_id = c.id
-- name: full join
SELECT COALESCE(c.id, o.customer_id) AS customer, o.id FROM customers c FULL JOIN orders o ON c.id = o.customer_id
-- name: cross join
SELECT c.region, s.status, 0 AS n FROM (SELECT DISTINCT region FROM customers) c CROSS JOIN (SELECT DISTINCT status FROM orders) s
-- name: comma join
SELECT c.name, SUM(o.amount) AS s FROM customers c, orders o WHERE c.id = o.customer_id GROUP BY c.name
-- name: self join
SELECT a.id AS one, b.id AS two FROM customers a JOIN customers b ON a.name = b.name AND a.id < b.id
-- name: join using
SELECT id, c.name, o.amount FROM customers c JOIN orders o USING (id)
-- name: star with using
SELECT * FROM customers JOIN orders USING (id) ORDER BY id LIMIT 10
-- name: star of one side
SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer_id
-- name: natural join
SELECT COUNT(*) FROM customers NATURAL JOIN (SELECT id FROM orders) o
-- name: asof join
SELECT o.id, d.since, d.factor FROM orders o ASOF JOIN (VALUES (DATE '2024-01-01', 1.0), (DATE '2024-07-01', 1.1)) AS d(since, factor) ON o.day >= d.since
-- name: asof join of two tables
SELECT c.id, o.id AS last_order FROM (SELECT id, DATE '2024-12-31' AS at FROM customers) c ASOF LEFT JOIN (SELECT max(id) AS id, customer_id, day FROM orders GROUP BY ALL) o ON c.id = o.customer_id AND c.at >= o.day
-- name: lateral
SELECT c.id, l.amount FROM customers c, LATERAL (SELECT o.amount FROM orders o WHERE o.customer_id = c.id ORDER BY o.amount DESC NULLS LAST, o.id LIMIT 1) l
-- name: left join lateral
SELECT c.id, l.n FROM customers c LEFT JOIN LATERAL (SELECT COUNT(*) AS n FROM orders o WHERE o.customer_id = c.id) AS l ON TRUE
-- name: semi and anti join
SELECT c.id, c.name FROM customers c SEMI JOIN orders o ON o.customer_id = c.id
-- name: anti join
SELECT c.id FROM customers c ANTI JOIN orders o ON o.customer_id = c.id
-- name: three way join
SELECT c.region, o.status, p.status AS other, COUNT(*) AS n FROM customers c JOIN orders o ON o.customer_id = c.id JOIN orders p ON p.customer_id = c.id AND p.id > o.id GROUP BY ALL
-- name: join on a range
SELECT o.id, b.label FROM orders o JOIN (VALUES (0, 50, 'small'), (50, 150, 'medium'), (150, 1000, 'large')) AS b(low, high, label) ON o.amount >= b.low AND o.amount < b.high
-- name: joins in parentheses
SELECT COUNT(*) FROM (customers c JOIN orders o ON o.customer_id = c.id)
-- name: positional join
SELECT a.id, b.i FROM (SELECT id FROM customers ORDER BY id) a POSITIONAL JOIN range(3) AS b(i) WHERE a.id IS NOT NULL AND b.i IS NOT NULL
-- name: unaliased tables with their own names
SELECT customers.name, orders.amount FROM customers JOIN orders ON orders.customer_id = customers.id WHERE orders.status = 'paid'
-- name: the nearest row of another table
SELECT o.id, c.id AS nearest FROM sales.orders o JOIN sales.customers c NEAREST 1 BY DISTANCE abs(o.customer_id - c.id) + c.id / 1000 ORDER BY 1
-- name: the two nearest among rows that a sub-query chose
SELECT o.id, c.id AS nearest FROM sales.orders o
LEFT JOIN (SELECT * FROM sales.customers WHERE credit > 0) AS c NEAREST 2 BY DISTANCE abs(o.amount - c.credit) + c.id / 100000
ORDER BY 1, 2
-- name: the nearest of the nearest
SELECT count(*), sum(c.id), sum(d.id) FROM sales.orders o
JOIN sales.customers c NEAREST 1 BY DISTANCE abs(o.customer_id - c.id) + c.id / 1000
JOIN sales.customers d NEAREST 2 BY SIMILARITY c.id - d.id / 7.0
-- name: the nearest by a masked value
SELECT o.id, c.born FROM sales.orders o JOIN sales.customers c NEAREST 1 BY DISTANCE abs(date_diff('day', o.day, c.born)) + c.id / 1000 ORDER BY 1
