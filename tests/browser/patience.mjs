// How long tests wait for what should come, before they fail with a sentence: longer on a machine that has other things to do.

import { availableParallelism, loadavg } from "node:os";

/** So many milliseconds of a machine that is free, on this one as it is now. */
const patience = (ms) => ms * Math.max(1, loadavg()[0] / availableParallelism());

/** From now on: whether so many milliseconds are over. */
export function limit(ms) {
  const begun = performance.now();
  return () => performance.now() - begun > patience(ms);
}

/** What a promise gives, unless it takes longer than so many milliseconds: then it fails with this sentence. */
export function within(ms, promise, sentence) {
  const begun = performance.now();
  let timer;
  const late = new Promise((_, failed) => {
    const look = () => {
      const taken = performance.now() - begun, left = patience(ms) - taken;
      if (left > 0) timer = setTimeout(look, Math.ceil(left));
      else failed(new Error(`${sentence} (after ${Math.round(taken / 1000)} s)`));
    };
    look();
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
