// A host that knows part A of docs/abi.md and nothing else: node host.mjs FILE.wasm [ENTRY]. It shows that this is enough, and
// so has nothing in common with hosts/js.
// Each guest thread has a worker; the first calls the entry point (`_start`). 0 if that returns, 101 if it traps.
import { isMainThread, parentPort, workerData, Worker } from "node:worker_threads";
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--no-liftoff"); // V8's baseline compiler (seen in Node 20) loses wake-ups in std's parking loop
const RUNNING = 0, DONE = 1, FAILED = 2, THREAD_FAILED = 3, MAX_THREADS = 1 << 20;

// What the import section (2) says of the memory (2), which the host has to supply. Functions are 0.
function memoryLimits(bytes) {
  let at = 8;
  const skip = (n) => { at += n; };
  const leb = (n = 0, s = 1) => { for (; ; s *= 128) { n += (bytes[at] & 127) * s; if (bytes[at++] < 128) return n; } };
  while (at < bytes.length) {
    const section = bytes[at++], size = leb(), end = at + size;
    for (let n = section === 2 ? leb() : 0; n > 0; n--) {
      skip(leb()); skip(leb());
      const kind = bytes[at++];
      if (kind === 2) { skip(1); return { initial: leb(), maximum: leb(), shared: true }; }
      kind === 0 ? leb() : skip(2);
    }
    at = end;
  }
  throw new Error("the module imports no memory");
}

if (isMainThread) {
  const [file, entry = "_start"] = process.argv.slice(2), bytes = readFileSync(file), idle = [];
  const workerData = { memory: new WebAssembly.Memory(memoryLimits(bytes)), module: new WebAssembly.Module(bytes),
    states: new Int32Array(new SharedArrayBuffer(4 * MAX_THREADS)) }; // a state a thread id; [0] is the last id
  const start = (task) => {
    const worker = idle.pop() ?? new Worker(new URL(import.meta.url), { workerData });
    worker.removeAllListeners("message").on("message", ({ spawn, ended, trap }) => {
      if (trap) process.stderr.write(`${trap}\n`);
      if (ended === "program") process.exit(trap ? 101 : 0);
      if (spawn) start(spawn); else if (trap) worker.terminate(); else idle.push(worker);
    }).postMessage(task);
  };
  start({ entry });
} else {
  const { memory, module, states } = workerData, none = () => {}, tell = (what) => parentPort.postMessage(what);
  const { exports } = new WebAssembly.Instance(module, { env: { memory }, wasm_threadlink: {
    thread_create(pointer, routine) {
      const id = Atomics.add(states, 0, 1) + 1;
      new DataView(memory.buffer).setUint32(pointer, id, true);
      return tell({ spawn: { id, routine } }), 0;
    },
    thread_join: (id) => { Atomics.wait(states, id, RUNNING); return states[id] === DONE ? 0 : THREAD_FAILED; },
    panic(errno) { tell({ ended: "program", trap: `panic(${errno})` }); Atomics.wait(states, MAX_THREADS - 1, RUNNING); },
    start_lock: none, finish_lock: none, start_unlock: none, finish_unlock: none,
  } });
  parentPort.on("message", ({ entry, id, routine }) => {
    let trap;
    try { entry ? exports[entry]() : exports.thread_start(routine); } catch (error) { trap = error.stack; }
    if (!entry) { Atomics.store(states, id, trap ? FAILED : DONE); Atomics.notify(states, id); }
    tell({ ended: entry ? "program" : "thread", trap });
  });
}
