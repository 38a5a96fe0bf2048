// What `threadlink new --web` has made in the folder PROJECT, built by `threadlink build --web`: the page runs the program. A picture of it goes to the file PICTURE, if that is given.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Browser } from "./browser.mjs";
import { serve } from "./server.mjs";

const { PROJECT, PICTURE } = process.env;

test("the page of a new project runs its program, as often as one likes", async () => {
  const [browser, server] = [await Browser.launch(), await serve({ "": PROJECT })];
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
