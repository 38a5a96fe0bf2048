// A program with wasm-bindgen in a real browser: node --test bindgen.mjs. PACKAGE is what `threadlink build --web --bindgen` has made
// of tests/bindgen; BROWSER is chromium or firefox.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openPage } from "./open.mjs";

const { PACKAGE, BROWSER } = process.env;

let opened, page;
before(async () => {
  opened = await openPage(BROWSER, { "/pkg": PACKAGE });
  page = opened.page;
});
after(() => opened?.close());

// In the page: the value of a function with these arguments.
const inPage = (run, ...args) => page.evaluate(`(${run})(...${JSON.stringify(args)})`);

test("threads change what the page owns, and talk with JavaScript; the page shows it", async () => {
  const found = await inPage(async () => {
    const { default: init, Counter, has_document } = await import("/pkg/bindgen.js");
    const problems = [];
    globalThis.program = await init({ pool: 4, stderr: (text) => problems.push(text) });
    globalThis.counter = new Counter();
    counter.start(4, 20000);
    // The page wants the lock as well, and may not wait for it.
    counter.count_here(20000);
    const late = performance.now() + 60000;
    while (counter.at_work > 0 && performance.now() < late) await new Promise((done) => setTimeout(done, 1));
    const shown = document.createElement("p");
    shown.id = "shown";
    document.body.append(shown);
    counter.show("shown");
    return { problems, count: counter.count, names: counter.names(), text: shown.textContent, document: has_document() };
  });
  assert.deepEqual(found, {
    problems: [],
    count: 100000,
    names: ["thread 0", "thread 1", "thread 2", "thread 3"],
    text: "100000",
    document: true,
  });
});

test("a page has such a program once", async () => {
  const said = await inPage(async () => {
    const { default: init } = await import("/pkg/bindgen.js");
    return init().catch(({ kind, message }) => [kind, message]);
  });
  assert.equal(said[0], "usage");
  assert.match(said[1], /has the program already/);
});

test("a panic on the page's own thread is an error with its place, and the end", async () => {
  const [first, second, ended] = await inPage(async () => {
    const { panic, has_document } = await import("/pkg/bindgen.js");
    const failure = (call) => {
      try {
        return call();
      } catch ({ kind, message, place }) {
        return [kind, message, place?.file];
      }
    };
    const said = [failure(() => panic("nothing goes")), failure(has_document)];
    const { kind, code } = await program.ended;
    return [...said, [kind, code, program.workers]];
  });
  assert.deepEqual(first, ["panicked", "thread 'main': nothing goes", "src/lib.rs"]);
  assert.deepEqual(second, first);
  assert.deepEqual(ended, ["panicked", 101, 0]);
});

test("the main thread can be a worker's, where threads are joined; what they leave behind is taken back", async () => {
  const found = await inPage(async () => {
    const { load } = await import("/pkg/bindgen_program.js");
    const program = await load({ pool: 2, reserve: 0 });
    const seen = [];
    for (let times = 0; times < 3; times++) {
      const made = await program.call("values", 400, 10);
      seen.push({ made, workers: program.workers <= 4, bytes: program.view(0, 0).buffer.byteLength });
    }
    const hasDocument = await program.call("has_document");
    await program.terminate();
    return { seen, hasDocument };
  });
  const [first, , last] = found.seen;
  assert.deepEqual([first.made, first.workers, last.made, last.workers], [4000, true, 4000, true]);
  // Workers have come and gone.
  assert.ok(last.bytes - first.bytes <= 1 << 20, `${JSON.stringify(found.seen)}`);
  assert.equal(found.hasDocument, 0);
});

test("a join on the page's own thread is refused with a sentence", async () => {
  const { origin, browser } = opened;
  // It ends the program, and a page has one.
  if (!browser) return;
  const other = await browser.page();
  await other.open(`${origin}/`);
  const said = await other.evaluate(`import("/pkg/bindgen.js").then(async ({ default: init, join }) => {
    await init({ pool: 1 });
    try { join(); } catch ({ kind, message }) { return [kind, message]; }
  })`);
  assert.match(said[1], /page's own thread cannot wait/);
});
