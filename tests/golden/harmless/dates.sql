-- name: revenue by month
SELECT date_trunc('month', day) AS month, SUM(amount) AS revenue FROM sales.orders GROUP BY 1 ORDER BY 1
-- name: revenue by week with cast
SELECT CAST(date_trunc('week', day) AS DATE) AS week, COUNT(*) FROM orders GROUP BY 1 ORDER BY 1
-- name: strftime
SELECT strftime(day, '%Y-%m') AS ym, SUM(amount) AS total FROM orders GROUP BY ym ORDER BY ym
-- name: extract parts
SELECT EXTRACT(year FROM day) AS y, EXTRACT(month FROM day) AS m, EXTRACT(dow FROM day) AS d, COUNT(*) FROM orders GROUP BY ALL
-- name: date_part and shorthand
SELECT date_part('quarter', day) AS q, year(day) AS y, month(day) AS m, dayofweek(day) AS dow, quarter(day) AS q2 FROM orders WHERE id < 20
-- name: weekday names
SELECT dayname(day) AS weekday, monthname(day) AS month, COUNT(*) AS n FROM orders GROUP BY 1, 2
-- name: date range
SELECT id, amount FROM orders WHERE day >= DATE '2024-03-01' AND day < DATE '2024-04-01'
-- name: between dates as text
SELECT COUNT(*) FROM orders WHERE day BETWEEN '2024-02-01' AND '2024-06-30'
-- name: last ninety days before a date
SELECT id FROM orders WHERE day > DATE '2024-12-31' - INTERVAL 90 DAY
-- name: interval spelt with text
SELECT id, day + INTERVAL '1 month' AS due, day - INTERVAL 1 WEEK AS before FROM orders WHERE id <= 30
-- name: date_diff
SELECT id, date_diff('day', day, DATE '2025-06-01') AS age, datediff('month', day, DATE '2025-06-01') AS months FROM orders
-- name: age at date
SELECT id, date_diff('year', born, DATE '2025-01-01') AS years FROM customers
-- name: cast to timestamp and compare
SELECT COUNT(*) FROM orders WHERE CAST(day AS TIMESTAMP) >= TIMESTAMP '2024-05-01 00:00:00'
-- name: make_date and last_day
SELECT DISTINCT make_date(year(day), 1, 1) AS jan, last_day(day) AS eom FROM orders ORDER BY 1, 2
-- name: calendar from generate_series
SELECT d.day AS day, COALESCE(SUM(o.amount), 0) AS revenue FROM (SELECT CAST(unnest(generate_series(DATE '2024-01-01', DATE '2024-01-31', INTERVAL 1 DAY)) AS DATE) AS day) d LEFT JOIN orders o ON o.day = d.day GROUP BY d.day ORDER BY d.day
-- name: calendar from a table function
WITH calendar AS (SELECT CAST(m AS DATE) AS month FROM generate_series(DATE '2024-01-01', DATE '2024-12-01', INTERVAL '1 month') AS t(m)) SELECT c.month, COUNT(o.id) AS orders FROM calendar c LEFT JOIN sales.orders o ON date_trunc('month', o.day) = c.month GROUP BY c.month ORDER BY c.month
-- name: calendar from range
SELECT DATE '2024-01-01' + CAST(i AS INTEGER) AS day, (SELECT COUNT(*) FROM orders o WHERE o.day = DATE '2024-01-01' + CAST(i AS INTEGER)) AS n FROM range(0, 40) AS t(i)
-- name: year over year
SELECT year(day) AS y, SUM(amount) AS s, SUM(amount) - LAG(SUM(amount)) OVER (ORDER BY year(day)) AS delta FROM orders GROUP BY 1 ORDER BY 1
-- name: time bucket
SELECT time_bucket(INTERVAL 7 DAY, day) AS bucket, COUNT(*) AS n FROM orders GROUP BY bucket
-- name: parse a date
SELECT strptime('2024-02-29', '%Y-%m-%d') AS leap, COUNT(*) FROM orders
-- name: epoch
SELECT id, epoch(day) AS seconds FROM orders WHERE id % 10 = 1
