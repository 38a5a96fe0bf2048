// The page's side of following a program: what is wanted, and the worker that does it.

import { HOOKS } from "./abi.js";
import { ThreadlinkError } from "./errors.js";
import { follower } from "./follower.js";
import { WAITS } from "./imports/waits.js";
import { isNode, node } from "./platform.js";
import { Records } from "./records.js";
import { Stillness } from "./stillness.js";
import { Whereabouts } from "./whereabouts.js";
import { createWatcher, keepAlive } from "./workers.js";

// Milliseconds: for which all threads have to sleep before that is looked into; and until that is done again.
const CERTAIN = 20, AGAIN = 500;

const NO_FOLLOWER = "a trace cannot be written, as `follow.wasm` is not beside this host's scripts: `threadlink build --web` puts it " +
  "there, and `cargo xtask web-watch` in a checkout";

const imports = (module, wanted) => WebAssembly.Module.imports(module).some(wanted);
const saysLocks = (module) => imports(module, ({ name, module: from }) => HOOKS.includes(name) && from !== WAITS.module);
const showsWaits = (module) => imports(module, ({ module: from }) => from === WAITS.module);

function sinkOf(trace) {
  if (trace === undefined || trace === null) return {};
  if (typeof trace === "function") return { trace: true, deliver: trace };
  if (isNode && (typeof trace === "string" || trace instanceof URL))
    return { trace: trace instanceof URL ? node("url").fileURLToPath(trace) : trace };
  throw new ThreadlinkError("usage", `trace is a function of bytes${isNode ? ", or the path of a file" : ""}, not ${typeof trace}`);
}

/// What is needed to follow a program of this module, if that is wanted and can be done.
export async function following(module, { trace, watch = true }) {
  const sink = sinkOf(trace), traced = sink.trace !== undefined;
  // Where locks say nothing, it is early enough when all threads sleep.
  if (!traced && !(watch && saysLocks(module)))
    return watch && showsWaits(module) ? { followed: {}, shared: { whereabouts: Whereabouts.shared() } } : undefined;
  const found = await follower();
  if (!found && traced) throw new ThreadlinkError("host", NO_FOLLOWER);
  const begun = performance.timeOrigin + performance.now();
  return found && { ...sink, follower: found, followed: { begun, traced }, shared: { records: Records.shared() } };
}

/// Follows one program, or none.
export class Watch {
  #worker; #records; #deliver; #done; #failure; #begun; #looking;
  #result = Promise.resolve(undefined);

  /// Begins, once the main thread's instance is there, which says where its descriptor is. `ended` gets the end of the program
  /// that the follower has found, `failed` what goes wrong.
  async begin(follow, { module, memory, shared, descriptor }, { ended, failed }) {
    this.#begun = { module, memory, shared, descriptor, ended, failed };
    if (!follow?.follower) return;
    const { follower, trace, deliver } = follow;
    this.#records = new Records(shared.records);
    this.#deliver = deliver;
    this.#result = new Promise((done) => { this.#done = done; });
    const fails = (error) => {
      this.#done({ error: error.message });
      failed(error);
    };
    await new Promise((ready, refused) => {
      this.#worker = createWatcher((message) => {
        if (message.ready) ready();
        else if (message.trace) this.#take(message.trace);
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
      this.#worker.postMessage({ begin: { follower, trace, descriptor, module, memory, shared } });
    });
    keepAlive(this.#worker, false);
  }

  /// All threads sleep, of a program that was not followed so far: looks whether that is for good.
  async look() {
    if (this.#looking || !this.#begun) return;
    this.#looking = true;
    const { module, memory, shared, descriptor, ended } = this.#begun;
    const { words } = new Whereabouts(shared.whereabouts), still = () => Stillness.is(words, Whereabouts.counts);
    // Whoever is about to wake has the time to say so.
    await new Promise((done) => setTimeout(done, CERTAIN));
    const found = still() ? await follower() : undefined;
    if (found) {
      const said = await new Promise((done) => {
        this.#worker = createWatcher(done, () => done({}));
        this.#worker.postMessage({ begin: { follower: found, module, memory, shared, descriptor } });
      });
      const worker = this.#worker;
      this.#worker = undefined;
      await worker.terminate();
      if (said.end) return ended(said.end);
      // Somebody may have said so meanwhile.
      if (still() && !said.failed) setTimeout(() => this.look(), AGAIN).unref?.();
    }
    this.#looking = false;
  }

  /// All threads are gone: lets the follower read the rest. What became of the trace, if there is one.
  async end() {
    if (!this.#records || !this.#worker) return undefined;
    keepAlive(this.#worker, true);
    this.#records.end();
    const result = await this.#result;
    await this.#worker.terminate();
    return this.#failure ?? result;
  }

  #take(bytes) {
    try {
      if (!this.#failure) this.#deliver(bytes);
    } catch (error) {
      this.#failure = { error: String(error?.message ?? error) };
    }
  }
}
