// A program that is loaded: its calls, and what the page does for it meanwhile.

import { EXPORTS } from "./abi.js";
import { ThreadlinkError, endError } from "./errors.js";
import { Input } from "./input.js";
import { GuestMemory } from "./memory.js";
import { Output } from "./output.js";
import { Pool } from "./pool.js";
import { CODES } from "./report.js";
import { Threads } from "./threads.js";
import { Watch } from "./watch.js";
import { keepAlive } from "./workers.js";

/// A loaded program. `load` makes one.
export class Program {
  #pool; #main; #memory; #threads; #output; #input; #sinks; #source; #exports;
  #calls = new Map();
  #lastCall = 0;
  #end;
  #ended;
  #watch = new Watch();

  /// Creates the main thread's worker, whose instance has to be the first, and then `workers` for other threads. `here` makes
  /// something else that stands for that worker.
  static async start({ begin, main, sinks, source, workers, follow, here }) {
    const program = new Program({ begin, sinks, source });
    try {
      const first = here ? here({ begin, main, heard: (message) => program.#hear(message) }) : program.#pool.add({ main });
      const { worker, told } = await first;
      program.#main = worker;
      program.#threads.expect(workers);
      await Promise.all([
        program.#watch.begin(follow, { ...begin, ...told }, {
          ended: (end) => program.#finish(end),
          failed: (error) => program.#fail(error.message),
        }),
        ...Array.from({ length: workers }, () => program.#pool.add()),
      ]);
    } catch ({ kind = "host", message }) {
      await program.terminate();
      throw new ThreadlinkError(kind, message);
    }
    return program;
  }

  constructor({ begin, sinks, source }) {
    const { shared } = begin;
    this.#threads = new Threads(shared.threads);
    this.#output = new Output(shared.output);
    this.#input = new Input(shared.input);
    this.#memory = new GuestMemory(begin.memory);
    this.#exports = WebAssembly.Module.exports(begin.module);
    this.#sinks = sinks;
    this.#source = source;
    this.#ended = new Promise((end) => { this.#end = end; });
    this.#pool = new Pool(begin, {
      heard: (message) => this.#hear(message),
      failed: (error) => this.#fail(`a worker failed: ${error.message}`),
    });
  }

  #hear({ number, result, fault, grow, output, input, still, end, failed }) {
    if (this.#pool.closed) return;
    if (grow) this.#pool.add().catch(() => {});
    else if (output) this.#takeOutput();
    else if (input) this.#giveInput(input);
    else if (still) this.#watch.look();
    else if (end) this.#finish(end);
    else if (failed) this.#fail(`a worker failed: ${failed.message}`);
    else this.#answer(number, { result, fault });
  }

  #takeOutput() {
    this.#output.take((stream, bytes) => this.#sinks[stream](bytes, false));
  }

  async #giveInput(length) {
    try {
      this.#input.give((await this.#source(length)).subarray(0, length));
    } catch {
      this.#input.give(undefined);
    }
  }

  #answer(number, { result, fault }) {
    const call = this.#calls.get(number);
    this.#calls.delete(number);
    if (this.#calls.size === 0) keepAlive(this.#main, false);
    if (fault) call.failed(new ThreadlinkError("usage", `the export \`${call.name}\` cannot be called like this: ${fault}`));
    else call.done(result);
  }

  #fail(message) {
    if (this.#threads.end()) this.#finish({ kind: "host", code: CODES.trapped, message, text: `${message}\n` });
  }

  async #finish(end) {
    await this.#pool.close();
    const trace = await this.#watch.end();
    if (trace && trace.events !== undefined) end = { ...end, trace };
    else if (trace) end = { ...end, trace, text: `${end.text}warning: the trace is incomplete: ${trace.error}\n` };
    // What was written before the end.
    this.#takeOutput();
    for (const stream of [1, 2]) this.#sinks[stream](new Uint8Array(), true);
    this.#end(end);
    for (const { failed } of this.#calls.values()) failed(endError(end));
    this.#calls.clear();
  }

  #call(name, args, last) {
    if (!this.#exports.some((found) => found.kind === "function" && found.name === name))
      return Promise.reject(new ThreadlinkError("module", `the module has no export \`${name}\`` +
        (name === EXPORTS.START ? "; annotate main with #[threadlink::main], or call another one" : "")));
    if (this.#threads.isOver) return this.#ended.then((end) => { throw endError(end); });
    const number = ++this.#lastCall;
    keepAlive(this.#main, true);
    this.#main.postMessage({ call: { number, name, args, last } });
    return new Promise((done, failed) => this.#calls.set(number, { name, done, failed }));
  }

  /// Calls an export with numbers: what it returns. Calls wait for each other.
  call(name, ...numbers) {
    return this.#call(name, numbers, false);
  }

  /// Runs the program from its entry point to its end, and says how it ended.
  run() {
    return Promise.race([this.#ended, this.#call(EXPORTS.START, [], true).catch((error) => {
      if (this.#threads.isOver) return this.#ended;
      throw error;
    })]);
  }

  /// How the program ends, when it does.
  get ended() {
    return this.#ended;
  }

  /// The memory, which all of the program's threads share.
  get memory() {
    return this.#memory.memory;
  }

  /// Bytes of the memory, as they are now and change: what wants memory of its own (`TextDecoder`, `ImageData`) gets a copy,
  /// `view(...).slice()`.
  view(pointer, length) {
    const bytes = this.#memory.slice(pointer >>> 0, length >>> 0);
    if (!bytes) throw new RangeError(`the program's memory has no ${length} bytes at ${pointer >>> 0}`);
    return bytes;
  }

  /// How many workers there are, the main thread's among them.
  get workers() {
    return this.#pool.workers.size;
  }

  /// Ends the program, whatever it does, with all of its workers.
  async terminate() {
    if (this.#threads.end()) await this.#finish({ kind: "terminated", code: CODES.terminated, text: "" });
    return this.#ended;
  }
}
