// The clocks of a program.

import { monotonic } from "./platform.js";

const NANOS_IN_MILLI = 1_000_000n;
// How far clocks are apart by rounding alone, at most.
const ROUNDING = 50_000n;

export class Clocks {
  static shared() {
    return new SharedArrayBuffer(8);
  }

  constructor(buffer) {
    this.last = new BigInt64Array(buffer);
    this.own = 0n;
    this.behind = 0n;
  }

  /// Nanoseconds that never go back, whichever threads ask, and go on between two questions of one thread: a page's clock is
  /// rounded, and without that a short sleep would take no time.
  ///
  /// In a page each worker has a clock of its own. One that is behind the others' by more than rounding explains catches up for
  /// good, so that what it measures from then on is right; one that is behind by less waits until it is not.
  monotonic() {
    for (let begun; ; ) {
      const read = monotonic(), last = Atomics.load(this.last, 0);
      let now = read + this.behind;
      if (last > now) {
        begun ??= read;
        if (last - now <= ROUNDING && read - begun <= ROUNDING) continue;
        this.behind += last - now;
        now = last;
      }
      if (now <= this.own || Atomics.compareExchange(this.last, 0, last, now) !== last) continue;
      this.own = now;
      return now;
    }
  }

  /// Nanoseconds since 1970-01-01 00:00 UTC.
  realtime() {
    return BigInt(Date.now()) * NANOS_IN_MILLI;
  }
}
