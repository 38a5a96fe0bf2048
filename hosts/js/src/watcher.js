// The worker that follows a program: reads what its threads write down, writes the trace, and says when they cannot go on.

import { DEADLOCK, Follower } from "./follower.js";
import { GuestMemory } from "./memory.js";
import { listen, node, tell } from "./platform.js";
import { COUNTS, Records } from "./records.js";
import { CODES } from "./report.js";
import { Stillness } from "./stillness.js";
import { Threads } from "./threads.js";

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

class Watcher {
  constructor({ follower, memory, shared, descriptor, trace }) {
    this.records = new Records(shared.records);
    this.threads = new Threads(shared.threads);
    this.traced = trace !== undefined;
    this.emit = opened(trace);
    this.follower = new Follower(follower, { guest: new GuestMemory(memory), descriptor, emit: this.emit });
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
    const still = () => records.next === before && Stillness.is(records.words, COUNTS) && follower.isStill;
    if (!still()) return;
    records.pause(CERTAIN);
    if (!still()) return;
    follower.standstill();
    this.#deadlock();
  }

  #deadlock() {
    const { text } = this.follower;
    this.due = false;
    if (this.threads.end()) tell({ end: { kind: "deadlock", code: CODES.deadlock, message: text.split("\n", 1)[0], text } });
  }

  #finish() {
    const events = this.follower.finish();
    this.emit?.();
    tell({ followed: events === undefined ? { error: this.follower.text } : { events } });
  }
}

listen(({ begin }) => {
  try {
    const watcher = new Watcher(begin);
    tell({ ready: true });
    watcher.run();
  } catch (error) {
    const { kind = "host", message, stack } = error;
    tell({ failed: { kind, message: `the program cannot be followed: ${message}`, stack } });
  }
});
