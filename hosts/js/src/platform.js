// What differs between Node and browsers in a worker as well as outside: messages, clocks, processors. What creates workers
// is in workers.js.
//
// Node's own modules come from `process.getBuiltinModule`, since bundlers for pages cannot resolve an import of them.

const builtin = (name) => globalThis.process?.getBuiltinModule?.(name);

const threads = builtin("node:worker_threads");

/// Whether this is Node, or something that has what Node has.
export const isNode = Boolean(threads);

/// Whether this thread may wait. A page's own may not, whatever it waits for.
export const mayWait = isNode || typeof globalThis.WorkerGlobalScope !== "undefined";

/// Whether the engine is V8, which has faults of its own. Bun says that it has one, for those who ask for Node's.
export const isV8 = isNode ? Boolean(globalThis.process.versions.v8) && !globalThis.process.versions.bun : /Chrom(e|ium)\//.test(globalThis.navigator?.userAgent);

/// A module of Node's.
export const node = (name) => builtin(`node:${name}`);

/// In a worker: tells whoever has created it.
export const tell = (message) => (isNode ? threads.parentPort.postMessage(message) : globalThis.postMessage(message));

/// In a worker: listens to whoever has created it.
export function listen(heard) {
  if (isNode) threads.parentPort.on("message", heard);
  else globalThis.onmessage = ({ data }) => heard(data);
}

// A double has not the room for nanoseconds since 1970.
const origin = BigInt(Math.round(performance.timeOrigin * 1e3)) * 1000n;

/// Nanoseconds on a clock that goes on, from about the same start in all workers.
export const monotonic = isNode
  ? () => process.hrtime.bigint()
  : () => origin + BigInt(Math.round(performance.now() * 1e6));

/// How many threads can run at once.
export const processors = () =>
  (isNode ? node("os").availableParallelism() : globalThis.navigator?.hardwareConcurrency) || 1;
