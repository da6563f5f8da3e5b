-- name: count of everything
SELECT COUNT(*) FROM sales.orders
-- name: totals by status
SELECT status, COUNT(*) AS orders, SUM(amount) AS revenue, AVG(amount) AS average FROM sales.orders GROUP BY status ORDER BY revenue DESC
-- name: group by ordinal
SELECT status, day, SUM(amount) FROM orders GROUP BY 1, 2 ORDER BY 3 DESC NULLS LAST, 1, 2
-- name: group by all
SELECT region, deleted, COUNT(*) AS n FROM customers GROUP BY ALL ORDER BY ALL
-- name: rollup
SELECT region, status, SUM(o.amount) AS total FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY ROLLUP (region, status)
-- name: cube with grouping
SELECT status, customer_id % 3 AS bucket, COUNT(*) AS n, GROUPING(status) AS g FROM orders GROUP BY CUBE (status, bucket)
-- name: grouping sets
SELECT status, year(day) AS y, SUM(amount) AS s FROM orders GROUP BY GROUPING SETS ((status), (year(day)), ())
-- name: having
SELECT customer_id, SUM(amount) AS spent FROM orders WHERE status = 'paid' GROUP BY customer_id HAVING SUM(amount) > 200 ORDER BY spent DESC
-- name: count distinct
SELECT COUNT(DISTINCT customer_id) AS buyers, COUNT(DISTINCT status) FROM orders
-- name: filter clause
SELECT COUNT(*) FILTER (WHERE status = 'paid') AS paid, COUNT(*) FILTER (WHERE status = 'void') AS void, SUM(amount) FILTER (status = 'open') AS open FROM orders
-- name: percentiles
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS p50, percentile_disc(0.9) WITHIN GROUP (ORDER BY amount) AS p90 FROM orders
-- name: median and quantile
SELECT status, median(amount) AS med, quantile_cont(amount, 0.75) AS q3, quantile_disc(amount, [0.1, 0.9]) AS tails FROM orders GROUP BY status
-- name: string_agg
SELECT customer_id, string_agg(status, ', ' ORDER BY id) AS history FROM orders GROUP BY customer_id
-- name: string_agg distinct
SELECT region, string_agg(DISTINCT name, '|' ORDER BY name) AS names FROM customers GROUP BY region
-- name: list and array_agg
SELECT customer_id, array_agg(id ORDER BY day, id) AS ids, list(amount ORDER BY id) AS amounts FROM orders GROUP BY customer_id
-- name: arg_max
SELECT customer_id, arg_max(day, amount) AS best_day, max_by(id, amount) AS best FROM orders WHERE amount IS NOT NULL GROUP BY customer_id
-- name: first and last in order
SELECT customer_id, first(status ORDER BY id) AS f, last(status ORDER BY id) AS l FROM orders GROUP BY customer_id
-- name: statistics
SELECT round(stddev(amount), 6) AS sd, round(variance(amount), 4) AS var, round(stddev_pop(amount), 6) AS sdp, min(amount), max(amount) FROM orders
-- name: bool aggregates
SELECT region, bool_and(deleted) AS all_gone, bool_or(deleted) AS some_gone, count_if(credit > 0) AS positive FROM customers GROUP BY region
-- name: mode and approximate count
SELECT mode(status) AS usual, approx_count_distinct(customer_id) > 0 AS any_customers FROM orders WHERE status <> 'x'
-- name: conversion rate
SELECT ROUND(100.0 * SUM(CASE WHEN status = 'paid' THEN 1 ELSE 0 END) / NULLIF(COUNT(*), 0), 2) AS conversion FROM orders
-- name: having without group by
SELECT MAX(amount) FROM orders HAVING COUNT(*) > 1
-- name: aggregate of expression
SELECT SUM(amount * 1.19) AS gross, SUM(amount - 1) AS less FROM orders
-- name: histogram by width
SELECT floor(amount / 50) * 50 AS bucket, COUNT(*) AS n FROM orders GROUP BY bucket ORDER BY bucket NULLS FIRST
