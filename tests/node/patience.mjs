// How threads find out which way to wait pays: node --test patience.mjs. The machine is made up: what a turn takes, in microseconds, is
// said for each way.

import assert from "node:assert/strict";
import { test } from "node:test";

let now = 0;
Object.defineProperty(globalThis, "performance", { value: { timeOrigin: 1e12, now: () => now / 1e3 } });
const { PATIENCE_WORDS, Patience } = await import("../../hosts/js/src/patience.js");

const A_WHILE = 0, AT_ONCE = 1, LONG = 2;

const words = new Int32Array(new SharedArrayBuffer(4 * PATIENCE_WORDS)), patience = new Patience(words, 0);
let number = 2 ** 31 - 50_000;

/** So many turns: how long each took, and in which way most of them were waited for. */
function turns(count, machine) {
  const used = [0, 0, 0], started = now;
  for (let turn = 0; turn < count; turn++) {
    used[words[0]] += 1;
    now += machine[words[0]];
    patience.turn(number);
    number = (number + 1) | 0;
  }
  return { each: (now - started) / count, most: used.indexOf(Math.max(...used)) };
}

test("the way is used that takes the least time, also when that changes", () => {
  // On one processor; on two; on two that fall asleep; and again.
  const one = [60, 15, 330], two = [4, 20, 4], asleep = [220, 200, 5];
  for (const [machine, way] of [[two, A_WHILE], [one, AT_ONCE], [asleep, LONG], [one, AT_ONCE], [two, A_WHILE], [asleep, LONG]]) {
    turns(20_000, machine);
    const { each, most } = turns(100_000, machine);
    assert.equal(most, way, `${machine}: ${each}`);
    // What it takes to try the others.
    assert.ok(each < machine[way] + 5, `${machine}: ${each}`);
  }
});

test("where turns are rare nobody looks for long", () => {
  assert.equal(turns(1000, [5000, 5000, 5000]).most, A_WHILE);
});
