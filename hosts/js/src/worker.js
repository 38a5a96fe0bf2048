// A worker: an instance of the module over the program's memory, which runs one thread after the other. The first one is the
// main thread's and is called by messages; the others take threads from the queue, and never come back to their event loop.

import { EXPORTS, KINDS } from "./abi.js";
import { Clocks } from "./clocks.js";
import { Deaths, label } from "./deaths.js";
import { ThreadlinkError } from "./errors.js";
import { Block, Descriptor } from "./guest.js";
import { imports } from "./imports/all.js";
import { Input } from "./input.js";
import { Journal, unwritten } from "./journal.js";
import { GuestMemory } from "./memory.js";
import { Output } from "./output.js";
import { listen, tell } from "./platform.js";
import { losesLocals } from "./probe.js";
import { ofMain, ofStart, ofThread } from "./random.js";
import { COUNTS, Records } from "./records.js";
import { kept } from "./report.js";
import { reserve } from "./reserve.js";
import { Stillness, uncounted } from "./stillness.js";
import { Threads } from "./threads.js";
import { wantFrames } from "./traps.js";

// What a call says that wasm code never began: an argument that is no number.
const isOfTheCall = (error) => error instanceof TypeError || error instanceof SyntaxError;

class Instance {
  constructor({ module, memory, shared, args, env, seed, maximum, style, followed }) {
    this.memory = new GuestMemory(memory);
    const records = followed && new Records(shared.records);
    this.stillness = followed ? new Stillness(records.words, COUNTS, () => records.still()) : uncounted;
    this.threads = new Threads(shared.threads, this.stillness);
    this.journal = followed ? new Journal({ ...followed, records, memory: this.memory, threads: this.threads }) : unwritten;
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
    this.journal.describe(this.descriptor);
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
      this.journal.begin(next.id, this.thread.block);
      this.journal.note(KINDS.START, 0);
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
    this.journal.ends(false);
    this.threads.returned(next);
    return true;
  }

  #dies(next, error) {
    const { end, text } = this.deaths.ofThread(this.thread, error);
    if (end) this.end(end);
    if (text) this.output.write(2, new TextEncoder().encode(text), this.askForOutput);
    this.journal.ends(true);
    this.thread.block?.bequeath((count) => this.stillness.woken(count));
    this.threads.died(next);
  }

  /// Gets ready to be called as the main thread.
  beMain({ reserved, minStack }) {
    this.random = ofMain(this.seed);
    this.thread = { id: 0, block: this.descriptor && Block.at(this.memory, this.descriptor.mainBlock) };
    this.journal.begin(0, this.thread.block);
    reserve(this, reserved);
    if (this.descriptor?.minStack && minStack) this.memory.store(this.descriptor.minStack, minStack);
    tell({ ready: { descriptor: this.descriptor?.address } });
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
    if (last) this.journal.ends(false);
    if (last) this.end({ kind: "returned", code: 0, text: "" });
    tell({ number, result });
  }
}

let instance;

function begin(message) {
  wantFrames();
  // What the first worker's engine does, the others' does as well.
  if (message.main && losesLocals())
    throw new ThreadlinkError("engine", "this engine forgets what a thread had in hand when it wakes up (a fault of V8 11.3, as " +
      "in Node 20): run Node with --no-liftoff, or give `load` the module's bytes, which then sees to it");
  instance = new Instance(message);
  if (message.main) instance.beMain(message.main);
  else instance.serve();
}

listen((message) => {
  try {
    if (message.begin) begin(message.begin);
    else instance.call(message.call);
  } catch (error) {
    const { kind = "host", message, stack } = error;
    tell({ failed: { kind, message, stack } });
  }
});
