// What the threads of a program write down for the one who follows them: records in a ring that all of them share, in the
// order in which things happened. What a record has stands in crates/follow/src/record.rs.

import { RECORD } from "./abi.js";

// Records in the ring, a power of two so that tickets can wrap: a MiB for a program, however many threads it has.
const CAPACITY = 1 << 14;

// Words at the beginning: the next ticket, the next one to be read; whether the reader sleeps; how many threads are awake, and
// how many sleep for some time; whether all of them sleep; whether the program is over.
const NEXT = 0, TAKEN = 1, NAPPING = 2, AWAKE = 3, TIMED = 4, STILL = 5, OVER = 6, NEVER = 7, HEADER = 16;

/// The words that say how many threads are awake.
export const COUNTS = { awake: AWAKE, timed: TIMED };

export class Records {
  /// Those of a new program, whose main thread is awake.
  static shared() {
    const buffer = new SharedArrayBuffer(4 * (HEADER + CAPACITY * RECORD.SIZE));
    new Int32Array(buffer)[AWAKE] = 1;
    return buffer;
  }

  constructor(buffer) {
    this.words = new Int32Array(buffer);
  }

  /// Writes a record: `fill` gets the words, and where it begins. If the ring is full, that waits for the reader.
  write(fill) {
    const { words } = this, ticket = Atomics.add(words, NEXT, 1);
    const at = HEADER + (ticket & (CAPACITY - 1)) * RECORD.SIZE;
    try {
      for (;;) {
        const taken = Atomics.load(words, TAKEN);
        if (((ticket - taken) | 0) < CAPACITY) break;
        Atomics.wait(words, TAKEN, taken);
      }
      // Of a record that cannot be written, as where the stack is at its end, nothing is known.
      words[at + RECORD.THREAD] = -1;
      fill(words, at);
    } finally {
      Atomics.store(words, at + RECORD.TICKET, (ticket + 1) | 0);
    }
    if (Atomics.load(words, NAPPING) === 1) this.#wake();
  }

  #wake() {
    if (Atomics.exchange(this.words, NAPPING, 0) === 1) Atomics.notify(this.words, NAPPING);
  }

  /// All threads sleep.
  still() {
    Atomics.store(this.words, STILL, 1);
    this.#wake();
  }

  /// The program is over: what is in the ring now is all.
  end() {
    Atomics.store(this.words, OVER, 1);
    this.#wake();
  }

  get isOver() {
    return Atomics.load(this.words, OVER) !== 0;
  }

  /// Whether somebody has said so since this was asked last.
  takeStill() {
    return Atomics.exchange(this.words, STILL, 0) !== 0;
  }

  /// The ticket that the next record gets.
  get next() {
    return Atomics.load(this.words, NEXT);
  }

  /// Hands the records in the ring to `read`, as many as are wanted at once and as words, up to this ticket; or, once the
  /// program is over, up to the first that was never finished.
  take(until, most, read) {
    const { words } = this;
    for (let taken = words[TAKEN]; ((until - taken) | 0) > 0; ) {
      const place = taken & (CAPACITY - 1), room = Math.min(most, CAPACITY - place, (until - taken) | 0);
      let count = 0;
      while (count < room && this.#isWritten(taken + count, place + count)) count += 1;
      if (count === 0) {
        if (this.isOver) return;
        // Whoever writes it is about to finish.
        Atomics.wait(words, NEVER, 0, 0.1);
        continue;
      }
      const at = HEADER + place * RECORD.SIZE;
      read(words.subarray(at, at + count * RECORD.SIZE), count);
      taken = (taken + count) | 0;
      Atomics.store(words, TAKEN, taken);
      Atomics.notify(words, TAKEN);
    }
  }

  #isWritten(ticket, place) {
    return Atomics.load(this.words, HEADER + place * RECORD.SIZE + RECORD.TICKET) === ((ticket + 1) | 0);
  }

  /// Lets the reader sleep until there is something new, or for so many milliseconds.
  nap(most) {
    const { words } = this;
    Atomics.store(words, NAPPING, 1);
    const nothing = Atomics.load(words, NEXT) === words[TAKEN] && Atomics.load(words, STILL) === 0 && !this.isOver;
    if (nothing) Atomics.wait(words, NAPPING, 1, most);
    Atomics.store(words, NAPPING, 0);
    // Others come soon after one: all of them are read at once.
    if (nothing && !this.isOver) Atomics.wait(words, NEVER, 0, 1);
  }

  /// Lets the reader sleep for so many milliseconds.
  pause(milliseconds) {
    Atomics.wait(this.words, NEVER, 0, milliseconds);
  }
}
