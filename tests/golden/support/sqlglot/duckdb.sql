-- world: 0
CREATE TABLE "t" ("a" INTEGER, "col" INTEGER, "int_value" INTEGER, "val" VARCHAR, "day_offset" VARCHAR, "connect" VARCHAR, "disconnect" VARCHAR, "gb" VARCHAR, "c" VARCHAR, "ob" VARCHAR, "category" VARCHAR, "x" INTEGER, "b" INTEGER, "species" VARCHAR, "island" VARCHAR, "quarter" VARCHAR, "y" INTEGER);
CREATE TABLE "blah" ("some_arr" VARCHAR);
CREATE TABLE "connect" ("x" INTEGER);
CREATE TABLE "disconnect" ("x" INTEGER);
CREATE TABLE "tab" ("x" INTEGER);
CREATE TABLE "x" ("x" INTEGER, "y" INTEGER[]);
CREATE TABLE "t1" ("x" VARCHAR, "id" VARCHAR, "foo1" VARCHAR, "foo2" VARCHAR);
CREATE TABLE "t2" ("x" VARCHAR, "id" VARCHAR, "foo2" VARCHAR, "foo1" VARCHAR);
CREATE TABLE "source_table" ("column1" VARCHAR, "column2" VARCHAR, "column3" VARCHAR);
CREATE TABLE "tbl" ("y" INTEGER, "x" INTEGER, "i" VARCHAR, "a" INTEGER);
CREATE TABLE "article" ("nbr" INTEGER[]);
CREATE TABLE "df1" ("x" INTEGER);
CREATE TABLE "df2" ("x" INTEGER);
CREATE TABLE "tbl_1" ("x" INTEGER);
CREATE TABLE "tbl_2" ("x" INTEGER);
CREATE TABLE "foo" ("bar" VARCHAR, "bla" VARCHAR, "a" VARCHAR, "b" VARCHAR);
CREATE TABLE "Cities" ("Year" INTEGER, "Population" INTEGER, "Country" INTEGER);
CREATE TABLE "x.y" ("x" INTEGER);
CREATE TABLE "sample_table" ("sample_col" VARCHAR, "sample_column" VARCHAR);
CREATE TABLE "produce" ("sales" INTEGER, "quarter" INTEGER);
CREATE TABLE "table" ("B" TIMESTAMP, "A" TIMESTAMP);
CREATE TABLE "my_table" ("id" VARCHAR, "is_deleted" VARCHAR);
CREATE TABLE "table1" ("values" INTEGER[]);
CREATE TABLE "person" ("fname" VARCHAR, "lname" VARCHAR, "age" VARCHAR);
CREATE TABLE "numbers" ("number" INTEGER, "id" INTEGER, "x" INTEGER);
CREATE TABLE "a" ("id" VARCHAR);
CREATE TABLE "directed" ("id" VARCHAR);
CREATE TABLE "straight_join" ("id" VARCHAR);
CREATE TABLE "b" ("id" VARCHAR);
CREATE TABLE "c" ("id" VARCHAR);
CREATE TABLE "demo_maps" ("id" MAP(VARCHAR, INTEGER), "attrs" MAP(VARCHAR, INTEGER), "del_key1" MAP(VARCHAR, INTEGER), "del_key2" MAP(VARCHAR, INTEGER));
CREATE TABLE "queries" ("id" FLOAT[3], "embedding" FLOAT[3]);
CREATE TABLE "items" ("id" FLOAT[3], "embedding" FLOAT[3]);
CREATE TABLE "bar" ("x" INTEGER);
CREATE TABLE "tbl2" ("i" VARCHAR);
CREATE TABLE "example" ("x" INTEGER);
CREATE TABLE "monthly_sales" ("jan" VARCHAR, "feb" VARCHAR, "mar" VARCHAR, "apr" VARCHAR, "may" VARCHAR, "jun" VARCHAR, "month" VARCHAR, "sales" VARCHAR, "empid" VARCHAR, "dept" VARCHAR, "quarter" VARCHAR, "month_1_sales" VARCHAR, "month_2_sales" VARCHAR, "month_3_sales" VARCHAR);

-- world: 1
CREATE TABLE "t" ("c" INTEGER, "b" INTEGER, "col" INTEGER[], "a" VARCHAR, "y" VARCHAR, "x" VARCHAR);
CREATE TABLE "t1" ("x" INTEGER);
CREATE TABLE "t2" ("x" INTEGER);
CREATE TABLE "demo_maps" ("id" INTEGER[], "attrs" INTEGER[]);
CREATE TABLE "a" ("id" INTEGER);
CREATE TABLE "b" ("id" INTEGER);
CREATE TABLE "c" ("id" INTEGER);

-- world: 2
CREATE TABLE "t" ("col" VARCHAR);

