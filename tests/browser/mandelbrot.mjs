// The page of the example mandelbrot: node --test mandelbrot.mjs. PAGE is a folder with it and its package, THREADLINK the command,
// PICTURE the PNG of 360 by 240 pixels that `threadlink run` has made. PICTURES is a folder for screenshots, if they are wanted.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { join } from "node:path";

import { Browser } from "./browser.mjs";
import { served } from "./served.mjs";

const { PAGE, THREADLINK, PICTURE, PICTURES } = process.env;

// How far what stands on the page is from what it stands on, as WCAG counts it.
const CONTRASTS = () => {
  const parts = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((part) => ((part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return parts(colour)[3] === 0 && element.parentElement ? ground(element.parentElement) : colour;
  };
  return ["h1", "p", "output", "button"].map((name) => {
    const element = document.querySelector(name), [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort();
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
};

test("the page has the pixels that the command writes, on a phone and in the dark", async () => {
  const [browser, server] = [await Browser.launch(), await served(THREADLINK, PAGE)];
  try {
    const expected = readFileSync(PICTURE).toString("base64");
    for (const [name, look] of Object.entries({ wide: { width: 1100, height: 900 }, phone: { width: 360, height: 640, dark: true } })) {
      const page = await browser.page(look);
      await page.open(`${server.origin}/index.html?width=360&height=240`);
      await page.until(`!document.querySelector("button").disabled`);
      const said = await page.evaluate(`document.querySelector("output").textContent`);
      assert.match(said, /^360 x 240 pixels, computed by \d+ threads, in [\d.]+ s$/);
      const [differ, done] = await page.evaluate(`(async () => {
        const canvas = document.querySelector("canvas"), { width, height } = canvas;
        const png = Uint8Array.from(atob("${expected}"), (letter) => letter.charCodeAt(0));
        const other = new OffscreenCanvas(width, height).getContext("2d");
        other.drawImage(await createImageBitmap(new Blob([png], { type: "image/png" })), 0, 0);
        const [a, b] = [canvas.getContext("2d"), other].map((context) => context.getImageData(0, 0, width, height).data);
        const { value, max } = document.querySelector("progress");
        return [a.reduce((count, byte, at) => count + (byte !== b[at]), a.length - b.length), value === max];
      })()`);
      assert.deepEqual([differ, done], [0, true]);
      const wider = await page.evaluate(`document.documentElement.scrollWidth - innerWidth`);
      assert.ok(wider <= 0, `the page is ${wider} pixels too wide`);
      for (const contrast of await page.evaluate(`(${CONTRASTS})()`)) assert.ok(contrast >= 4.5, `a contrast of ${contrast}`);
      if (PICTURES) await page.screenshot(join(PICTURES, `${name}.png`));
      assert.deepEqual(page.problems, []);
      await page.close();
    }
  } finally {
    await browser.close();
    await server.close();
  }
});
