-- world: 0
CREATE SCHEMA "schema_name";
CREATE TABLE "t" ("a" text, "b" text, "j" text, "x" text, "date_col" timestamp, "some_another_column" boolean, "some_column" timestamp, "y" text, "js" text, "k" text, "v" text, "r" text, "u" integer, "c" text[]);
CREATE TABLE "foo" ("bar_id" text);
CREATE TABLE "x" ("foo" text, "col1" text, "col2" text);
CREATE TABLE "r" ("id" integer);
CREATE TABLE "orders" ("status" text);
CREATE TABLE "events" ("doc" jsonb);
CREATE TABLE "t1" ("id" integer);
CREATE TABLE "test_data" ("data" jsonb);
CREATE TABLE "xml_data" ("xml" xml);
CREATE TABLE "xml_content" ("xml" xml);
CREATE TABLE "c" ("d" integer, "e" integer, "x" integer, "y" integer);
CREATE TABLE "bar" ("id" text);
CREATE TABLE "tab" ("id" integer);
CREATE TABLE "users" ("deleted" text, "email" text, "id" text, "name" text);
CREATE TABLE "test_table" ("id" integer);
CREATE TABLE "my_table" ("data" jsonb);
CREATE TABLE "person" ("age" text, "fname" text, "lname" text);
CREATE TABLE "tbl" ("id" integer);
CREATE TABLE "schema_name"."table_name" ("data" text);
CREATE TABLE "tree" ("data" text, "id" text, "link" text, "ordercol" text);
CREATE TABLE "graph" ("data" text, "id" text, "link" text, "ordercol" text);
CREATE TABLE "data" ("id" integer);
-- world: 1
CREATE TABLE "t" ("a" boolean, "b" boolean, "k1" text, "k2" text, "k3" text, "x" json);
-- world: 2
CREATE TABLE "t" ("a" json);
-- world: 3
CREATE TABLE "t" ("a" text[], "b" text[]);
