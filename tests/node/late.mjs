// A program that ends before the page's side has heard that a worker is ready: node late.mjs STORM.wasm. Prints how it ended, and how
// many workers the process has not waited for after that: with none to wait for it would be gone too early.

import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

import { load } from "../../hosts/js/src/index.js";

const { on, unref } = Worker.prototype, held = [];
let workers = 0, over = false, left = 0;

// What workers say that they are ready, but for the first one's, is heard after the end.
Worker.prototype.on = function (event, heard) {
  if (event !== "message") return on.call(this, event, heard);
  const isFirst = workers++ === 0;
  return on.call(this, event, (message) => {
    if (message.ready && !isFirst) return held.push(() => heard(message));
    heard(message);
    over ||= message.end !== undefined;
    if (over) for (const deliver of held.splice(0)) deliver();
  });
};
Worker.prototype.unref = function () {
  if (over) left += 1;
  return unref.call(this);
};

const program = await load(readFileSync(process.argv[2]), { args: ["storm", "nested", "1"], pool: 0, stdout: null });
const { kind } = await program.run();
console.log(kind, workers, left);
