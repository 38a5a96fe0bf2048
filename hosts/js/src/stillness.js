// How many threads of a program can still do something without another one's help: counted by the threads themselves, so that
// the last one to fall asleep knows that nobody is left to wake it.
//
// A thread counts itself out before it sleeps. Who wakes it counts it in again, before it counts itself out; one that wakes by
// itself counts itself in. So nobody counts as asleep whom somebody has woken.

// How a wait ended: the numbers of the instruction.
const WOKEN = 0;

/// Nobody wants to know.
export const uncounted = {
  starts() {}, ends() {}, sleeps() {}, woken() {}, awakes() {},
};

/// Counts in two words of memory that all threads share; `still` is called by the last one.
export class Stillness {
  constructor(words, { awake, timed }, still) {
    Object.assign(this, { words, awake, timed, still });
  }

  /// A thread is about to be started.
  starts() {
    Atomics.add(this.words, this.awake, 1);
  }

  /// The thread ends, after it has woken all that waited for that.
  ends() {
    this.#out();
  }

  /// The thread is about to sleep, for some time at most if `limited`.
  sleeps(limited) {
    if (limited) Atomics.add(this.words, this.timed, 1);
    this.#out();
  }

  /// The thread has woken so many.
  woken(count) {
    if (count > 0) Atomics.add(this.words, this.awake, count);
  }

  /// The thread does not sleep any more.
  awakes(limited, how) {
    if (how !== WOKEN) Atomics.add(this.words, this.awake, 1);
    if (limited) Atomics.sub(this.words, this.timed, 1);
  }

  #out() {
    if (Atomics.sub(this.words, this.awake, 1) === 1) this.still();
  }

  /// Whether all threads sleep until another one wakes them.
  static is(words, { awake, timed }) {
    return Atomics.load(words, awake) === 0 && Atomics.load(words, timed) === 0;
  }
}
