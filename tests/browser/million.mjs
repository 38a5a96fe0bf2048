// A million threads, 256 at once and 40 nested ones from an empty pool, in every engine, as the table in docs/web.md: node million.mjs
// DOCUMENT. MODULES is the folder of million.wasm and storm.wasm, NPM one for what npm installs; THREADS says how many if not a million.
// How much memory the engine's processes have is read every second, where the system is Linux.

import { put, table } from "./document.mjs";
import { all, engines } from "./engines.mjs";
import { memory } from "./processes.mjs";

const { MODULES, NPM, THREADS = "1000000" } = process.env;
const [document] = process.argv.slice(2);

const LOOK_MS = 1000, BUSY_MS = 4000;

async function done(engine, name, args, options) {
  const started = performance.now();
  const { code, stdout, stderr } = await engine.run(name, args, options);
  if (code !== 0) throw new Error(`${engine.title}: ${name} ${args.join(" ")} ends with ${code}: ${stderr}`);
  return { seconds: (performance.now() - started) / 1000, text: stdout.toString() };
}

async function million(engine) {
  const seen = [], timer = setInterval(() => { if (engine.process) seen.push(memory(engine.process)); }, LOOK_MS);
  let ran;
  try {
    ran = await done(engine, "million", ["joined", THREADS]);
  } finally {
    clearInterval(timer);
  }
  const [, early, late] = /^10000 (.*)\n\d+ (.*)\n/.exec(ran.text);
  if (early !== late) throw new Error(`${engine.title}: pages and bytes were ${early}, and are ${late}`);
  const [pages, bytes] = late.split(" ");
  // The first tenth is for workers to be created, and code to be compiled.
  const after = Math.ceil(seen.length / 10), rest = seen.slice(after);
  return {
    seconds: ran.seconds,
    own: `${bytes} bytes in ${pages} pages`,
    processes: rest.length > 0 ? `${rest[0].toFixed(0)}, at most ${Math.max(...rest).toFixed(0)}, ${rest.at(-1).toFixed(0)} MB` : "-",
  };
}

const count = Number(THREADS).toLocaleString("en");
const rows = [["engine", `${count} threads`, "allocated after 10,000 and after all", "processes' memory: after a tenth, most, at the end",
  "256 at once", "40 nested, empty pool", `the same, page computes for ${BUSY_MS / 1000} s`]];
const seconds = ({ seconds }) => `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
for await (const engine of engines({ npm: NPM, modules: MODULES })) {
  const ran = await million(engine);
  const wide = await done(engine, "storm", ["wide", "256"]), nested = await done(engine, "storm", ["nested", "40"], { pool: 0 });
  const busy = engine.evaluate && await done(engine, "storm", ["nested", "40"], { pool: 0, busyFor: BUSY_MS });
  rows.push([engine.title, seconds(ran), ran.own, ran.processes, seconds(wide), seconds(nested), busy ? seconds(busy) : "-"]);
  process.stderr.write(`${rows.at(-1).join(" | ")}\n`);
}
process.stdout.write(table(rows));
if (all) put(document, "million", table(rows));
