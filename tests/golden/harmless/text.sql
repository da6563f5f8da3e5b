-- name: like
SELECT id, name FROM customers WHERE name LIKE 'name1%'
-- name: ilike and not like
SELECT id FROM customers WHERE name ILIKE '%NAME%' AND notes NOT LIKE '%secret%'
-- name: case insensitive search
SELECT id, name FROM customers WHERE LOWER(name) LIKE LOWER('%Name2%')
-- name: like with escape
SELECT COUNT(*) FROM customers WHERE email LIKE '%\_%' ESCAPE '\'
-- name: email domains
SELECT split_part(email, '@', 2) AS domain, COUNT(*) AS customers FROM customers WHERE email IS NOT NULL GROUP BY domain ORDER BY customers DESC
-- name: concatenation
SELECT name || ' (' || region || ')' AS label, CONCAT(name, ' / ', region) AS both, concat_ws('-', region, name, id) AS code FROM customers
-- name: string functions
SELECT UPPER(name), LENGTH(name), SUBSTRING(name, 1, 3), LEFT(name, 2), RIGHT(name, 2), TRIM(name), REPLACE(name, 'name', 'n'), REVERSE(region) FROM customers
-- name: substring from for
SELECT SUBSTRING(name FROM 2 FOR 3) AS part, POSITION('m' IN name) AS at, strpos(name, 'e') AS at2 FROM customers
-- name: padding and repeating
SELECT lpad(CAST(id AS VARCHAR), 6, '0') AS padded, rpad(region, 5, '.') AS r, repeat('*', 3) AS stars FROM customers
-- name: regexp
SELECT regexp_extract(name, '([0-9]+)', 1) AS digits, regexp_replace(name, '[0-9]', '#', 'g') AS hidden FROM customers WHERE regexp_matches(name, 'name[0-9]+')
-- name: regexp operator
SELECT id FROM customers WHERE region ~ 'E.'
-- name: similar to
SELECT id FROM customers WHERE name SIMILAR TO 'name[0-9]{1,2}'
-- name: starts with
SELECT id FROM customers WHERE starts_with(name, 'name') AND contains(name, '1') AND NOT suffix(name, '9')
-- name: split to list
SELECT id, string_split(email, '@') AS parts, string_split(email, '@')[1] AS user_part, array_length(string_split(name, 'a')) AS n FROM customers
-- name: masked columns are only masks
SELECT ssn, notes, born, COUNT(*) AS n FROM customers GROUP BY ALL
-- name: filter on a masked column
SELECT id FROM customers WHERE email = '***@example.com' OR ssn LIKE '***%'
-- name: format and printf
SELECT format('{} has {}', name, credit) AS line, printf('%05d', id) AS padded FROM customers
-- name: initials and ascii
SELECT name[1] AS initial, ascii(region) AS code, chr(65) AS a FROM customers
-- name: coalesce and nullif
SELECT COALESCE(name, 'unknown') AS name, NULLIF(region, 'EU') AS elsewhere, IFNULL(credit, 0) AS credit FROM customers
-- name: order by collation
SELECT name FROM customers ORDER BY name COLLATE NOCASE, id LIMIT 5
-- name: quotes inside text
SELECT 'it''s; -- not a comment /* nor this */' AS text, COUNT(*) AS n FROM customers
-- name: text that is not ascii
SELECT 'Zürich – 東京 🚲' AS ort, c.name AS "Straße" FROM customers c WHERE c.region <> 'ñ'
-- name: dollar quoted text
SELECT $$it's$$ AS t, COUNT(*) FROM customers
-- name: levenshtein
SELECT id, levenshtein(name, 'name3') AS far FROM customers WHERE name IS NOT NULL
