// A lock that threads share: a word that is 0 (free), 1 (taken) or 2 (taken, and somebody waits). Only threads that may wait
// take one; a page may not, and needs none.

export function lock(words, at) {
  if (Atomics.compareExchange(words, at, 0, 1) === 0) return;
  while (Atomics.exchange(words, at, 2) !== 0) Atomics.wait(words, at, 2);
}

export function unlock(words, at) {
  if (Atomics.exchange(words, at, 0) === 2) Atomics.notify(words, at, 1);
}
