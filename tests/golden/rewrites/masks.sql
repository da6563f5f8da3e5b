-- name: every mask of one role
-- as: analyst
-- asks
SELECT email FROM customers
-- runs
SELECT email FROM (SELECT "__usher"."id" AS "id", "__usher"."name" AS "name", CASE WHEN "system"."main".regexp_full_match("__usher"."email", '[^@ \t\n\r\f\v]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?') THEN "system"."main".regexp_replace("__usher"."email", '^[^@]*@', '***@', 'g') WHEN NOT "__usher"."email" IS NULL THEN '***' END AS "email", "__usher"."region" AS "region", "__usher"."credit" AS "credit", CASE WHEN "system"."main".length("__usher"."ssn") >= 8 THEN '***' || "system"."main".right("__usher"."ssn", 4) WHEN NOT "__usher"."ssn" IS NULL THEN '***' END AS "ssn", TRY_CAST(CASE WHEN "system"."main".year(TRY_CAST("__usher"."born" AS TIMESTAMP)) BETWEEN 1 AND 9999 THEN CAST("system"."main".date_trunc('year', "__usher"."born") AS DATE) END AS DATE) AS "born", CASE WHEN NOT "__usher"."notes" IS NULL THEN '***' END AS "notes", "__usher"."deleted" AS "deleted" FROM "shop"."sales"."customers" AS "__usher" WHERE ((("__usher"."region" = $1)) AND ((NOT "__usher"."deleted")))) AS customers
-- $1: attribute region
-- name: a keyed hash and a list of accounts
-- as: support
-- asks
SELECT email FROM customers
-- runs
SELECT email FROM (SELECT "__usher"."id" AS "id", "__usher"."name" AS "name", "system"."main".sha256(CAST($9 AS VARBINARY) || "system"."main".unhex("system"."main".sha256(CAST($10 AS VARBINARY) || "system"."main".encode("__usher"."email")))) AS "email", "__usher"."region" AS "region", "__usher"."credit" AS "credit", CASE WHEN "system"."main".length("__usher"."ssn") >= 8 THEN '***' || "system"."main".right("__usher"."ssn", 4) WHEN NOT "__usher"."ssn" IS NULL THEN '***' END AS "ssn", TRY_CAST(CASE WHEN "system"."main".year(TRY_CAST("__usher"."born" AS TIMESTAMP)) BETWEEN 1 AND 9999 THEN CAST("system"."main".date_trunc('year', "__usher"."born") AS DATE) END AS DATE) AS "born", CASE WHEN NOT "__usher"."notes" IS NULL THEN '***' END AS "notes", "__usher"."deleted" AS "deleted" FROM "shop"."sales"."customers" AS "__usher" WHERE ((("__usher"."id" IN ($1, $2, $3, $4, $5, $6, $7, $8))) AND ((NOT "__usher"."deleted")))) AS customers
-- $1: attribute accounts[0]
-- $2: attribute accounts[1]
-- $3: attribute accounts[2]
-- $4: attribute accounts[3]
-- $5: attribute accounts[4]
-- $6: attribute accounts[5]
-- $7: attribute accounts[6]
-- $8: attribute accounts[7]
-- $9: secret mask_key_outer
-- $10: secret mask_key_inner
-- name: roles that disagree are settled in each cell
-- as: analyst-and-hr
-- asks
SELECT email FROM customers
-- runs
SELECT email FROM (SELECT "__usher"."id" AS "id", "__usher"."name" AS "name", CASE WHEN (("__usher"."region" = 'US')) THEN "__usher"."email" ELSE CASE WHEN "system"."main".regexp_full_match("__usher"."email", '[^@ \t\n\r\f\v]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?') THEN "system"."main".regexp_replace("__usher"."email", '^[^@]*@', '***@', 'g') WHEN NOT "__usher"."email" IS NULL THEN '***' END END AS "email", "__usher"."region" AS "region", "__usher"."credit" AS "credit", CASE WHEN (("__usher"."region" = 'US')) THEN "__usher"."ssn" ELSE CASE WHEN "system"."main".length("__usher"."ssn") >= 8 THEN '***' || "system"."main".right("__usher"."ssn", 4) WHEN NOT "__usher"."ssn" IS NULL THEN '***' END END AS "ssn", CASE WHEN (("__usher"."region" = 'US')) THEN "__usher"."born" ELSE TRY_CAST(CASE WHEN "system"."main".year(TRY_CAST("__usher"."born" AS TIMESTAMP)) BETWEEN 1 AND 9999 THEN CAST("system"."main".date_trunc('year', "__usher"."born") AS DATE) END AS DATE) END AS "born", CASE WHEN (("__usher"."region" = 'US')) THEN "__usher"."notes" ELSE CASE WHEN NOT "__usher"."notes" IS NULL THEN '***' END END AS "notes", "__usher"."deleted" AS "deleted" FROM "shop"."sales"."customers" AS "__usher" WHERE (((("__usher"."region" = $1)) OR (("__usher"."region" = 'US'))) AND ((NOT "__usher"."deleted")))) AS customers
-- $1: attribute region
-- name: a mask keeps its column's type
-- as: auditor
-- asks
SELECT salary FROM people.employees
-- runs
SELECT salary FROM (SELECT "__usher"."id" AS "id", "__usher"."name" AS "name", TRY_CAST(("__usher"."salary" - "__usher"."salary" % 500) AS INT) AS "salary", "__usher"."region" AS "region", "__usher"."boss" AS "boss" FROM "shop"."people"."employees" AS "__usher") AS employees
