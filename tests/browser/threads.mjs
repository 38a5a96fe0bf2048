// Threads in a real browser: node --test threads.mjs. MODULES is a folder with suite.wasm, unwinding.wasm, storm.wasm, million.wasm, the
// examples' modules, and examples.json, which has what these do under `threadlink run`; BROWSER is chromium or firefox.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { comparable } from "./comparable.mjs";
import { openPage } from "./open.mjs";
import { limit } from "./patience.mjs";
import { runInPage } from "./run.mjs";
import { serve } from "./server.mjs";

const MODULES = process.env.MODULES;
const FOLDERS = { "/js": fileURLToPath(new URL("../../hosts/js/src", import.meta.url)), "/modules": MODULES };

const PATIENCE_MS = 60_000;
const CHROMIUM = process.env.BROWSER !== "firefox";

let opened, browser, page;
before(async () => {
  opened = await openPage(process.env.BROWSER, FOLDERS);
  ({ browser, page } = opened);
});
after(() => opened?.close());

// Text of bytes.
const utf8 = (bytes) => new TextDecoder().decode(Uint8Array.from(bytes));

async function inPage(name, options, busyFor) {
  const found = await page.evaluate(`(${runInPage})(...${JSON.stringify([name, options, busyFor])})`);
  assert.equal(found.workers, 0);
  return { ...found, stdout: utf8(found.stdout), stderr: utf8(found.stderr), bytes: found.stdout };
}

for (const [name, panics] of [["suite", "abort"], ["unwinding", "unwind"]])
  test(`the suite passes where panics ${panics}`, async () => {
    const { code, stdout } = await inPage(name);
    const [, passed, failed, others] = /(\d+) passed, (\d+) failed, (\d+) not applicable\n$/.exec(stdout) ?? assert.fail(stdout);
    assert.deepEqual([code, Number(failed)], [0, 0], stdout);
    assert.ok(passed > 100 && (panics === "abort" || others === "0"), stdout);
  });

test("every example writes what it writes under threadlink run", async () => {
  const examples = JSON.parse(readFileSync(join(MODULES, "examples.json"), "utf8"));
  assert.ok(examples.length > 8, `${examples.length} examples`);
  for (const { name, args, code, stdout } of examples) {
    const there = await inPage(name, { args: [name, ...args] });
    assert.equal(there.code, code, `${name}: ${there.text}`);
    assert.deepEqual(comparable(name, there.bytes), comparable(name, stdout), name);
  }
});

test("panics and exits are told", async () => {
  const panicked = await inPage("storm", { args: ["storm", "what", "1"], pool: 0 });
  assert.deepEqual([panicked.kind, panicked.code], ["panicked", 101], panicked.text);
  assert.match(panicked.place.file, /storm\.rs$/);
  assert.match(panicked.text, /^thread 'main' panicked at .*storm\.rs:\d+:\d+:\n {2}\| no such storm: what\n/);
  const exited = await inPage("mandelbrot", { args: ["mandelbrot", "1"] });
  assert.deepEqual([exited.code, exited.stdout], [2, ""]);
  assert.match(exited.stderr, /usage/);
});

test("40 nested threads from an empty pool, with a page that computes at first; 256 at once", async () => {
  for (const [how, count, pool, busyFor] of [["nested", 40, 0, 1000], ["wide", 256, 4, 0]]) {
    const { code, text, stdout } = await inPage("storm", { args: ["storm", how, `${count}`], pool }, busyFor);
    assert.deepEqual([code, stdout], [0, `${how} ${count}\n`], text);
  }
});

test("a memory grows while threads spin", async () => {
  const { code, text, stdout } = await inPage("storm", { args: ["storm", "growth", "300"] });
  assert.deepEqual([code, stdout], [0, "growth 300\n"], text);
});

test("memory stays flat over 20,000 threads, which take microseconds on a warm pool", async (context) => {
  const { code, text, stdout } = await inPage("million", { args: ["million", "joined", "20000"] });
  const [, first, last] = /^10000 (.*)\n20000 (.*)\n/.exec(stdout) ?? assert.fail(stdout + text);
  assert.deepEqual([code, first], [0, last]);
  const { stdout: timed } = await inPage("storm", { args: ["storm", "time", "20000"] });
  const [, nanos] = /^time (\d+)\n$/.exec(timed) ?? assert.fail(timed);
  context.diagnostic(`${nanos} ns for a spawn and a join`);
  // On a loaded machine as well: a worker that had to be created would take longer.
  assert.ok(nanos < 1_000_000, timed);
});

test("the page's own thread cannot join, and is told so", async () => {
  const said = await page.evaluate(`(async () => {
    const { threads } = await import("/js/imports/threads.js");
    const { Threads } = await import("/js/threads.js");
    const shared = new Threads(Threads.shared(8));
    const id = shared.create(0, () => {}, undefined, () => {});
    try { threads({ threads: shared }).thread_join(id); } catch ({ kind, message }) { return [kind, message]; }
  })()`);
  assert.equal(said[0], "usage");
  assert.match(said[1], /page's own thread cannot wait/);
});

// Waits until the page was reloaded, and is isolated.
async function comesBack(page) {
  const late = limit(PATIENCE_MS);
  for (;;) {
    try {
      if (await page.evaluate(`globalThis.crossOriginIsolated && document.readyState === "complete"`)) return;
    } catch (error) {
      // Between two pages there is none.
      if (!/navigated|context/i.test(error.message)) throw error;
    }
    assert.ok(!late(), "the page never came back isolated");
  }
}

// It takes a browser that opens other pages.
if (CHROMIUM)
  test("a page without the headers is told so, and can isolate itself", async () => {
    const plain = await serve({ ...FOLDERS, "": FOLDERS["/js"] }, { isolated: false });
    try {
      const page = await browser.page();
      await page.open(`${plain.origin}/`);
      const failed = await page.evaluate(
        `import("/js/index.js").then(({ load }) => load("/modules/storm.wasm")).catch(({ kind, message }) => [kind, message])`,
      );
      assert.equal(failed[0], "isolation");
      assert.match(failed[1], /Cross-Origin-Opener-Policy: same-origin/);
      await page.evaluate(`void import("/js/isolate.js").then(({ isolate }) => isolate())`);
      await comesBack(page);
      const done = await page.evaluate(`(${runInPage})("storm", { args: ["storm", "wide", "3"] })`);
      assert.equal(utf8(done.stdout), "wide 3\n");
    } finally {
      await plain.close();
    }
  });
