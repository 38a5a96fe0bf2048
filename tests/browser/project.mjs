// What `threadlink new --web` has made in the folder PROJECT, built by `threadlink build --web`, and served by `threadlink serve`, the
// command THREADLINK: the page runs the program, and so does a plain HTML file of somebody's own. A picture of the page goes to the
// file PICTURE, if that is given.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Browser } from "./browser.mjs";
import { served } from "./served.mjs";

const { PROJECT, PICTURE, THREADLINK } = process.env;

test("the page of a new project runs its program, as often as one likes", async () => {
  const [browser, server] = [await Browser.launch(), await served(THREADLINK, PROJECT)];
  try {
    const page = await browser.page({ width: 640, height: 400 });
    await page.open(`${server.origin}/index.html`);
    assert.equal(await page.evaluate("crossOriginIsolated"), true);
    const output = `document.querySelector("#output").textContent`;
    for (let times = 0; times < 2; times++) {
      await page.click("#run");
      await page.until(`!document.querySelector("#run").disabled && ${output} !== ""`);
      assert.equal(await page.evaluate(output), "all accounts together hold 4000\nexit code 0\n");
    }
    if (PICTURE) await page.screenshot(PICTURE);
    assert.deepEqual(page.problems, []);
  } finally {
    await browser.close();
    await server.close();
  }
});

test("a plain HTML file runs it", async () => {
  writeFileSync(join(PROJECT, "own.html"), `<!doctype html>
<link rel="icon" href="data:,">
<title>somebody's</title>
<pre></pre>
<script type="module">
  import { run } from "./pkg/counted.js";
  const output = document.querySelector("pre");
  const { code } = await run({ stdout: (text) => output.append(text) });
  output.dataset.code = code;
</script>
`);
  const [browser, server] = [await Browser.launch(), await served(THREADLINK, PROJECT)];
  try {
    const page = await browser.page();
    await page.open(`${server.origin}/own.html`);
    await page.until(`document.querySelector("pre").dataset.code !== undefined`);
    const shown = await page.evaluate(`[document.querySelector("pre").textContent, document.querySelector("pre").dataset.code]`);
    assert.deepEqual([shown, page.problems], [["all accounts together hold 4000\n", "0"], []]);
  } finally {
    await browser.close();
    await server.close();
  }
});
