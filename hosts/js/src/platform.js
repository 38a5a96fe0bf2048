// What differs between Node and browsers: workers and their messages, clocks, processors.
//
// Node's own modules come from `process.getBuiltinModule`, since bundlers for pages cannot resolve an import of them.

const builtin = (name) => globalThis.process?.getBuiltinModule?.(name);

const threads = builtin("node:worker_threads");

/// Whether this is Node, or something that has what Node has.
export const isNode = Boolean(threads);

/// A module of Node's.
export const node = (name) => builtin(`node:${name}`);

/// Creates a worker. `heard` gets its messages, `failed` what goes wrong in it.
export function createWorker(heard, failed) {
  if (isNode) {
    const worker = new threads.Worker(new URL("./worker.js", import.meta.url), { execArgv: [], env: threads.SHARE_ENV });
    worker.on("message", heard).on("error", failed);
    return worker;
  }
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => heard(data);
  worker.onerror = (event) => failed(event.error ?? new Error(event.message || "its script could not be loaded"));
  worker.onmessageerror = () => failed(new Error("it was sent what it cannot get"));
  return worker;
}

/// Whether a worker keeps the process alive. A page is alive anyway.
export function keepAlive(worker, alive) {
  if (isNode) alive ? worker.ref() : worker.unref();
}

/// In a worker: tells whoever has created it.
export const tell = (message) => (isNode ? threads.parentPort.postMessage(message) : globalThis.postMessage(message));

/// In a worker: listens to whoever has created it.
export function listen(heard) {
  if (isNode) threads.parentPort.on("message", heard);
  else globalThis.onmessage = ({ data }) => heard(data);
}

/// Nanoseconds on a clock that all workers share.
export const monotonic = isNode
  ? () => process.hrtime.bigint()
  : () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));

/// How many threads can run at once.
export const processors = () =>
  (isNode ? node("os").availableParallelism() : globalThis.navigator?.hardwareConcurrency) || 1;
