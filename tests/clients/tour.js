// What a tool on node-pg does: parameters, named statements, rows as arrays, cancelling, errors. One line of JSON a part.
const fs = require("node:fs");
const { Client } = require("pg");

const given = {
  host: process.env.PGHOST, port: Number(process.env.PGPORT), database: process.env.PGDATABASE, user: "token",
  password: async () => process.env.PGPASSWORD,
  ssl: { ca: fs.readFileSync(process.env.PGSSLROOTCERT, "utf8") },
};
const told = (part, value) => console.log(JSON.stringify([part, value]));
const refusal = (work) => work.then(() => "answered", (error) => error.code);

async function main() {
  const client = new Client(given);
  const notices = [];
  client.on("notice", (notice) => notices.push(notice.message));
  await client.connect();
  const sql = "SELECT id, amount, paid, joined FROM orders JOIN customers USING (id) WHERE id = $1 AND amount > $2";
  for (let i = 0; i < 3; i++) {
    told(`named-${i}`, (await client.query({ name: "asked", text: sql, values: [1, "10"], rowMode: "array" })).rows);
  }
  told("customers", (await client.query(process.env.CUSTOMERS)).rows);
  told("array", (await client.query("SELECT count(*)::int AS n FROM orders WHERE id = ANY($1::int[])", [[1, 2]])).rows[0].n);
  told("numbers", (await client.query("SELECT n FROM numbers ORDER BY n")).rows.length);
  told("both", (await client.query("SELECT 1 AS a; SELECT 2 AS b")).map((answer) => answer.rows));
  told("columns", (await client.query(
    "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE table_name = $1", ["customers"],
  )).rows.map((row) => row.column_name));
  told("tables", (await client.query("SELECT schemaname, tablename FROM pg_catalog.pg_tables")).rows);
  told("hidden", await refusal(client.query(`SELECT * FROM ${process.env.HIDDEN}`)));
  told("written", await refusal(client.query("DELETE FROM orders")));
  const running = refusal(client.query(process.env.ENDLESS));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const other = new Client(given);
  other.cancel(client, client.activeQuery ?? client._activeQuery ?? client._getActiveQuery());
  told("cancelled", await running);
  told("after", (await client.query("SELECT count(*)::int AS n FROM orders")).rows[0].n);
  told("notices", notices);
  await client.end();
}

main().then(() => process.exit(0), (error) => { told("refused", [error.code, error.message]); process.exit(0); });
