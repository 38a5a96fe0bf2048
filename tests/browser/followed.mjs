// Programs that are followed in a real browser: node --test followed.mjs. PACKAGES is a folder with what `threadlink build --web`
// has made of the traced examples deadlock and bank, and of the guests standstill and truth; their traces go there, for who calls this to
// read. BROWSER is chromium or firefox.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Browser } from "./browser.mjs";
import { Firefox } from "./firefox.mjs";
import { serve } from "./server.mjs";

const { PACKAGES } = process.env;
const FOLDERS = { "/packages": PACKAGES };

let browser, server, page;
before(async () => {
  if (process.env.BROWSER === "firefox") {
    page = browser = await Firefox.launch(FOLDERS);
    return;
  }
  browser = await Browser.launch();
  server = await serve(FOLDERS);
  page = await browser.page();
  await page.open(`${server.origin}/`);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

// In the page: runs a package's program, and tells how it ended, what it wrote, and its trace as text of base 64.
const RUN = async (name, args, traced) => {
  const { load } = await import(`/packages/${name}/${name}.js`);
  const pieces = [];
  let written = "";
  const options = traced ? { trace: (bytes) => pieces.push(bytes) } : {};
  const program = await load({ stdout: (text) => { written += text; }, stderr: null, ...options, args: [name, ...args] });
  const { kind, code, text, trace } = await program.run();
  const encoded = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.replace(/^.*,/, ""));
    reader.readAsDataURL(new Blob(pieces));
  });
  return { kind, code, text, trace, written, encoded };
};

async function inPage(name, args = [], traced = false) {
  const found = await page.evaluate(`(${RUN})(...${JSON.stringify([name, args, traced])})`);
  return { ...found, bytes: Buffer.from(found.encoded, "base64") };
}

test("a deadlock of locks is an outcome with a report, and in the trace", async () => {
  const { kind, code, text, written, bytes } = await inPage("deadlock", [], true);
  assert.deepEqual([kind, code], ["deadlock", 3], text);
  assert.equal(written, "two threads are about to wait for each other\n");
  assert.match(text, /^deadlock: .*\n(?:.*\n)*.*waits for lock Table\.left 0x[0-9a-f]+ at .*main\.rs:\d+:\d+\n/);
  writeFileSync(join(PACKAGES, "deadlock.trace"), bytes);
});

test("threads that all sleep are told of, with nothing that locks say", async () => {
  for (const how of ["condvar", "channel"]) {
    const { kind, code, text } = await inPage("standstill", [how]);
    assert.deepEqual([kind, code], ["deadlock", 3], text);
    assert.match(text, /^deadlock: /);
  }
  assert.equal((await inPage("standstill", ["timed"])).code, 0);
});

test("a trace has all events", async () => {
  const { code, text, trace, bytes } = await inPage("bank", [], true);
  assert.equal(code, 0, text);
  assert.ok(trace.events > 10_000, JSON.stringify(trace));
  writeFileSync(join(PACKAGES, "bank.trace"), bytes);
});

test("locks that std makes are placed where the program has them made", async () => {
  const { code, text, bytes } = await inPage("truth", ["made"], true);
  assert.equal(code, 0, text);
  writeFileSync(join(PACKAGES, "truth.trace"), bytes);
});
