// What a module calls that `threadlink build --web` has made: in place of the instructions that wait and notify, so that the host
// sees who sleeps at which address, and of functions that ask for whom a lock is made. What the instructions do and when they trap
// is what the threads specification says.

import { KINDS } from "../abi.js";
import { callers } from "../traps.js";

/// What such a module imports these from: the calls of crates/host/src/load/rewrite/calls.rs.
export const WAITS = { module: "threadlink:host", functions: ["wait32", "wait64", "notify", "made_for"] };

const RESULTS = { ok: 0, "not-equal": 1, "timed-out": 2 };
// To Firefox, the longest time that the instructions can name is over at once. Half of it, 146 years, is as long to everybody.
const NANOS_IN_MILLI = 1e6, LIMIT = 2 ** 32, LONGEST = 2 ** 62;

const trap = (message) => { throw new WebAssembly.RuntimeError(message); };

/// The functions for one worker, which stands for one thread at a time.
export function waits(worker) {
  const { memory, threads, journal, stillness } = worker;
  const place = (base, offset, size) => {
    if (threads.isOver) worker.leave();
    const address = (base >>> 0) + (offset >>> 0);
    if (address >= LIMIT) trap("memory access out of bounds");
    if (address % size !== 0) trap("operation does not support unaligned accesses");
    if (!memory.has(address, size)) trap("memory access out of bounds");
    return address;
  };
  const wait = (view, address, expected, timeout) => {
    const limited = timeout >= 0n, index = address / view.BYTES_PER_ELEMENT;
    journal.note(limited ? KINDS.NAP : KINDS.SLEEP, address, Number(BigInt.asIntN(32, BigInt(expected))));
    stillness.sleeps(limited);
    const how = RESULTS[Atomics.wait(view, index, expected, limited ? Math.min(Number(timeout), LONGEST) / NANOS_IN_MILLI : Infinity)];
    stillness.awakes(limited, how);
    journal.note(KINDS.AWAKE, address, how);
    if (threads.isOver) worker.leave();
    return how;
  };
  return {
    wait32: (base, expected, timeout, offset) => {
      const address = place(base, offset, 4);
      return wait(memory.words, address, expected, timeout);
    },
    wait64: (base, expected, timeout, offset) => {
      const address = place(base, offset, 8);
      return wait(new BigInt64Array(memory.words.buffer), address, expected, timeout);
    },
    notify: (base, count, offset) => {
      const address = place(base, offset, 4);
      journal.note(KINDS.WAKEN, address, count);
      const woken = Atomics.notify(memory.words, address / 4, count >>> 0);
      stillness.woken(woken);
      return woken;
    },
    made_for: () => (journal.namesPlaces ? worker.places.site(callers(worker.places)) : 0),
  };
}
