// Memory that a program is given before its first thread starts.
//
// V8 (seen in version 12 and later) checks an atomic access against a size of the memory that it may have from before another
// thread has grown it, and traps. A memory that need not grow while threads run is safe from that, so the program's own
// allocator is given as much as it may want, and keeps it: memory that nobody touches costs addresses only.

import { EXPORTS } from "./abi.js";

const ALIGNMENT = 16, LEAST = 1 << 20, PAGE = 65536;

/// Lets the allocator of an instance have so many bytes, or as many as it can get: half, a quarter and so on.
export function reserve({ exports, thread, memory }, bytes) {
  const { [EXPORTS.MALLOC]: allocate, [EXPORTS.FREE]: free } = exports;
  if (!allocate || !free) return;
  for (let size = bytes; size >= LEAST; size = Math.floor(size / 2 / PAGE) * PAGE) {
    try {
      free(allocate(size, ALIGNMENT), size, ALIGNMENT);
      return;
    } catch {
      // It traps when there is no more.
      thread.block?.forgetEnd();
    }
  }
}
