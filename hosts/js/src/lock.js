// A lock that threads share: a word that is 0 (free), 1 (taken) or 2 (taken, and somebody waits). A page's own thread, which may
// not wait, tries until it gets it: whoever has one of these locks does little with it.

import { mayWait } from "./platform.js";

export function lock(words, at) {
  if (Atomics.compareExchange(words, at, 0, 1) === 0) return;
  while (Atomics.exchange(words, at, 2) !== 0) if (mayWait) Atomics.wait(words, at, 2);
}

export function unlock(words, at) {
  if (Atomics.exchange(words, at, 0) === 2) Atomics.notify(words, at, 1);
}
