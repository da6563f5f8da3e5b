-- name: select one
SELECT 1
-- name: star
SELECT * FROM sales.customers
-- name: star with qualified table
SELECT orders.* FROM sales.orders
-- name: limit and offset
SELECT id, name FROM customers ORDER BY id LIMIT 10 OFFSET 5
-- name: fetch first
SELECT id FROM customers ORDER BY id FETCH FIRST 5 ROWS ONLY
-- name: limit by percent
SELECT id FROM customers ORDER BY id LIMIT 50 PERCENT
-- name: distinct
SELECT DISTINCT region FROM customers ORDER BY region
-- name: case with ranges
SELECT CASE WHEN amount < 50 THEN 'small' WHEN amount < 150 THEN 'medium' ELSE 'large' END AS size, COUNT(*) AS n FROM orders GROUP BY size
-- name: simple case
SELECT CASE status WHEN 'paid' THEN 1 WHEN 'void' THEN -1 ELSE 0 END AS sign, COUNT(*) FROM orders GROUP BY 1
-- name: if and iif
SELECT id, IF(amount > 100, 'big', 'small') AS size FROM orders
-- name: casts
SELECT CAST(id AS VARCHAR) AS t, amount::DOUBLE AS d, TRY_CAST(name AS INTEGER) AS none, CAST(day AS TIMESTAMP) AS ts FROM orders o JOIN customers c USING (id)
-- name: exclude
SELECT * EXCLUDE (email, ssn) FROM customers
-- name: replace
SELECT * REPLACE (upper(name) AS name) FROM customers
-- name: columns by pattern
SELECT COLUMNS('^(id|name)$') FROM customers
-- name: min of all columns
SELECT MIN(COLUMNS(lambda c: c IN ('id', 'credit'))) FROM customers
-- name: alias reuse
SELECT amount * 2 AS twice, twice + 1 AS more FROM orders WHERE twice > 100
-- name: alias with colon
SELECT total: SUM(amount), n: COUNT(*) FROM orders
-- name: pivot in from
SELECT * FROM (SELECT status, year(day) AS y, amount FROM orders) PIVOT (SUM(amount) FOR status IN ('open', 'paid', 'void')) ORDER BY y
-- name: pivot with aliases
SELECT * FROM (SELECT customer_id, status, amount FROM orders) AS s PIVOT (SUM(amount) AS total, COUNT(*) AS n FOR status IN ('paid' AS paid, 'void' AS void) GROUP BY customer_id)
-- name: unpivot
SELECT * FROM (SELECT id, credit, CAST(id AS DECIMAL(10,2)) AS number FROM customers) UNPIVOT (value FOR what IN (credit, number))
-- name: unnest a list
SELECT c.id, u.w FROM customers c, UNNEST([1, 2, 3]) AS u(w) WHERE c.id < 20
-- name: unnest an aggregate
SELECT customer_id, UNNEST(list(id ORDER BY id)) AS order_id FROM orders GROUP BY customer_id
-- name: unnest a column's list
SELECT t.id, x.part FROM (SELECT id, string_split(email, '@') AS parts FROM customers) t, UNNEST(t.parts) AS x(part)
-- name: list functions
SELECT list_sort(list(amount)) AS sorted, list_sum(list(amount)) AS s, len(list(id)) AS n FROM orders WHERE amount IS NOT NULL
-- name: list comprehension
SELECT customer_id, [x * 2 FOR x IN list(id ORDER BY id) IF x > 10] AS doubled FROM orders GROUP BY customer_id
-- name: list transform
SELECT list_transform([1, 2, 3], lambda x: x + id) AS l FROM customers
-- name: struct
SELECT {'id': id, 'name': name} AS s, struct_pack(a := id, b := region) AS p FROM customers
-- name: struct field
SELECT s.name, s['id'] AS id FROM (SELECT {'id': id, 'name': name} AS s FROM customers) t
-- name: row as a struct
SELECT t FROM (SELECT id, amount FROM orders WHERE id < 30) t
-- name: json
SELECT to_json({'id': id, 'region': region}) AS j, json_object('a', id) AS o FROM customers
-- name: json extract
SELECT j->>'name' AS name, json_extract_string(j, '$.id') AS id FROM (SELECT to_json({'id': id, 'name': name}) AS j FROM customers) t
-- name: json aggregate
SELECT json_group_array(id) AS ids FROM (SELECT id FROM customers ORDER BY id) t
-- name: map
SELECT MAP {'a': 1, 'b': 2}['a'] AS m, map_keys(MAP([1, 2], ['x', 'y'])) AS k, COUNT(*) FROM customers
-- name: math
SELECT ROUND(amount, 1), CEIL(amount), FLOOR(amount), ABS(amount - 100), MOD(id, 7), SQRT(amount), POWER(2, 3), GREATEST(amount, 10), LEAST(amount, 10), SIGN(amount - 50) FROM orders
-- name: integer division and modulo
SELECT id // 10 AS tens, id % 10 AS ones, COUNT(*) OVER () AS n FROM orders
-- name: boolean tests
SELECT COUNT(*) FROM customers WHERE deleted IS FALSE AND (credit > 0) IS NOT TRUE
-- name: is distinct from
SELECT id FROM customers WHERE region IS DISTINCT FROM 'US' AND credit IS NOT DISTINCT FROM NULL
-- name: null ordering
SELECT id, credit FROM customers ORDER BY credit DESC NULLS LAST, id LIMIT 7
-- name: in a list
SELECT COUNT(*) FROM orders WHERE status IN ('paid', 'open') AND customer_id NOT IN (1, 2, 3)
-- name: table sample of everything
SELECT COUNT(*) FROM orders USING SAMPLE 100 PERCENT
-- name: table function alone
SELECT i FROM range(5) t(i)
-- name: column aliases on a table
SELECT a, b FROM (SELECT id, status FROM orders) AS t(a, b) WHERE a < 50
-- name: no rows on purpose
SELECT * FROM sales.orders WHERE 1 = 0
-- name: parameters of types
SELECT TRUE AS t, NULL AS n, 1.5e3 AS e, 31 AS h, DATE '2024-01-01' AS d, INTERVAL 1 DAY AS i, [1, 2][1] AS l
