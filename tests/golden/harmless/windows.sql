-- name: row number latest order
SELECT * FROM (SELECT o.*, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day DESC, id) AS rn FROM orders o) ranked WHERE rn = 1
-- name: qualify
SELECT customer_id, id, amount FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY amount DESC NULLS LAST, id) <= 2
-- name: running total
SELECT day, id, SUM(amount) OVER (ORDER BY day, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM orders ORDER BY day, id
-- name: moving average
SELECT day, round(AVG(amount) OVER (ORDER BY day, id ROWS BETWEEN 6 PRECEDING AND CURRENT ROW), 4) AS week FROM orders
-- name: ranks
SELECT status, id, RANK() OVER w AS r, DENSE_RANK() OVER w AS dr, PERCENT_RANK() OVER w AS pr, NTILE(4) OVER w AS quartile, CUME_DIST() OVER w AS cd FROM orders WINDOW w AS (PARTITION BY status ORDER BY amount NULLS LAST, id)
-- name: lag and lead
SELECT id, amount, LAG(amount) OVER (ORDER BY id) AS before, LEAD(amount, 2, 0) OVER (ORDER BY id) AS after FROM orders
-- name: share of total
SELECT status, SUM(amount) AS s, ROUND(100 * SUM(amount) / SUM(SUM(amount)) OVER (), 2) AS share FROM orders GROUP BY status
-- name: first and last value
SELECT id, FIRST_VALUE(amount) OVER (PARTITION BY status ORDER BY id) AS f, LAST_VALUE(amount) OVER (PARTITION BY status ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS l, NTH_VALUE(amount, 2) OVER (PARTITION BY status ORDER BY id) AS second FROM orders
-- name: range frame
SELECT id, SUM(amount) OVER (ORDER BY day RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW) AS recent FROM orders
-- name: qualify with alias
SELECT region, name, credit, RANK() OVER (PARTITION BY region ORDER BY credit DESC) AS place FROM customers QUALIFY place <= 3
-- name: distinct on
SELECT DISTINCT ON (customer_id) customer_id, id, day FROM orders ORDER BY customer_id, day DESC, id
-- name: window with filter
SELECT id, COUNT(*) FILTER (WHERE status = 'paid') OVER (ORDER BY id) AS paid_so_far FROM orders
-- name: ignore nulls
SELECT id, LAST_VALUE(amount IGNORE NULLS) OVER (ORDER BY id) AS filled FROM orders
-- name: exclude current row
SELECT id, SUM(amount) OVER (PARTITION BY status ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS others FROM orders
-- name: days between orders
SELECT customer_id, id, day - LAG(day) OVER (PARTITION BY customer_id ORDER BY day, id) AS gap FROM orders
