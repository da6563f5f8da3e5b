-- name: the table word
-- bind: ["ungovernable", "construct", "SELECT * FROM"]
TABLE orders
-- name: the table word inside
-- bind: ["ungovernable", "construct", "SELECT * FROM"]
WITH t AS (TABLE sales.orders) SELECT * FROM t
-- name: describe
-- bind: ["ungovernable", "statement-kind", "/v1/catalog"]
DESCRIBE orders
-- name: show
-- bind: ["ungovernable", "statement-kind", "/v1/catalog"]
SHOW TABLES
-- name: summarize
-- bind: ["ungovernable", "statement-kind", "aggregates"]
SUMMARIZE orders
-- name: explain
-- bind: ["ungovernable", "statement-kind", "/v1/plan"]
EXPLAIN SELECT * FROM orders
-- name: insert
-- bind: ["ungovernable", "statement-kind", "read-only"]
INSERT INTO orders VALUES (1)
-- name: update
-- bind: ["ungovernable", "statement-kind", "read-only"]
UPDATE orders SET amount = 0
-- name: drop
-- bind: ["ungovernable", "statement-kind", "read-only"]
DROP TABLE orders
-- name: create
-- bind: ["ungovernable", "statement-kind", "read-only"]
CREATE TABLE copy AS SELECT * FROM orders
-- name: set
-- bind: ["ungovernable", "statement-kind", "Settings"]
SET threads = 4
-- name: two statements
-- bind: ["ungovernable", "multiple-statements", "one statement"]
SELECT 1; SELECT 2
-- name: nothing but a comment
-- bind: ["invalid-sql", "empty-sql", "empty"]
/* nothing */
-- name: a word misspelt
-- bind: ["invalid-sql", "syntax", "parse"]
SELEC id FROM orders
-- name: pivot with values of the data
-- bind: ["ungovernable", "statement-kind", "PIVOT inside FROM"]
PIVOT orders ON status USING sum(amount)
-- name: a file
-- bind: ["ungovernable", "construct", "Files"]
SELECT * FROM read_csv('orders.csv')
-- name: a file as a table
-- bind: ["invalid-sql", "unknown-table", "/v1/catalog"]
SELECT * FROM 'orders.csv'
-- name: a setting
-- bind: ["ungovernable", "function", "current_setting"]
SELECT current_setting('threads') FROM orders
-- name: statistics
-- bind: ["ungovernable", "function", "stats"]
SELECT stats(amount) FROM orders
-- name: a column that is not there
-- bind: ["invalid-sql", "unknown-column", "amuont"]
SELECT amuont FROM orders
-- name: a column that is hidden
-- bind: ["invalid-sql", "unknown-column", "note"]
SELECT note FROM orders
-- name: a table that is not there
-- bind: ["invalid-sql", "unknown-table", "ordres"]
SELECT * FROM ordres
-- name: a table that is hidden
-- bind: ["invalid-sql", "unknown-table", "employees"]
SELECT * FROM people.employees
-- name: the engine's own catalog
-- bind: ["invalid-sql", "unknown-table", "duckdb_tables"]
SELECT * FROM duckdb_tables
-- name: the catalog beside a table
-- bind: ["ungovernable", "construct", "not both"]
SELECT * FROM orders, information_schema.tables
-- name: a reserved name
-- bind: ["invalid-sql", "construct", "reserved"]
SELECT __usher.note FROM orders
-- name: a row id
-- bind: ["invalid-sql", "unknown-column", "rowid"]
SELECT rowid FROM orders
-- name: names in backticks
-- bind: ["ungovernable", "construct", "double quotes"]
SELECT `id` FROM `orders`
