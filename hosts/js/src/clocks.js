// The clocks of a program.

import { monotonic } from "./platform.js";

const NANOS_IN_MILLI = 1_000_000n;

export class Clocks {
  static shared() {
    return new SharedArrayBuffer(8);
  }

  constructor(buffer) {
    this.last = new BigInt64Array(buffer);
  }

  /// Nanoseconds that never go back, whichever threads ask: a page's clocks are rounded, in each worker in another way.
  monotonic() {
    const now = monotonic();
    for (let last = Atomics.load(this.last, 0); ; ) {
      if (last >= now) return last;
      const found = Atomics.compareExchange(this.last, 0, last, now);
      if (found === last) return now;
      last = found;
    }
  }

  /// Nanoseconds since 1970-01-01 00:00 UTC.
  realtime() {
    return BigInt(Date.now()) * NANOS_IN_MILLI;
  }
}
