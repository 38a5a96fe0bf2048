// What threads cost in pages and in Node, beside what others' cost there, as the table in docs/web.md: node measure.mjs DOCUMENT
// [JSON]. MODULES is the folder of paces.wasm, NPM one for what npm installs, PEERS has what wasm-bindgen has made of
// tests/web-peers. Of each figure it is the median; nothing else should run.

import { availableParallelism, cpus, loadavg } from "node:os";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { put, table } from "./document.mjs";
import { all, engines } from "./engines.mjs";

const { MODULES, NPM, PEERS } = process.env;
const [document, json] = process.argv.slice(2);

const NANOS = 1e3, RUNS = 5, AT_ONCE = 256;

function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Microseconds of each batch of a pace. */
async function pace(engine, words, pool) {
  const { code, stdout, stderr } = await engine.run("paces", words.map(String), { pool });
  if (code !== 0) throw new Error(`${engine.title}: paces ${words.join(" ")} ends with ${code}: ${stderr}`);
  return stdout.toString().trimEnd().split("\n").map((nanos) => Number(nanos) / NANOS);
}

/** One of a batch: the median of several runs, each of which is a median without the first batch, in which code is compiled and
 * workers are created. One run is not enough: it can go on as it has begun, with two threads on one processor or on two. */
async function each(engine, what, count, batches) {
  const runs = [];
  for (let run = 0; run < RUNS; run++) {
    const [, ...times] = await pace(engine, [what, count, batches + 1], 2);
    runs.push(median(times) / count);
  }
  return median(runs);
}

async function cold(engine) {
  const found = [];
  for (let run = 0; run < RUNS; run++) found.push(...await pace(engine, ["spawn", 1, 1], 0));
  return median(found);
}

/** The first time, in which workers are created, and the median of others. */
async function atOnce(engine) {
  const [first, ...others] = await pace(engine, ["at-once", AT_ONCE, 6]);
  return [first, median(others)];
}

// In a page: a message to a worker and back.
const messages = async () => {
  const script = new Blob(["onmessage = ({ data }) => postMessage(data);"], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(script)), times = [];
  for (let batch = 0; batch < 21; batch++) {
    const started = performance.now();
    for (let one = 0; one < 100; one++)
      await new Promise((back) => { worker.onmessage = back; worker.postMessage(one); });
    times.push((performance.now() - started) * 10);
  }
  worker.terminate();
  return times.slice(1);
};

const wasmThread = async () => {
  const peers = await import("/peers/peers.js");
  await peers.default();
  peers.start_wasm_thread(21);
  for (;;) {
    const times = peers.wasm_thread_times();
    if (times) return [...times].slice(1);
    await new Promise((done) => setTimeout(done, 5));
  }
};

const rayon = async () => {
  const worker = new Worker("/web-peers/rayon.js", { type: "module" });
  const { times, error } = await new Promise((done, failed) => {
    worker.onmessage = ({ data }) => done(data);
    worker.onerror = ({ message }) => failed(new Error(message));
    worker.postMessage({ threads: 2, batches: 21, each: 200 });
  });
  worker.terminate();
  if (error) throw new Error(error);
  return times.slice(1);
};

const ROWS = [
  ["spawn", "spawn + join, warm pool", (engine) => each(engine, "spawn", 200, 50)],
  ["cold", "spawn + join, empty pool", cold],
  ["at_once", `${AT_ONCE} threads at once, first time`, atOnce],
  ["at_once_again", `${AT_ONCE} threads at once, again`],
  ["lock", "lock and unlock a mutex", (engine) => each(engine, "lock", 20000, 20)],
  ["wasm_thread", "`wasm_thread`: spawn + join", async (engine) => engine.evaluate && median(await engine.evaluate(`(${wasmThread})()`))],
  ["rayon", "`wasm-bindgen-rayon`: a job for its pool, and its end", async (engine) => engine.evaluate && median(await engine.evaluate(`(${rayon})()`))],
  ["message", "a message to a worker and back", async (engine) => {
    if (engine.evaluate) return median(await engine.evaluate(`(${messages})()`));
    const { code, stdout, stderr } = await engine.script(fileURLToPath(new URL("messages.mjs", import.meta.url)), []);
    if (code !== 0) throw new Error(stderr);
    return median(JSON.parse(stdout.toString()));
  }],
];

const MACHINE = `${availableParallelism()} processors (${cpus()[0].model.trim()})`;
const folders = { "/peers": PEERS, "/web-peers": fileURLToPath(new URL("../web-peers", import.meta.url)) };
const found = [];
for await (const engine of engines({ npm: NPM, modules: MODULES, folders, names: ["Node", "Node 24", "Chromium", "Firefox"] })) {
  const figures = {};
  const keys = ROWS.map(([key]) => key);
  for (const [index, [, title, measure]] of ROWS.entries()) {
    // One that measures itself and the next.
    const values = measure ? [await measure(engine)].flat() : [];
    for (const [more, value] of values.entries()) figures[keys[index + more]] = value;
    process.stderr.write(`${engine.title}: ${title}: ${figures[keys[index]]} us\n`);
  }
  found.push({ engine: engine.title, version: engine.version, microseconds: figures, load: loadavg()[0] });
}

function shown(micros) {
  if (micros === undefined) return "-";
  const digits = (number) => (number >= 100 ? number.toFixed(0) : number.toPrecision(2));
  if (micros >= 1e6) return `${digits(micros / 1e6)} s`;
  if (micros >= 1000) return `${digits(micros / 1000)} ms`;
  return micros >= 1 ? `${digits(micros)} us` : `${digits(micros * 1000)} ns`;
}

const ratios = found.filter(({ microseconds: { wasm_thread: theirs } }) => theirs !== undefined)
  .map(({ engine, microseconds: { spawn, wasm_thread: theirs } }) => `${Math.round(theirs / spawn)} in ${engine}`);
const rows = [["", ...found.map(({ engine }) => engine)],
  ...ROWS.map(([key, title]) => [title, ...found.map(({ microseconds }) => shown(microseconds[key]))])];
const text = `${table(rows)}
Medians on ${MACHINE}. \`wasm_thread\` takes this many times as long for a ` +
  `thread: ${ratios.join(", ")}.\n`;
process.stdout.write(text);
if (json) writeFileSync(json, `${JSON.stringify({ machine: MACHINE, engines: found }, undefined, 2)}\n`);
if (all) put(document, "measured", text);
