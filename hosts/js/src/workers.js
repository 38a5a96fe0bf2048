// Creates workers. A file of its own, since bundlers follow `new Worker(new URL(..))`, and what a worker imports must not lead
// to itself.

import { isNode, node } from "./platform.js";

// Bundlers do not see through a name: Node's way is not theirs.
const here = import.meta.url;

/// Creates a worker. `heard` gets its messages, `failed` what goes wrong in it.
export const createWorker = (heard, failed) =>
  attended(isNode ? inNode("./worker.js") : new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), heard, failed);

/// Creates the worker that follows a program.
export const createWatcher = (heard, failed) =>
  attended(isNode ? inNode("./watcher.js") : new Worker(new URL("./watcher.js", import.meta.url), { type: "module" }), heard, failed);

function inNode(script) {
  const threads = node("worker_threads");
  return new threads.Worker(new URL(script, here), { execArgv: [], env: threads.SHARE_ENV });
}

function attended(worker, heard, failed) {
  if (isNode) return worker.on("message", heard).on("error", failed);
  worker.onmessage = ({ data }) => heard(data);
  worker.onerror = (event) => failed(event.error ?? new Error(event.message || "its script could not be loaded"));
  worker.onmessageerror = () => failed(new Error("it was sent what it cannot get"));
  return worker;
}

/// Whether a worker keeps the process alive. A page is alive anyway.
export function keepAlive(worker, alive) {
  if (isNode) alive ? worker.ref() : worker.unref();
}
