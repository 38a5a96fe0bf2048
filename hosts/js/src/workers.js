// Creates workers. A file of its own, since bundlers follow `new Worker(new URL(..))`, and what a worker imports must not lead
// to itself.

import { isNode, node } from "./platform.js";

// Bundlers do not see through a name: Node's way is not theirs.
const here = import.meta.url;

/// Creates a worker. `heard` gets its messages, `failed` what goes wrong in it.
export function createWorker(heard, failed) {
  if (isNode) {
    const threads = node("worker_threads");
    const worker = new threads.Worker(new URL("./worker.js", here), { execArgv: [], env: threads.SHARE_ENV });
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
