// The worker that follows a program: reads what its threads write down, writes the trace, and says when they cannot go on.

import { RECORD } from "./abi.js";
import { DEADLOCK, Follower } from "./follower.js";
import { Block, Descriptor } from "./guest.js";
import { Journal } from "./journal.js";
import { GuestMemory } from "./memory.js";
import { Places } from "./places.js";
import { listen, node, tell } from "./platform.js";
import { COUNTS, Records } from "./records.js";
import { CODES } from "./report.js";
import { Stillness } from "./stillness.js";
import { Threads } from "./threads.js";
import { Whereabouts } from "./whereabouts.js";

// Milliseconds: between two looks for a deadlock; for which nobody may have moved in a standstill; after which a trace that is
// cut short has what was written; that this sleeps if nothing happens.
const LOOK = 100, CERTAIN = 20, FLUSH = 300, IDLE = 1000;

/// What takes the trace: a function of bytes that says whether they were kept, and with none closes it.
function opened(trace) {
  if (trace === undefined) return undefined;
  if (trace === true) return (bytes) => {
    if (bytes) tell({ trace: bytes });
    return true;
  };
  const { closeSync, openSync, writeSync } = node("fs"), file = openSync(trace, "w");
  return (bytes) => {
    if (!bytes) return closeSync(file);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      return true;
    } catch {
      return false;
    }
  };
}

/// What to tell of a deadlock, if the program has not ended before.
const end = (threads, text) =>
  threads.end() ? { end: { kind: "deadlock", code: CODES.deadlock, message: text.split("\n", 1)[0], text } } : {};

class Watcher {
  constructor({ follower, module, memory, shared, descriptor, trace }) {
    this.records = new Records(shared.records);
    this.threads = new Threads(shared.threads);
    this.traced = trace !== undefined;
    this.emit = opened(trace);
    this.follower = new Follower(follower, { guest: new GuestMemory(memory), places: new Places(module), descriptor, emit: this.emit });
  }

  /// Reads until the program is over, and then the rest.
  run() {
    let look = 0, flush = 0;
    for (;;) {
      const { records, follower } = this, over = records.isOver;
      this.#read();
      if (over) return this.#finish();
      if (records.takeStill()) this.#standstill();
      const now = performance.now();
      if (this.due && now >= look) {
        look = now + LOOK;
        this.#look();
      }
      if (this.traced && now >= flush) {
        flush = now + FLUSH;
        follower.flush();
      }
      records.nap(this.due ? LOOK : this.traced ? FLUSH : IDLE);
    }
  }

  #read() {
    this.records.take(this.records.next, this.follower.room, (words, count) => {
      this.due = this.follower.take(words, count);
    });
  }

  #look() {
    const found = this.follower.look();
    this.due = found !== 0;
    if (found === DEADLOCK) this.#deadlock();
  }

  // All threads sleep: for good, if that is still so in a while and nothing has happened.
  #standstill() {
    const { records, follower } = this, before = records.next;
    // With all that they have written before they slept.
    this.#read();
    const still = () => records.next === before && Stillness.is(records.words, COUNTS) && follower.isStill;
    if (!still()) return;
    records.pause(CERTAIN);
    if (!still()) return;
    follower.standstill();
    this.#deadlock();
  }

  #deadlock() {
    this.due = false;
    tell(end(this.threads, this.follower.text));
  }

  #finish() {
    const events = this.follower.finish();
    this.emit?.();
    tell({ followed: events === undefined ? { error: this.follower.text } : { events } });
  }
}

// The end of a program of which nothing was written down, if all its threads sleep: from where they do.
function snapshot({ follower, module, memory: shared, shared: { threads: ofThreads, whereabouts: places }, descriptor: address }) {
  const memory = new GuestMemory(shared), threads = new Threads(ofThreads), whereabouts = new Whereabouts(places);
  const follows = new Follower(follower, { guest: memory, places: new Places(module), descriptor: address });
  const read = (fill) => {
    const words = new Int32Array(RECORD.SIZE);
    fill(words, 0);
    follows.take(words, 1);
  };
  const descriptor = address ? new Descriptor(memory, address) : undefined;
  const journal = new Journal({ records: { write: read }, memory, threads: { isOver: false }, begun: 0, traced: false });
  journal.describe(descriptor);
  const main = descriptor && Block.at(memory, descriptor.mainBlock);
  const running = [...threads.running()].map(({ id, routine }) => ({ id, block: Block.at(memory, routine) }));
  journal.begin(0, main);
  for (const { id, block } of running) journal.forks(id, () => block);
  const all = [{ id: 0, block: main }, ...running];
  for (const { id, block } of all) {
    const sleeps = whereabouts.of(id);
    if (!sleeps) return {};
    journal.begin(id, block);
    journal.note(sleeps.kind, sleeps.address, sleeps.second);
  }
  if (!Stillness.is(whereabouts.words, Whereabouts.counts) || !follows.isStill) return {};
  follows.standstill();
  return end(threads, follows.text);
}

listen(({ begin }) => {
  try {
    if (!begin.shared.records) tell(snapshot(begin));
    else {
      const watcher = new Watcher(begin);
      tell({ ready: true });
      watcher.run();
    }
  } catch (error) {
    const { kind = "host", message, stack } = error;
    tell({ failed: { kind, message: `the program cannot be followed: ${message}`, stack } });
  }
});
