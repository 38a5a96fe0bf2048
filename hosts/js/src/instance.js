// An instance of the module over the program's memory, which runs one thread after the other. Whose it is, a worker's or a
// page's, is said by whoever makes it.

import { EXPORTS, KINDS } from "./abi.js";
import { Clocks } from "./clocks.js";
import { Deaths, label } from "./deaths.js";
import { Block, Descriptor } from "./guest.js";
import { imports } from "./imports/all.js";
import { Input } from "./input.js";
import { Journal, unwritten } from "./journal.js";
import { retire, worn } from "./glue.js";
import { GuestMemory } from "./memory.js";
import { Output } from "./output.js";
import { Places } from "./places.js";
import { ofMain, ofStart, ofThread } from "./random.js";
import { COUNTS, Records } from "./records.js";
import { kept } from "./report.js";
import { reserve } from "./reserve.js";
import { Stillness, uncounted } from "./stillness.js";
import { Threads } from "./threads.js";
import { Whereabouts } from "./whereabouts.js";

// What a call says that wasm code never began: an argument that is no number.
const isOfTheCall = (error) => error instanceof TypeError || error instanceof SyntaxError;

// What it tells of its threads to whoever follows the program.
function noted(memory, shared, followed, tell) {
  if (!followed) return { threads: new Threads(shared.threads), stillness: uncounted, journal: unwritten };
  if (!shared.records) {
    const journal = new Whereabouts(shared.whereabouts);
    const stillness = new Stillness(journal.words, Whereabouts.counts, () => tell({ still: true }));
    return { threads: new Threads(shared.threads, stillness), stillness, journal };
  }
  const records = new Records(shared.records), stillness = new Stillness(records.words, COUNTS, () => records.still());
  const threads = new Threads(shared.threads, stillness);
  return { threads, stillness, journal: new Journal({ ...followed, records, memory, threads }) };
}

export class Instance {
  /// `tell` takes messages for the page's side; `leave` is for a thread that must not go on, and never returns.
  constructor({ module, memory, shared, args, env, seed, maximum, reach, style, followed }, { tell, leave }) {
    this.memory = new GuestMemory(memory);
    this.places = new Places(module);
    Object.assign(this, noted(this.memory, shared, followed, tell));
    this.output = new Output(shared.output);
    this.input = new Input(shared.input);
    this.clocks = new Clocks(shared.clock);
    Object.assign(this, { args, env, seed, maximum, reach, style, tell });
    this.leave = () => leave(this.threads);
    this.askForWorker = () => this.tell({ grow: true });
    this.askForOutput = () => this.tell({ output: true });
    this.askForInput = (length) => this.tell({ input: length });
    this.starting = true;
    this.random = ofStart(seed);
    this.imports = imports(this);
  }

  /// These are its exports, now that the module was instantiated with its imports.
  begin(exports) {
    const { memory, threads, places, maximum, reach, style } = this;
    this.exports = exports;
    this.starting = false;
    this.descriptor = Descriptor.of(memory, exports);
    this.journal.describe(this.descriptor);
    this.deaths = new Deaths({ memory, descriptor: this.descriptor, threads, places, maximum, reach, style });
  }

  /// The program ends like this, unless it has ended already; the thread does not go on.
  end(how) {
    if (this.threads.end()) this.tell({ end: how });
    this.leave();
  }

  /// Runs the threads of the queue.
  serve() {
    this.threads.arrive();
    this.tell({ ready: true });
    for (let alive = true; alive; ) {
      const next = this.threads.next();
      this.random = ofThread(this.seed, next.key);
      this.thread = { id: next.id, block: Block.at(this.memory, next.routine) };
      this.journal.begin(next.id, this.thread.block);
      this.journal.note(KINDS.START, 0);
      alive = this.#run(next);
    }
    this.tell({ retired: true });
  }

  #run(next) {
    try {
      this.exports[EXPORTS.THREAD_START](next.routine);
    } catch (error) {
      this.#dies(next, error);
      return false;
    }
    this.journal.ends(false);
    if (!worn(this.exports)) {
      this.threads.returned(next);
      return true;
    }
    retire(this.exports);
    this.threads.returnedLast(next);
    this.askForWorker();
    return false;
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
    this.tell({ ready: { descriptor: this.descriptor?.address } });
  }

  /// The main thread's code did not return.
  dies(error) {
    this.end(this.deaths.ofMain(this.thread, error));
  }

  /// Calls an export: what it returns. `last` says that the program ends with it.
  call({ number, name, args, last }) {
    this.thread.block?.forgetEnd();
    let result;
    try {
      result = this.exports[name](...args);
    } catch (error) {
      if (isOfTheCall(error)) return this.tell({ number, fault: error.message });
      this.dies(error);
    }
    const code = this.thread.block?.exitCode;
    if (code !== undefined) this.end({ kind: "exited", code: kept(code), text: "" });
    if (last) this.journal.ends(false);
    if (last) this.end({ kind: "returned", code: 0, text: "" });
    this.tell({ number, result });
  }
}
