// The page's side of following a program: what is wanted, and the worker that does it.

import { HOOKS } from "./abi.js";
import { ThreadlinkError } from "./errors.js";
import { follower } from "./follower.js";
import { WAITS } from "./imports/waits.js";
import { isNode, node } from "./platform.js";
import { Records } from "./records.js";
import { createWatcher, keepAlive } from "./workers.js";

const NO_FOLLOWER = "a trace cannot be written, as `follow.wasm` is not beside this host's scripts: `threadlink build --web` puts it " +
  "there, and `cargo xtask web-watch` in a checkout";

// Whether the module says more of itself than who joins whom.
const tells = (module) => WebAssembly.Module.imports(module).some(({ module: from, name }) =>
  HOOKS.includes(name) || from === WAITS.module);

function sinkOf(trace) {
  if (trace === undefined || trace === null) return {};
  if (typeof trace === "function") return { trace: true, deliver: trace };
  if (isNode && (typeof trace === "string" || trace instanceof URL))
    return { trace: trace instanceof URL ? node("url").fileURLToPath(trace) : trace };
  throw new ThreadlinkError("usage", `trace is a function of bytes${isNode ? ", or the path of a file" : ""}, not ${typeof trace}`);
}

/// What is needed to follow a program of this module, if that is wanted and can be done.
export async function following(module, { trace, watch = true }) {
  const sink = sinkOf(trace);
  if (sink.trace === undefined && !(watch && tells(module))) return undefined;
  const found = await follower();
  if (!found && sink.trace !== undefined) throw new ThreadlinkError("host", NO_FOLLOWER);
  return found && { ...sink, follower: found, records: Records.shared(), begun: performance.timeOrigin + performance.now() };
}

/// Follows one program, or none.
export class Watch {
  #worker; #records; #deliver; #done;
  #result = Promise.resolve(undefined);

  /// Begins, once the main thread's instance is there, which says where its descriptor is. `ended` gets the end of the program
  /// that the follower has found, `failed` what goes wrong.
  async begin(follow, { memory, shared, descriptor }, { ended, failed }) {
    if (!follow) return;
    const { follower, trace, deliver, records } = follow;
    this.#records = new Records(records);
    this.#deliver = deliver;
    this.#result = new Promise((done) => { this.#done = done; });
    const fails = (error) => {
      this.#done({ error: error.message });
      failed(error);
    };
    await new Promise((ready, refused) => {
      this.#worker = createWatcher((message) => {
        if (message.ready) ready();
        else if (message.trace) this.#deliver(message.trace);
        else if (message.end) ended(message.end);
        else if (message.followed) this.#done(message.followed);
        else if (message.failed) {
          refused(message.failed);
          fails(message.failed);
        }
      }, (error) => {
        refused(error);
        fails(error);
      });
      this.#worker.postMessage({ begin: { follower, trace, descriptor, memory, shared } });
    });
    keepAlive(this.#worker, false);
  }

  /// All threads are gone: lets the follower read the rest. What became of the trace, if there is one.
  async end() {
    if (!this.#worker) return undefined;
    keepAlive(this.#worker, true);
    this.#records.end();
    const result = await this.#result;
    await this.#worker.terminate();
    return result;
  }
}
