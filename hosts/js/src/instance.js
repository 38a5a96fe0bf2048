// An instance of the module over the program's memory, which runs one thread after the other.

import { EXPORTS } from "./abi.js";
import { Clocks } from "./clocks.js";
import { Deaths, label } from "./deaths.js";
import { Block, Descriptor } from "./guest.js";
import { imports } from "./imports/all.js";
import { Input } from "./input.js";
import { GuestMemory } from "./memory.js";
import { Output } from "./output.js";
import { tell } from "./platform.js";
import { ofMain, ofStart, ofThread } from "./random.js";
import { kept } from "./report.js";
import { reserve } from "./reserve.js";
import { Threads } from "./threads.js";

// What a call says that wasm code never began: an argument that is no number.
const isOfTheCall = (error) => error instanceof TypeError || error instanceof SyntaxError;

export class Instance {
  constructor({ module, memory, shared, args, env, seed, maximum, style }) {
    this.memory = new GuestMemory(memory);
    this.threads = new Threads(shared.threads);
    this.output = new Output(shared.output);
    this.input = new Input(shared.input);
    this.clocks = new Clocks(shared.clock);
    Object.assign(this, { args, env, seed });
    this.askForWorker = () => tell({ grow: true });
    this.askForOutput = () => tell({ output: true });
    this.askForInput = (length) => tell({ input: length });
    this.starting = true;
    this.random = ofStart(seed);
    this.exports = new WebAssembly.Instance(module, imports(this)).exports;
    this.starting = false;
    this.descriptor = Descriptor.of(this.memory, this.exports);
    this.deaths = new Deaths({ memory: this.memory, descriptor: this.descriptor, threads: this.threads, maximum, style });
  }

  /// The program ends like this, unless it has ended already; the thread does not go on.
  end(how) {
    if (this.threads.end()) tell({ end: how });
    this.threads.park();
  }

  /// Runs the threads of the queue.
  serve() {
    this.threads.arrive();
    tell({ ready: true });
    for (let alive = true; alive; ) {
      const next = this.threads.next();
      this.random = ofThread(this.seed, next.key);
      this.thread = { id: next.id, block: Block.at(this.memory, next.routine) };
      alive = this.#run(next);
    }
    tell({ retired: true });
  }

  #run(next) {
    try {
      this.exports[EXPORTS.THREAD_START](next.routine);
    } catch (error) {
      this.#dies(next, error);
      return false;
    }
    this.threads.returned(next);
    return true;
  }

  #dies(next, error) {
    const { end, text } = this.deaths.ofThread(this.thread, error);
    if (end) this.end(end);
    if (text) this.output.write(2, new TextEncoder().encode(text), this.askForOutput);
    this.thread.block?.bequeath();
    this.threads.died(next);
  }

  /// Gets ready to be called as the main thread.
  beMain({ reserved, minStack }) {
    this.random = ofMain(this.seed);
    this.thread = { id: 0, block: this.descriptor && Block.at(this.memory, this.descriptor.mainBlock) };
    reserve(this, reserved);
    if (this.descriptor?.minStack && minStack) this.memory.store(this.descriptor.minStack, minStack);
    tell({ ready: true });
  }

  /// Calls an export: what it returns. `last` says that the program ends with it.
  call({ number, name, args, last }) {
    this.thread.block?.forgetEnd();
    let result;
    try {
      result = this.exports[name](...args);
    } catch (error) {
      if (isOfTheCall(error)) return tell({ number, fault: error.message });
      this.end(this.deaths.ofMain(this.thread, error));
    }
    const code = this.thread.block?.exitCode;
    if (code !== undefined) this.end({ kind: "exited", code: kept(code), text: "" });
    if (last) this.end({ kind: "returned", code: 0, text: "" });
    tell({ number, result });
  }
}
