// The main thread on a page's own thread: its code is called by the page's scripts, sees the document, and may not wait.

import { ThreadlinkError, endError } from "../errors.js";
import { instantiateHere } from "../glue.js";
import { Instance } from "../instance.js";
import { CODES } from "../report.js";
import { wantFrames } from "../traps.js";
import { guardWith } from "./imported.js";

// What `build --web --bindgen` has put in place of wasm's own waiting looks at this global of its instance.
const CANNOT_WAIT = "__threadlink_cannot_wait";

const UNCAUGHT = "a panic that nothing has caught; standard error has its message";

// What ends code for good. Another exception of JavaScript's is the page's own, on its way through the program.
const isDeath = (error) => error instanceof WebAssembly.RuntimeError || error instanceof WebAssembly.Exception ||
  error instanceof RangeError ||
  error instanceof ThreadlinkError || error?.name === "InternalError";

/// Stands for the main thread's worker.
export class PageThread {
  #instance;
  #end = { kind: "returned" };

  /// Makes the first instance here: `{ worker, told }`, as the pool does. `heard` gets what a worker would send.
  static async start({ begin, main, heard }) {
    const worker = new PageThread();
    const told = await worker.#start(begin, main, heard);
    return { worker, told };
  }

  async #start(begin, main, heard) {
    wantFrames();
    let told;
    const tell = (message) => {
      if (message.end) this.#end = message.end;
      if (message.ready) told = message.ready;
      else heard(message);
    };
    this.#instance = new Instance(begin, { tell, leave: () => { throw endError(this.#end); } });
    guardWith((exports) => this.#guarded(exports));
    const exports = await instantiateHere(begin.module, this.#instance.imports);
    if (exports[CANNOT_WAIT]) exports[CANNOT_WAIT].value = 1;
    this.#instance.begin(exports);
    this.#instance.beMain(main);
    return told;
  }

  // The exports as the page calls them: a death in one is the end of the program.
  #guarded(exports) {
    const guard = (call) => (...args) => {
      if (this.#instance.threads.isOver) this.#instance.leave();
      try {
        return call(...args);
      } catch (error) {
        if (isDeath(error) && this.#instance.deaths) this.#dies(error);
        throw error;
      }
    };
    return Object.fromEntries(Object.entries(exports).map(([name, item]) => [name, typeof item === "function" ? guard(item) : item]));
  }

  #dies(error) {
    // A build that unwinds has written what the panic says.
    if (error instanceof WebAssembly.Exception)
      this.#instance.end({ kind: "panicked", code: CODES.panicked, thread: "'main'", message: UNCAUGHT, text: "" });
    this.#instance.dies(error);
  }

  /// Calls an export, as a worker does when it is told so.
  postMessage({ call }) {
    queueMicrotask(() => {
      try {
        this.#instance.call(call);
      } catch (error) {
        if (!this.#instance.threads.isOver) throw error;
      }
    });
  }

  ref() {}

  unref() {}
}
