-- name: question marks
-- bind: ["paid", 50]
SELECT id, amount FROM orders WHERE status = ? AND amount > ?
-- name: numbers
-- bind: ["paid", 3]
SELECT id FROM orders WHERE status = $1 AND customer_id > $2 AND status <> 'x' || $1
-- name: numbers out of order
-- bind: [10, "open"]
SELECT COUNT(*) AS n FROM orders WHERE status = $2 AND id > $1
-- name: names
-- bind: {"state": "paid", "least": 20}
SELECT status, SUM(amount) AS s FROM orders WHERE status = $state AND amount >= $least GROUP BY status
-- name: in a list
-- bind: ["paid", "void"]
SELECT COUNT(*) AS n FROM orders WHERE status IN (?, ?)
-- name: in a like
-- bind: ["name1%"]
SELECT id FROM customers WHERE name LIKE ?
-- name: limit
-- bind: [4]
SELECT id FROM orders ORDER BY id LIMIT ?
-- name: in a cte and a sub-query
-- bind: [30, 90]
WITH t AS (SELECT * FROM orders WHERE id > ?) SELECT COUNT(*) AS n FROM t WHERE customer_id IN (SELECT id FROM customers WHERE id < ?)
-- name: a question mark in text
-- bind: ["EU"]
SELECT 'why?' AS q, COUNT(*) AS n FROM customers WHERE region = ? -- really?
-- name: as a result
-- bind: ["x"]
SELECT $1 AS given, COUNT(*) AS n FROM customers
-- name: date
-- bind: ["2024-05-01"]
SELECT id FROM orders WHERE day >= CAST($1 AS DATE)
