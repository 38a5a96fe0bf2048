// What pages do with programs besides running one to its end, and what goes wrong there: node --test pages.mjs. MODULES is a folder
// with storm.wasm and endings.wasm; BROWSER is chromium or firefox.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { openPage } from "./open.mjs";
import { limit } from "./patience.mjs";
import { threads } from "./processes.mjs";
import { serve } from "./server.mjs";

const MODULES = process.env.MODULES;
const JS = fileURLToPath(new URL("../../hosts/js/src", import.meta.url));
const FOLDERS = { "/js": JS, "/modules": MODULES };
const CHROMIUM = process.env.BROWSER !== "firefox";
const PATIENCE_MS = 60_000;

let opened;
before(async () => { opened = await openPage(process.env.BROWSER, FOLDERS); });
after(() => opened?.close());

// In the page: the value of a function with these arguments.
const inPage = (run, ...args) => opened.page.evaluate(`(${run})(...${JSON.stringify(args)})`);

test("what is no module is refused with a sentence that says what there is", async () => {
  const refused = (address) => inPage(async (address) => {
    const { load } = await import("/js/index.js");
    return load(address).then(() => [], ({ kind, message }) => [kind, message]);
  }, address);
  const [kind, message] = await refused("/modules/nothing.wasm");
  assert.equal(kind, "module");
  assert.match(message, /cannot fetch the module .*nothing\.wasm: status 404/);
  // As servers do that have one page for all addresses.
  assert.match((await refused("/"))[1], /is no WebAssembly module \(its server says: text\/html\)/);
  const [, nowhere] = await refused("http://localhost:1/storm.wasm");
  assert.match(nowhere, /cannot fetch the module http:\/\/localhost:1/);
});

test("a module may come with any type, as bytes or as a response", async () => {
  const codes = await inPage(async () => {
    const { load } = await import("/js/index.js");
    const bytes = await (await fetch("/modules/storm.wasm")).arrayBuffer(), options = { args: ["storm", "wide", "2"], stdout: null };
    const found = [];
    for (const from of [bytes, new Response(bytes, { headers: { "Content-Type": "text/plain" } })])
      found.push((await (await load(from, options)).run()).code);
    return found;
  });
  assert.deepEqual(codes, [0, 0]);
});

test("two programs in one page know nothing of each other", async () => {
  const found = await inPage(async () => {
    const { load } = await import("/js/index.js");
    const waits = await load("/modules/endings.wasm", { args: ["endings", "forever"], watch: false, stdout: null, stderr: null });
    const waiting = waits.run();
    const works = await load("/modules/storm.wasm", { args: ["storm", "nested", "3"], stdout: null });
    const { kind } = await works.run();
    const before = waits.workers > 0;
    await waits.terminate();
    return [kind, before, (await waiting).kind, waits.workers, works.workers];
  });
  assert.deepEqual(found, ["returned", true, "terminated", 0, 0]);
});

test("programs that are ended and begun again leave no workers behind", async () => {
  const again = async (times) => {
    const { load } = await import("/js/index.js");
    for (let time = 0; time < times; time++) {
      const program = await load("/modules/storm.wasm", { args: ["storm", "wide", "2"], pool: 1, stdout: null });
      // Some while they run, some before, some after.
      const running = time % 3 > 0 && program.run();
      if (time % 3 === 2) await running;
      await program.terminate();
      if (program.workers !== 0) throw new Error(`${program.workers} workers are left`);
    }
  };
  // Firefox has workers of its own, which come when they want.
  const count = () => (CHROMIUM ? threads(opened.process, "DedicatedWorker") : 0);
  const start = count();
  await inPage(async () => {
    const { load } = await import("/js/index.js");
    globalThis.idle = await load("/modules/storm.wasm", { pool: 2 });
  });
  // The main thread's, and two.
  assert.equal(count(), start + (CHROMIUM ? 3 : 0));
  await inPage(() => idle.terminate());
  await inPage(again, 50);
  const late = limit(PATIENCE_MS);
  // Threads end a little later than the page is told.
  while (count() > start) {
    assert.ok(!late(), `${count()} threads of workers, and ${start} before`);
    await inPage(() => new Promise((done) => setTimeout(done)));
  }
});

// It takes a browser that opens other pages.
if (CHROMIUM)
  test("a page below a path, whose policy allows its own scripts and wasm alone", async () => {
    const policy = { "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };
    const own = `import("./js/index.js").then(async ({ load }) => {
      const program = await load("./modules/storm.wasm", { args: ["storm", "nested", "3"], stdout: null });
      document.title = (await program.run()).kind;
    }, (error) => { document.title = error.message; });`;
    const server = await serve({ "/app/js": JS, "/app/modules": MODULES }, { headers: policy, answers: {
      "/app/": () => ["text/html", '<!doctype html><link rel="icon" href="icon.png"><title>begun</title><script type="module" src="own.js"></script>'],
      "/app/own.js": () => ["text/javascript", own],
      "/app/icon.png": () => ["image/png", ""],
    } });
    try {
      const page = await opened.browser.page();
      await page.open(`${server.origin}/app/`);
      await page.until(`document.title !== "begun"`);
      assert.deepEqual([await page.evaluate("document.title"), page.problems], ["returned", []]);
      await page.close();
    } finally {
      await server.close();
    }
  });
