// How threads wait that hand each other things in turn, as one that starts threads and one that runs them: whoever waits can look for
// a while before it sleeps. What pays depends on the machine, and changes. Where each has a processor, to look takes next to no
// time; but to wake one on a processor that has gone to sleep can take 100 us, and then looks that are shorter than that never see
// anything. Where both are on one processor, what one looks for cannot happen meanwhile. So the program tries what takes how long.

import { LOOKS, look } from "./lock.js";

// How often each way has one look: a while, not at all, and long enough for a processor to wake up.
const WAYS = [LOOKS, 0, 12 * LOOKS];
const USUAL = 0, LONG = 2;

// Words: the way in use, when it was last looked into that, and for each way how long a turn has taken, 0 if that is not known.
const WAY = 0, SINCE = 1, COSTS = 2;
/// How many words there are.
export const PATIENCE_WORDS = COSTS + WAYS.length;

// Turns after which it is looked into; how many such periods there are between two in which another way is tried.
const PERIOD = 16, TRY = 64;
// Microseconds of a turn: above which the turns are so few that how to wait is not what matters; and up to which a long look is not
// worth a try. Costs are in nanoseconds.
const RARE = 1000, GOOD = 40;

const micros = () => Math.round((performance.timeOrigin + performance.now()) * 1e3) | 0;

export class Patience {
  /// Its words, which all threads of a program share, begin there.
  constructor(words, at) {
    Object.assign(this, { words, at });
  }

  /// Looks whether a word is no longer this.
  look(words, at, value) {
    look(words, at, value, WAYS[Atomics.load(this.words, this.at + WAY)]);
  }

  /// Another turn begins: its number, of which each comes once.
  turn(number) {
    if (number % PERIOD !== 0) return;
    const { words, at } = this, now = micros(), took = ((now - words[at + SINCE]) | 0) / PERIOD;
    words[at + SINCE] = now;
    // The first one is no measure either: nobody knows when it began.
    if (took < 0 || took > RARE) {
      Atomics.store(words, at + WAY, USUAL);
      return;
    }
    const way = words[at + WAY], cost = at + COSTS + way, nanos = Math.max(1, took * 1e3);
    // What was known of a way that is only tried may have been long ago.
    words[cost] = words[cost] && way === this.#best() ? (words[cost] + nanos) / 2 : nanos;
    const best = this.#best(), period = (number >>> 0) / PERIOD;
    Atomics.store(words, at + WAY, period % TRY === 0 ? this.#other(best, period / TRY) : best);
  }

  #best() {
    const costs = WAYS.map((_, way) => this.words[this.at + COSTS + way] || Infinity);
    const least = Math.min(...costs);
    return least === Infinity ? USUAL : costs.indexOf(least);
  }

  // Which way to try besides the best one: each in its turn.
  #other(best, trial) {
    const good = this.words[this.at + COSTS + best] < GOOD * 1e3;
    const others = WAYS.map((_, way) => way).filter((way) => way !== best && !(way === LONG && good));
    return others[trial % others.length];
  }
}
