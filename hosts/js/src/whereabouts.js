// Where each thread of a program sleeps, for the day on which all of them do. It costs less than what a journal writes down, and is
// all that there is to know of a program whose locks say nothing.

import { KINDS } from "./abi.js";
import { unwritten } from "./journal.js";

// Places for threads: a power of two. Of two that share one, one is not seen, and there is no report.
const PLACES = 1 << 14;

// Words at the beginning, and of a place: the thread, what it does, and the two words that say what for.
const AWAKE = 0, TIMED = 1, HEADER = 4;
const THREAD = 0, KIND = 1, ADDRESS = 2, SECOND = 3, SIZE = 4;

const SLEEPS = [KINDS.SLEEP, KINDS.JOIN_REQUEST];

export class Whereabouts {
  /// Those of a new program, whose main thread is awake.
  static shared() {
    const buffer = new SharedArrayBuffer(4 * (HEADER + PLACES * SIZE));
    new Int32Array(buffer)[AWAKE] = 1;
    return buffer;
  }

  /// The words that say how many threads are awake.
  static counts = { awake: AWAKE, timed: TIMED };

  constructor(buffer) {
    this.words = new Int32Array(buffer);
  }

  #place(id) {
    return HEADER + (id % PLACES) * SIZE;
  }

  // As a journal has it.

  hooks = unwritten.hooks;

  describe() {}

  forks() {}

  ends() {}

  /// The worker runs this thread from here on.
  begin(id) {
    this.id = id;
    this.at = this.#place(id);
  }

  /// What the thread is about to do, or has done.
  note(kind, address, second = 0) {
    const { words, at } = this;
    words[at + KIND] = SLEEPS.includes(kind) ? kind : 0;
    if (words[at + KIND] === 0) return;
    words[at + THREAD] = this.id;
    words[at + ADDRESS] = address;
    words[at + SECOND] = second;
  }

  /// What a thread sleeps for, if it does.
  of(id) {
    const { words } = this, at = this.#place(id);
    return words[at + KIND] && words[at + THREAD] === id
      ? { kind: words[at + KIND], address: words[at + ADDRESS] >>> 0, second: words[at + SECOND] }
      : undefined;
  }
}
