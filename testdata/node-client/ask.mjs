// Asks a history in DuckDB's client for Node.js, as any other program would.
//
//   node ask.mjs FILE < statements.json > answers.json
//
// The input is a list of statements; the output a list of {"rows": [[…]]} or
// {"error": "…"}, in which integers beyond JavaScript's are texts.
import { readFileSync } from "node:fs";
import { DuckDBInstance, version } from "@duckdb/node-api";

const instance = await DuckDBInstance.create(process.argv[2], { access_mode: "READ_ONLY" });
const connection = await instance.connect();
const answers = [];
for (const statement of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    const reader = await connection.runAndReadAll(statement);
    answers.push({ rows: reader.getRowsJson() });
  } catch (error) {
    answers.push({ error: String(error.message) });
  }
}
console.error(`duckdb ${version()}`);
console.log(JSON.stringify(answers));
