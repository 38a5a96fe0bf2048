// What hosts/js promises of programs that are followed, in Node: node --test followed.mjs
// KILLED, DEADLOCK and BANK are traced modules of tests/guests and of the examples.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { load, ThreadlinkError } from "../../hosts/js/src/index.js";
import { Records } from "../../hosts/js/src/records.js";

const { KILLED, DEADLOCK, BANK } = process.env;

const quiet = { pool: 1, stdout: null, stderr: null };

test("a deadlock is an outcome, and ends a call with its kind", async () => {
  const program = await load(readFileSync(DEADLOCK), quiet);
  const { kind, code, text, message } = await program.run();
  assert.deepEqual([kind, code], ["deadlock", 3]);
  assert.ok(text.startsWith(`${message}\n`) && message.startsWith("deadlock: "), text);
  assert.match(text, /waits for lock Table\.\w+ 0x[0-9a-f]+ at .*main\.rs:\d+:\d+/);
  assert.equal(program.workers, 0);
  const again = await load(readFileSync(DEADLOCK), quiet);
  await assert.rejects(again.call("_start"), (error) => error instanceof ThreadlinkError && error.kind === "deadlock");
});

test("nobody is followed who does not want to be", async () => {
  const program = await load(readFileSync(DEADLOCK), { ...quiet, watch: false });
  const running = program.run();
  const ended = await Promise.race([running, new Promise((done) => setTimeout(done, 1500, "it waits"))]);
  assert.equal(ended, "it waits");
  assert.equal((await program.terminate()).kind, "terminated");
  await running;
});

test("the pieces of a trace come while the program runs, and all of them before its end", async () => {
  const pieces = [];
  let begun;
  const first = new Promise((done) => { begun = done; });
  const program = await load(readFileSync(KILLED), { ...quiet, trace: (bytes) => {
    pieces.push(bytes);
    if (pieces.length > 3) begun();
  } });
  const running = program.run();
  await first;
  const { kind, trace } = await program.terminate();
  await running;
  assert.equal(kind, "terminated");
  assert.ok(trace.events > 0 && pieces.every((piece) => piece instanceof Uint8Array), JSON.stringify(trace));
  const before = pieces.length;
  await new Promise((done) => setImmediate(done));
  assert.equal(pieces.length, before);
});

test("a trace that cannot be kept is told of, and costs the program nothing", async () => {
  await assert.rejects(load(readFileSync(BANK), { ...quiet, trace: "/nowhere/at/all.trace" }), /cannot be followed: ENOENT/);
  await assert.rejects(load(readFileSync(BANK), { ...quiet, trace: 7 }), /trace is a function of bytes, or the path of a file/);
  await assert.rejects(load(readFileSync(BANK), { ...quiet, trace: "/dev/full" }), /the trace cannot be begun/);
  const program = await load(readFileSync(BANK), { ...quiet, trace: () => { throw new Error("no room"); } });
  const { code, text, trace } = await program.run();
  assert.equal(code, 0);
  assert.equal(text, "warning: the trace is incomplete: no room\n");
  assert.equal(trace.error, "no room");
});

// In a worker, which may wait: writes so many records.
const WRITER = `
  const { workerData: { url, buffer, count } } = require("node:worker_threads");
  import(url).then(({ Records }) => {
    const records = new Records(buffer);
    for (let number = 0; number < count; number++) records.write((words, at) => { words[at] = number; });
  });`;

test("records take a MiB, however many there are: who writes waits for who reads", async () => {
  const buffer = Records.shared(), records = new Records(buffer), count = 50_000;
  assert.ok(buffer.byteLength <= (1 << 20) + 64, `${buffer.byteLength}`);
  const url = new URL("../../hosts/js/src/records.js", import.meta.url).href;
  const worker = new Worker(WRITER, { eval: true, workerData: { url, buffer, count } });
  const exited = new Promise((done) => worker.on("exit", done));
  let next = 0;
  while (next < count) {
    assert.ok(records.next - next <= (1 << 14) + 1, "it has written over what nobody has read");
    records.take(records.next, 1000, (words, found) => {
      for (let place = 0; place < found; place++) assert.equal(words[16 * place], next++);
    });
    await new Promise((done) => setImmediate(done));
  }
  assert.equal(await exited, 0);
});

test("what a thread was about to write when it was killed is left out", () => {
  const records = new Records(Records.shared());
  const wrote = [];
  records.write((words, at) => { words[at] = 1; });
  assert.throws(() => records.write(() => { throw new RangeError("no stack"); }), RangeError);
  // A ticket that was taken, and no record.
  Atomics.add(records.words, 0, 1);
  records.end();
  records.take(records.next, 10, (words, count) => wrote.push(count));
  assert.deepEqual(wrote, [2]);
});
