// The suite and the examples in every engine, as the table in docs/web.md: node table.mjs DOCUMENT. MODULES is the folder of
// suite.wasm, unwinding.wasm and the examples with examples.json, NPM is one for what npm installs.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { comparable } from "./comparable.mjs";
import { put, table } from "./document.mjs";
import { all, engines } from "./engines.mjs";

const { MODULES, NPM } = process.env;
const [document] = process.argv.slice(2);

const problems = [];

/** How the suite went, in a cell. */
async function suite(engine, module) {
  const { code, stdout, stderr } = await engine.run(module, []);
  const text = stdout.toString(), last = /(\d+) passed, (\d+) failed, (\d+) not applicable\n$/.exec(text);
  if (code === 0 && last) return `${last[1]} cases pass`;
  // Said by the host before anything has run.
  if (/lacks today's exceptions/.test(stderr)) return "cannot be compiled";
  problems.push(`${engine.title}: ${module} ends with ${code}: ${text.slice(-2000)}${stderr.slice(-2000)}`);
  return last ? `${last[2]} cases fail` : "fails";
}

/** How many examples did what they do under `threadlink run`. */
async function examples(engine) {
  const known = JSON.parse(readFileSync(join(MODULES, "examples.json"), "utf8"));
  let alike = 0;
  for (const { name, args, code, stdout } of known) {
    const there = await engine.run(name, args);
    const same = there.code === code && JSON.stringify(comparable(name, there.stdout)) === JSON.stringify(comparable(name, stdout));
    if (same) alike += 1;
    else problems.push(`${engine.title}: ${name} ${args.join(" ")} ends with ${there.code}, not ${code}, or has written something else: ` +
      `${there.stderr.slice(-1000)}`);
  }
  return alike === known.length ? `all ${alike}` : `${alike} of ${known.length}`;
}

const rows = [["engine", "suite, abort", "suite, unwind", "examples as under `threadlink run`"]];
for await (const engine of engines({ npm: NPM, modules: MODULES })) {
  const row = [engine.title, await suite(engine, "suite"), await suite(engine, "unwinding"), await examples(engine)];
  process.stderr.write(`${row.join(", ")}\n`);
  rows.push(row);
}
process.stdout.write(table(rows));
for (const problem of problems) process.stderr.write(`\n${problem}\n`);
if (problems.length > 0) process.exit(1);
if (all) put(document, "suite", table(rows));
