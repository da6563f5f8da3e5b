-- name: question marks come first
-- as: analyst
-- asks
SELECT id FROM customers WHERE name = ? AND credit > ?
-- runs
SELECT id FROM (SELECT "__usher"."id" AS "id", CASE WHEN ((("__usher"."region" = $3)) AND ((NOT "__usher"."deleted"))) THEN TRY("__usher"."name") END AS "name", CASE WHEN "system"."main".regexp_full_match("__usher"."email", '[^@ \t\n\r\f\v]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?') THEN "system"."main".regexp_replace("__usher"."email", '^[^@]*@', '***@', 'g') WHEN NOT "__usher"."email" IS NULL THEN '***' END AS "email", "__usher"."region" AS "region", CASE WHEN ((("__usher"."region" = $3)) AND ((NOT "__usher"."deleted"))) THEN TRY("__usher"."credit") END AS "credit", CASE WHEN "system"."main".length("__usher"."ssn") >= 8 THEN '***' || "system"."main".right("__usher"."ssn", 4) WHEN NOT "__usher"."ssn" IS NULL THEN '***' END AS "ssn", TRY_CAST(CASE WHEN "system"."main".year(TRY_CAST("__usher"."born" AS TIMESTAMP)) BETWEEN 1 AND 9999 THEN CAST("system"."main".date_trunc('year', "__usher"."born") AS DATE) END AS DATE) AS "born", CASE WHEN NOT "__usher"."notes" IS NULL THEN '***' END AS "notes", "__usher"."deleted" AS "deleted" FROM "shop"."sales"."customers" AS "__usher" WHERE ((("__usher"."region" = $3)) AND ((NOT "__usher"."deleted")))) AS customers WHERE name = $1 AND credit > $2
-- $1: client 1
-- $2: client 2
-- $3: attribute region
-- name: names become numbers
-- as: analyst
-- asks
SELECT id FROM customers WHERE name = $name OR region = $name
-- runs
SELECT id FROM (SELECT "__usher"."id" AS "id", CASE WHEN ((("__usher"."region" = $2)) AND ((NOT "__usher"."deleted"))) THEN TRY("__usher"."name") END AS "name", CASE WHEN "system"."main".regexp_full_match("__usher"."email", '[^@ \t\n\r\f\v]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?') THEN "system"."main".regexp_replace("__usher"."email", '^[^@]*@', '***@', 'g') WHEN NOT "__usher"."email" IS NULL THEN '***' END AS "email", CASE WHEN ((("__usher"."region" = $2)) AND ((NOT "__usher"."deleted"))) THEN TRY("__usher"."region") END AS "region", "__usher"."credit" AS "credit", CASE WHEN "system"."main".length("__usher"."ssn") >= 8 THEN '***' || "system"."main".right("__usher"."ssn", 4) WHEN NOT "__usher"."ssn" IS NULL THEN '***' END AS "ssn", TRY_CAST(CASE WHEN "system"."main".year(TRY_CAST("__usher"."born" AS TIMESTAMP)) BETWEEN 1 AND 9999 THEN CAST("system"."main".date_trunc('year', "__usher"."born") AS DATE) END AS DATE) AS "born", CASE WHEN NOT "__usher"."notes" IS NULL THEN '***' END AS "notes", "__usher"."deleted" AS "deleted" FROM "shop"."sales"."customers" AS "__usher" WHERE ((("__usher"."region" = $2)) AND ((NOT "__usher"."deleted")))) AS customers WHERE name = $1 OR region = $1
-- $1: client name
-- $2: attribute region
-- name: one value of the policy is bound once
-- as: analyst
-- asks
SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status = $1
-- runs
SELECT c.id FROM (SELECT CASE WHEN ((("__usher"."region" = $2)) AND ((NOT "__usher"."deleted"))) THEN TRY("__usher"."id") END AS "id", "__usher"."name" AS "name", CASE WHEN "system"."main".regexp_full_match("__usher"."email", '[^@ \t\n\r\f\v]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?') THEN "system"."main".regexp_replace("__usher"."email", '^[^@]*@', '***@', 'g') WHEN NOT "__usher"."email" IS NULL THEN '***' END AS "email", "__usher"."region" AS "region", "__usher"."credit" AS "credit", CASE WHEN "system"."main".length("__usher"."ssn") >= 8 THEN '***' || "system"."main".right("__usher"."ssn", 4) WHEN NOT "__usher"."ssn" IS NULL THEN '***' END AS "ssn", TRY_CAST(CASE WHEN "system"."main".year(TRY_CAST("__usher"."born" AS TIMESTAMP)) BETWEEN 1 AND 9999 THEN CAST("system"."main".date_trunc('year', "__usher"."born") AS DATE) END AS DATE) AS "born", CASE WHEN NOT "__usher"."notes" IS NULL THEN '***' END AS "notes", "__usher"."deleted" AS "deleted" FROM "shop"."sales"."customers" AS "__usher" WHERE ((("__usher"."region" = $2)) AND ((NOT "__usher"."deleted")))) c JOIN (SELECT "__usher"."id" AS "id", CASE WHEN (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $2))) THEN TRY("__usher"."customer_id") END AS "customer_id", "__usher"."day" AS "day", "__usher"."amount" AS "amount", CASE WHEN (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $2))) THEN TRY("__usher"."status") END AS "status" FROM "shop"."sales"."orders" AS "__usher" WHERE (("__usher"."customer_id" IN (SELECT "customers"."id" AS "id" FROM "shop"."sales"."customers" AS "customers" WHERE "customers"."region" = $2)))) o ON o.customer_id = c.id WHERE o.status = $1
-- $1: client 1
-- $2: attribute region
