-- name: listagg
SELECT listagg(status, ',' ORDER BY id) AS l, group_concat(status, ';' ORDER BY id) AS g FROM orders
-- name: now and today
SELECT COUNT(*) AS n FROM orders WHERE day < today() AND day < now() AND day < CURRENT_TIMESTAMP AND day <= CURRENT_DATE
-- name: trailing twelve months
SELECT COUNT(*) AS n FROM orders WHERE day >= CURRENT_DATE - INTERVAL '30 years' AND day < date_trunc('month', CURRENT_DATE)
-- name: epoch of the day
SELECT EXTRACT(EPOCH FROM day) AS e, EXTRACT('isodow' FROM day) AS i FROM orders WHERE id < 40
-- name: shorthand casts
SELECT id::TEXT AS t, day::TIMESTAMP::DATE AS d, '5'::INT + id AS n, amount::NUMERIC(12,1) AS a FROM orders
-- name: trim and overlay forms
SELECT TRIM(BOTH 'n' FROM name) AS t, TRIM(LEADING 'na' FROM name) AS l, ltrim(name, 'n') AS lt FROM customers
-- name: null tests
SELECT COUNT(*) AS n FROM customers WHERE credit NOTNULL OR region ISNULL OR NOT (name IS NULL)
-- name: unusual comparisons
SELECT id FROM customers WHERE id != 5 AND id <> 6 AND id == id AND id NOT BETWEEN 50 AND 60
-- name: more statistics
SELECT round(corr(id, amount), 6) AS c, round(regr_slope(amount, id), 6) AS s, round(covar_pop(id, amount), 4) AS cv, any_value(status) IS NOT NULL AS a FROM orders WHERE amount IS NOT NULL
-- name: histogram
SELECT histogram(status) AS h FROM orders
-- name: sum distinct and product
SELECT SUM(DISTINCT amount) AS s, COUNT(DISTINCT (customer_id, status)) AS pairs FROM orders
-- name: three smallest
SELECT min(amount, 3) AS smallest, max(id, 2) AS last_ids FROM orders
-- name: count of a row
SELECT COUNT(o) AS n, COUNT(o.id) AS m FROM orders o
-- name: star like and rename
SELECT * LIKE 're%' FROM customers
-- name: star rename
SELECT * RENAME (name AS title) FROM customers
-- name: star exclude of an alias
SELECT c.* EXCLUDE (notes), c.id + 1 AS next FROM customers c
-- name: columns star
SELECT COUNT(COLUMNS(*)) FROM orders
-- name: columns list
SELECT COLUMNS(['id', 'day']) FROM orders
-- name: positional reference
SELECT id, amount FROM orders ORDER BY #2 NULLS LAST, #1
-- name: table with column aliases
SELECT t.a, t.b FROM orders AS t(a, b) WHERE t.a < 40
-- name: list filter and aggregate
SELECT list_filter([1, 2, 3, id], lambda x: x > 2) AS f, list_aggregate([1, 2, id], 'sum') AS s, list_contains([2, 5], id) AS c FROM customers
-- name: list slices
SELECT list(id ORDER BY id)[1:3] AS head, list(id ORDER BY id)[-1] AS tail FROM orders
-- name: struct star
SELECT s.* FROM (SELECT {'a': id, 'b': region} AS s FROM customers) t
-- name: unnest a struct
SELECT UNNEST({'a': id, 'b': region}) FROM customers
-- name: row constructor
SELECT ROW(id, region) AS r FROM customers
-- name: in a list value
SELECT id FROM customers WHERE id IN [8, 20, 32]
-- name: with ordinality
SELECT u.v, u.i FROM UNNEST(['x', 'y']) WITH ORDINALITY AS u(v, i)
-- name: try
SELECT TRY(CAST(name AS INTEGER)) AS t, TRY_CAST(region AS DOUBLE) AS r FROM customers
-- name: bits
SELECT id & 3 AS a, id | 1 AS o, xor(id, 2) AS x, id << 1 AS l, ~id AS n FROM customers
-- name: days as numbers
SELECT day + 1 AS tomorrow, DATE '2025-12-31' - day AS left_over FROM orders
-- name: time zone
SELECT COUNT(*) AS n FROM orders WHERE CAST(day AS TIMESTAMP) AT TIME ZONE 'UTC' > TIMESTAMPTZ '2024-03-01 00:00:00+00'
-- name: escape string
SELECT e'a\tb' AS t, COUNT(*) AS n FROM customers
-- name: groups frame
SELECT id, SUM(amount) OVER (ORDER BY status GROUPS BETWEEN CURRENT ROW AND CURRENT ROW) AS s FROM orders
-- name: empty group
SELECT SUM(amount) AS s FROM orders GROUP BY ()
-- name: order by expression
SELECT id FROM orders ORDER BY CASE status WHEN 'paid' THEN 0 ELSE 1 END, amount DESC NULLS LAST, id
-- name: pivot in a cte
WITH p AS (SELECT * FROM (SELECT region, deleted, id FROM customers) PIVOT (COUNT(*) FOR deleted IN (TRUE, FALSE))) SELECT * FROM p
-- name: a cte used thrice
WITH o AS (SELECT * FROM orders) SELECT (SELECT COUNT(*) FROM o) AS a, (SELECT MAX(id) FROM o) AS b, (SELECT MIN(id) FROM o) AS c
-- name: cte in a sub-query
SELECT * FROM (WITH x AS (SELECT id FROM orders WHERE id < 50) SELECT id FROM x) AS y
-- name: cte over values
WITH targets(status, goal) AS (VALUES ('paid', 100), ('open', 50)) SELECT t.status, t.goal, COUNT(o.id) AS n FROM targets t LEFT JOIN orders o USING (status) GROUP BY ALL
-- name: union inside in
SELECT id FROM customers WHERE id IN (SELECT customer_id FROM orders UNION SELECT 8)
-- name: nested functions
SELECT COALESCE(NULLIF(TRIM(UPPER(name)), ''), 'N/A') AS n, GREATEST(COALESCE(credit, 0), 0) AS g FROM customers
-- name: bar chart
SELECT status, bar(COUNT(*), 0, 100, 10) AS chart FROM orders GROUP BY status
-- name: hashes
SELECT md5(name) AS m, sha256(region) AS s, hash(id) IS NOT NULL AS h FROM customers
-- name: same column twice
SELECT id, id, name AS id FROM customers
-- name: keyword aliases
SELECT id AS "select", name AS "from", region "group" FROM customers AS "order"
-- name: deep parentheses
SELECT ((((id)))) AS id FROM orders WHERE ((((status = 'paid')) AND ((amount > 10))))
-- name: many conditions
SELECT id FROM orders WHERE (status = 'paid' AND amount > 10) OR (status = 'open' AND amount < 20) OR (customer_id IN (2, 8) AND NOT (day < DATE '2024-06-01'))
-- name: count over an anti condition
SELECT c.region, COUNT(*) - COUNT(o.id) AS without FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'paid' GROUP BY c.region
-- name: unnamed expressions
SELECT id + 1, upper(status), amount > 10, CASE WHEN amount > 10 THEN 1 END, (amount), -id FROM orders
-- name: lateral alias in group by
SELECT CASE WHEN amount > 100 THEN 'high' ELSE 'low' END AS band, COUNT(*) AS n FROM orders GROUP BY band HAVING n > 1 ORDER BY n
-- name: generate a series alone
SELECT * FROM generate_series(1, 5)
-- name: random sample size
SELECT COUNT(*) <= 5 AS few FROM (SELECT id FROM orders USING SAMPLE 5 ROWS) t
-- name: table sample clause
SELECT COUNT(*) >= 0 AS some FROM orders TABLESAMPLE RESERVOIR(20%)
-- name: isodate text compare
SELECT MIN(day)::VARCHAR AS first_day, MAX(day)::VARCHAR AS last_day FROM orders
-- name: age
SELECT id, age(TIMESTAMP '2025-01-01', born) AS a FROM customers
-- name: uuid and random are there
SELECT gen_random_uuid() IS NOT NULL AS u, random() < 2 AS r
-- name: sub-query with its own order
SELECT * FROM (SELECT id, amount FROM orders ORDER BY amount DESC NULLS LAST, id LIMIT 5) top ORDER BY id
