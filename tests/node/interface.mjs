// What hosts/js promises to those who use it as a package, in Node: node --test interface.mjs
// LIBRARY, STORM and ENDINGS are modules of tests/library and of tests/guests.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { Deaths } from "../../hosts/js/src/deaths.js";
import { load, ThreadlinkError } from "../../hosts/js/src/index.js";
import { Places } from "../../hosts/js/src/places.js";

const { LIBRARY, STORM, ENDINGS } = process.env;

// Options that catch what is written.
function caught(more = {}) {
  const found = { stdout: "", stderr: "" };
  const into = (stream) => (text, bytes) => {
    assert.ok(bytes instanceof Uint8Array);
    found[stream] += text;
  };
  return [found, { pool: 1, stdout: into("stdout"), stderr: into("stderr"), ...more }];
}

const fails = (promise, kind, message) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof ThreadlinkError, error.stack);
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, message);
    return true;
  });

test("a library is called with numbers, one call after the other, on one memory", async () => {
  const [found, options] = caught();
  const program = await load(readFileSync(LIBRARY), options);
  assert.equal(program.workers, 2);
  const both = [program.call("sum"), program.call("scale", -3, 8n, 2, 0.5, 1), program.call("is_odd", 7)];
  assert.deepEqual(await Promise.all(both), [undefined, -23, 1]);
  await program.call("greet");
  assert.ok(program.view(1024, 16).buffer instanceof SharedArrayBuffer);
  assert.throws(() => program.view(2 ** 31, 1), RangeError);
  await fails(program.call("scale", 1, 2, 3, 4, 5), "usage", /`scale` cannot be called like this: .*BigInt/);
  await fails(program.call("nothing"), "module", /no export `nothing`/);
  // It goes on after such a failure, and ends with one of its own.
  await fails(program.call("scale", 1, 1n, 0, 0, 0), "exited", /ended itself with code 1/);
  await fails(program.call("greet"), "exited", /ended itself with code 1/);
  assert.equal((await program.ended).code, 1);
  assert.equal(program.workers, 0);
  assert.equal(found.stdout, "100\nhello from a library\n");
  assert.match(found.stderr, /division by zero/);
});

test("the start function gives the first instance the main thread's storage, and no other one", () => {
  const module = new WebAssembly.Module(readFileSync(LIBRARY));
  const imports = { env: { memory: new WebAssembly.Memory({ initial: 64, maximum: 16384, shared: true }) } };
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
    if (kind === "function") (imports[from] ??= {})[name] = () => 0;
  const [first, second] = [0, 1].map(() => new WebAssembly.Instance(module, imports).exports.__tls_base.value);
  assert.notEqual(first, 0);
  assert.equal(second, 0);
});

test("the first instance is the main thread's, however many workers wait", async () => {
  for (let times = 0; times < 3; times++) {
    const [found, options] = caught({ pool: 6 });
    const program = await load(LIBRARY, options);
    assert.equal(program.workers, 7);
    await program.call("sum");
    assert.equal(found.stdout, "100\n");
    await program.terminate();
  }
});

test("a program is terminated whatever it does, with all of its workers", async () => {
  const program = await load(ENDINGS, { args: ["endings", "forever"], pool: 0 });
  const running = program.run();
  // Its threads are there.
  while (program.workers < 4) await new Promise(setImmediate);
  assert.equal((await program.terminate()).kind, "terminated");
  const { kind, code } = await running;
  assert.deepEqual([kind, code, program.workers], ["terminated", 130, 0]);
  await fails(program.call("_start"), "terminated", /was terminated/);
});

test("an outcome says what happened, in which thread and where", async () => {
  const program = await load(STORM, { args: ["storm", "what", "1"], stderr: null, pool: 0 });
  const { kind, code, thread, message, place, text, backtrace } = await program.run();
  assert.deepEqual([kind, code, thread, message], ["panicked", 101, "'main'", "no such storm: what"]);
  assert.match(place.file, /storm\.rs$/);
  assert.ok(place.line > 1 && place.column > 1);
  assert.ok(text.startsWith(`thread 'main' panicked at ${place.file}:${place.line}:${place.column}:\n  | no such storm: what\n`), text);
  assert.ok(backtrace.includes("_start"), backtrace.join());
});

test("more threads than are allowed are refused", async () => {
  const [found, options] = caught({ args: ["storm", "wide", "4"], threads: 4, pool: 0 });
  const program = await load(STORM, options);
  assert.equal((await program.run()).kind, "panicked");
  const enough = await load(STORM, { ...options, threads: 5 });
  assert.equal((await enough.run()).kind, "returned");
  assert.equal(found.stdout, "wide 4\n");
});

test("a compiled module needs to be told what memory it wants", async () => {
  const module = new WebAssembly.Module(readFileSync(LIBRARY));
  await fails(load(module), "usage", /memory: \{ initial, maximum \}/);
  const [found, options] = caught({ memory: { initial: 64, maximum: 16384 } });
  const program = await load(module, options).catch((error) => error);
  if (program instanceof ThreadlinkError) {
    // Node 20: it was compiled with the fault.
    assert.equal(program.kind, "engine");
    assert.match(program.message, /--no-liftoff/);
    return;
  }
  await program.call("greet");
  assert.equal(found.stdout, "hello from a library\n");
  await program.terminate();
});

test("what makes no sense is refused with a sentence", async () => {
  await fails(load(7), "usage", /takes an address/);
  await fails(load(LIBRARY, { pool: -1 }), "usage", /pool is a whole number from 0/);
  await fails(load(LIBRARY, { seed: -1 }), "usage", /seed is a whole number/);
  await fails(load(LIBRARY, { stdout: "file" }), "usage", /stdout is a function/);
  await fails(load(LIBRARY, { env: { "A=B": "1" } }), "usage", /"A=B" cannot be given to the program: its name has a `=`/);
  await fails(load("data:application/wasm;base64,AAAA"), "module", /does not take the module/);
});

test("a page that is not isolated is told what to do", async () => {
  globalThis.crossOriginIsolated = false;
  try {
    await fails(load(LIBRARY), "isolation", /Cross-Origin-Opener-Policy: same-origin.*isolate-worker|Cross-Origin-Opener-Policy: same-origin/);
  } finally {
    delete globalThis.crossOriginIsolated;
  }
});

test("a process ends though a program was neither ended nor terminated", () => {
  const script = `const { load } = await import(${JSON.stringify(new URL("../../hosts/js/src/index.js", import.meta.url))});
    const program = await load(${JSON.stringify(LIBRARY)}, { pool: 2 });
    await program.call("greet");`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { timeout: 60_000, encoding: "utf8" });
  assert.deepEqual([status, stdout], [0, "hello from a library\n"]);
});

test("a trap that may be the engine's own fault says what avoids it", () => {
  const memory = { size: 1 << 20 }, threads = { running: () => [] };
  const places = new Places(new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)));
  const deaths = new Deaths({ memory, threads, places, maximum: 1 << 30, reach: 1 << 20 });
  const trapped = () => deaths.ofMain({ id: 0 }, new WebAssembly.RuntimeError("memory access out of bounds")).text;
  assert.equal(trapped(), "thread 'main' trapped: wasm trap: out of bounds memory access\n");
  memory.size = 10 << 20;
  assert.match(trapped(), /\nnote: the memory has grown beyond the 1048576 bytes .*`--reserve BYTES`/);
});

test("the process waits for all workers at the end, also for those that were not ready before it", () => {
  const script = new URL("late.mjs", import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, STORM], { encoding: "utf8" });
  assert.deepEqual([status, stdout], [0, "returned 2 0\n"], stderr);
});
