// Locks that threads share, and how they wait for a word. A lock is a word that is 0 (free), 1 (taken) or 2 (taken, and somebody
// waits). A page's own thread, which may not wait, tries until it gets it: whoever has one of these locks does little with it.

import { mayWait, processors } from "./platform.js";

// So many looks take some 20 us. To wake a thread takes as long, and far longer if its processor has gone to sleep. Where one processor
// has to do for all, what is waited for cannot happen meanwhile.
export const LOOKS = processors() > 1 ? 4000 : 0;

/// Looks for a moment whether a word is no longer this.
export function look(words, at, value, most = LOOKS) {
  for (let looks = 0; looks < most && Atomics.load(words, at) === value; looks++);
}

export function lock(words, at) {
  if (Atomics.compareExchange(words, at, 0, 1) === 0) return;
  look(words, at, 1);
  if (Atomics.compareExchange(words, at, 0, 1) === 0) return;
  while (Atomics.exchange(words, at, 2) !== 0) if (mayWait) Atomics.wait(words, at, 2);
}

export function unlock(words, at) {
  if (Atomics.exchange(words, at, 0) === 2) Atomics.notify(words, at, 1);
}
