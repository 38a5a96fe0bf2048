// What a report's page has to be, by name: `node report.mjs sample PAGE`. With THREADLINK_PICTURES=DIR, pictures of it too.

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { Browser } from "./browser.mjs";

/** What holds for each page once all was done with it: nothing went wrong, and nothing but the page was asked for. */
async function holdsForAll(page) {
  assert.deepEqual(page.problems, []);
  assert.deepEqual(page.requests.filter((url) => !url.startsWith("data:")), [address]);
  // The policy, not only the lack of requests: what would be asked for is refused.
  const refused = await page.evaluate(`fetch("https://example.org/").then(() => "asked", () => "refused")`);
  assert.equal(refused, "refused");
  assert.ok(page.problems.some((problem) => problem.includes("Content Security Policy")), page.problems.join());
  assert.deepEqual(page.requests.filter((url) => url.startsWith("http")), []);
  // Whatever can be used has a name, and no two things have one id.
  const nameless = await page.evaluate(`[...document.querySelectorAll("button, input, [role], canvas, a")]
    .filter((one) => !(one.ariaLabel || one.getAttribute("aria-labelledby") || one.textContent.trim() || one.labels?.length || one.role === "status"))
    .map((one) => one.outerHTML)`);
  assert.deepEqual(nameless, []);
  const twice = await page.evaluate(`(() => {
    const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
  })()`);
  assert.deepEqual(twice, []);
}

/** The first cells of the table's rows. */
const rows = (page) => page.evaluate(`[...document.querySelectorAll("#locks-table > tbody > tr > th b")].map((one) => one.textContent)`);
const text = (page, selector) => page.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`);
const view = (page) => page.evaluate(`[Number(document.querySelector("#canvas").dataset.from), Number(document.querySelector("#canvas").dataset.to)]`);
const draws = (page) => page.evaluate(`Number(document.querySelector("#canvas").dataset.draws)`);
const focused = (page) => page.evaluate("document.activeElement.id");

async function sample(page) {
  assert.equal(await page.evaluate("document.title"), "sample.trace · threadlink report");
  assert.equal(await text(page, "#word"), "A deadlock could happen");
  const verdict = await page.evaluate(`[...document.querySelectorAll(".sentences li")].map((one) => one.textContent)`);
  // What the terminal says, word for word, is compared where the page is made.
  assert.ok(verdict.length >= 3 && verdict.length <= 10, verdict.join("\n"));
  assert.ok(verdict.some((sentence) => /^On another schedule the same run deadlocks: '(left|right)' takes .* while it holds /.test(sentence)), verdict.join("\n"));
  assert.equal(await page.evaluate(`document.querySelector(".sentences a").hash`), "#finding-1");
  assert.ok(verdict.some((sentence) => /^journal was held 7\.00 ms of 7\.00 ms; .* waited .* of (its|their) time for it; the longest hold/.test(sentence)), verdict.join("\n"));

  // The finding: both threads, all four places, with source.
  const finding = await text(page, "#finding-1");
  for (const part of ["left (1)", "right (2)", "accounts", "journal", "Predicted, modulo", "transfer.rs:4"]) {
    assert.ok(finding.includes(part), `${part} is not in the finding: ${finding}`);
  }
  const marked = await page.evaluate(`[...document.querySelectorAll("#finding-1 .here")].map((one) => one.textContent.trim())`);
  assert.deepEqual(marked, [3, 4, 5, 6].map((line) => `${line}    let line = ${line}; // <b>`));

  // The table: sorts by mouse and by keyboard, filters, groups, opens.
  assert.deepEqual(await rows(page), ["journal", "12 locks of transfer.rs:12", "accounts"]);
  await page.click("#grouped");
  assert.deepEqual((await rows(page)).slice(0, 1), ["journal"]);
  assert.equal((await rows(page)).length, 14);
  await page.click("#locks-table th:nth-child(6) button");
  assert.equal(await page.evaluate(`document.querySelector("#locks-table th:nth-child(6)").ariaSort`), "descending");
  const byHold = await rows(page);
  assert.equal(byHold[0], "journal");
  await page.press("Enter");
  assert.equal(await page.evaluate(`document.querySelector("#locks-table th:nth-child(6)").ariaSort`), "ascending");
  assert.equal((await rows(page)).at(-1), "journal");
  assert.notDeepEqual(await rows(page), byHold);
  await page.press("/");
  assert.equal(await focused(page), "locks-filter");
  await page.type("acc");
  assert.deepEqual(await rows(page), ["accounts"]);
  assert.equal(await text(page, "#locks-shown"), "1 of 14");
  await page.press("Escape");
  await page.evaluate(`document.querySelector("#locks-filter").value = ""; document.querySelector("#locks-filter").dispatchEvent(new Event("input"))`);
  await page.click("#contended");
  assert.equal((await rows(page)).length, 13);
  await page.click("#contended");
  await page.click("#locks-table th:nth-child(4) button");
  await page.click("#locks-table .opener");
  assert.equal(await page.evaluate(`document.querySelector("#locks-table .opener").ariaExpanded`), "true");
  const details = await text(page, "#locks-table .details");
  assert.ok(details.includes("left (1) held it, taken at transfer.rs:4, while others waited 5.00 ms"), details);

  // The threads: what their time went for.
  const threads = await page.evaluate(`[...document.querySelectorAll("#threads-table > tbody > tr")].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))`);
  assert.deepEqual(threads.map((row) => row[0]), ["right (2)", "left (1)", "main (0)"]);
  assert.equal(threads[0][3], "5.00 ms");
  assert.ok((await page.evaluate(`document.querySelector("#threads-table .parts").ariaLabel`)).startsWith("lock 71 %"));

  // The timeline: zooms by button and by keyboard, moves, chooses; what it says is right.
  await page.press("3");
  assert.equal(await focused(page), "canvas");
  const whole = await view(page);
  assert.equal(whole[0], 0);
  assert.ok((await draws(page)) > 20);
  for (const _ of [1, 2]) await page.press("+");
  const [from, to] = await view(page);
  assert.ok(Math.abs(to - from - whole[1] / 4) < 2, `${from} to ${to} of ${whole}`);
  await page.press("ArrowRight");
  assert.ok((await view(page))[0] > from);
  await page.press("0");
  assert.deepEqual(await view(page), whole);
  await page.click("#zoom-in");
  assert.ok((await view(page))[1] - (await view(page))[0] < whole[1] * 0.6);
  await page.click("#longest");
  const told = await text(page, "#interval");
  assert.ok(/right \(2\) waits for a lock journal for 5\.00 ms/.test(told), told);
  assert.ok(told.includes("transfer.rs:5:9") || told.includes("transfer.rs:5"), told);
  await page.press("3");
  await page.press("ArrowUp");
  await page.press("0");
  await page.press("Escape");
  await page.press("n");
  assert.ok((await text(page, "#interval")).startsWith("left (1) holds"), await text(page, "#interval"));
  const first = await text(page, "#interval");
  await page.press("n");
  assert.notEqual(await text(page, "#interval"), first);
  await page.press("p");
  assert.equal(await text(page, "#interval"), first);
  for (const key of ["n", "n", "Enter"]) await page.press(key);
  assert.ok((await text(page, "#interval")).startsWith("left (1) waits for a lock transfer.rs:12 0x1000 for 100 ns"), await text(page, "#interval"));
  assert.ok((await view(page))[1] - (await view(page))[0] < 400);

  // The order: both lines are in the circle that is predicted.
  assert.equal(await page.evaluate(`document.querySelectorAll("#order-body path.line.predicted").length`), 2);
  await page.evaluate(`document.querySelector("#order-body .box").focus()`);
  await page.press("Enter");
  assert.equal(await page.evaluate(`document.querySelector("#order-body .box").ariaPressed`), "true");
  assert.ok((await text(page, "#order-told")).includes("held, taken at"));

  // The mode: by key, by button, and as the system has it.
  const back = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
  const light = await back();
  await page.press("t");
  const dark = await back();
  assert.notEqual(dark, light);
  await page.click("#theme");
  assert.equal(await back(), light);
  const other = await browser.page({ dark: true });
  await other.open(address);
  assert.equal(await other.evaluate("getComputedStyle(document.body).backgroundColor"), dark);
  await other.close();

  // The keys are listed.
  await page.press("?");
  assert.equal(await page.evaluate(`document.querySelector("#keys").open`), true);
  await page.press("Escape");
  assert.equal(await page.evaluate(`document.querySelector("#keys").open`), false);

  await fits(page);
}

/** Nothing is wider than the window, however narrow it is. */
async function fits(page) {
  for (const width of [1600, 800, 360]) {
    await page.size(width, 800);
    await page.frame();
    const wide = await page.evaluate(`[document.documentElement.scrollWidth, innerWidth]`);
    assert.equal(wide[0], wide[1], `the page is ${wide[0]} wide in a window of ${wide[1]}`);
  }
  await page.size(1280, 800);
}

async function hostile(page) {
  assert.equal(await page.evaluate("document.title"), "hostile.trace · threadlink report");
  // All that a name could have made.
  assert.equal(await page.evaluate(`document.querySelectorAll("main img, main svg[onload], main iframe, main script").length`), 0);
  assert.equal(await page.evaluate(`document.querySelectorAll("script").length`), 2);
  const shown = await page.evaluate("document.body.innerText");
  for (const part of ["</script><img src=x onerror=", "<!--<script>", "{{data}}{{script}}", "\\u{202e}\\u{2028}\\0\\u{1b}[2J"]) {
    assert.ok(shown.includes(part), `${part} is not shown`);
  }
  assert.ok(!shown.includes("root:x:0"), "a file outside of the folder was read");
  await page.press("3");
  for (const key of ["n", "n", "Enter", "ArrowDown", "n"]) await page.press(key);
  await page.evaluate(`document.querySelectorAll("#locks-table .opener").forEach((one) => one.click())`);
  await page.evaluate(`document.querySelector("#order-list").open = true`);
  assert.equal(await page.evaluate("document.title"), "hostile.trace · threadlink report");
  await fits(page);
}

async function large(page) {
  // It says what it leaves out.
  const note = await text(page, "#aggregated");
  assert.match(note, /^Aggregated: of [\d,]+ waits and 333,\d+ holds, the longest 24,000 are here one by one/);
  assert.equal(await page.evaluate(`document.querySelectorAll(".warnings").length`), 0);

  // However it is looked at, what is drawn for a frame is bounded: from the whole run to where a nanosecond is pixels.
  await page.press("3");
  const budget = 20_000;
  const most = [];
  const look = async () => {
    await page.frame();
    most.push(await draws(page));
    assert.ok(most.at(-1) <= budget, `${most.at(-1)} rectangles for ${await view(page)}`);
  };
  await look();
  assert.ok(most[0] > 500, `only ${most[0]} rectangles for a million events`);
  let before = await view(page);
  for (let step = 0; step < 60; step++) {
    await page.press("+");
    await look();
    const now = await view(page);
    if (now[1] - now[0] === before[1] - before[0]) break;
    before = now;
  }
  assert.ok(before[1] - before[0] <= 20.001, String(before));
  await page.press("0");
  for (const [width, height] of [[1920, 1400], [360, 640]]) {
    await page.size(width, height);
    await look();
    for (const key of ["+", "+", "+", "+", "ArrowRight", "ArrowDown", "n", "Enter"]) {
      await page.press(key);
      await look();
    }
    await page.press("0");
  }
  await page.size(1280, 800);

  // Most of the locks are there, a part of them at a time.
  await page.click("#grouped");
  const [found, all] = [await text(page, "#locks-shown"), await text(page, "#locks-body .notes")];
  assert.ok(Number(found.replace(",", "")) > 500, found);
  assert.ok(all.includes("of 3,000 locks"), all);
  assert.equal((await rows(page)).length, 25);
  await page.click("#locks-body .more button");
  assert.equal((await rows(page)).length, 125);
  await page.press("/");
  await page.type("file_77.rs");
  assert.match(await text(page, "#locks-shown"), /^[\d,]+ of [\d,]+$/);
}

/** Of both modes, at two widths. */
async function pictures(folder) {
  for (const dark of [false, true]) {
    for (const [size, width] of [["wide", 1440], ["narrow", 390]]) {
      const page = await browser.page({ width, height: 900, dark });
      await page.open(address);
      await page.until("document.documentElement.dataset.ready === ''");
      if (await page.evaluate(`!!document.querySelector("#longest")`)) await page.click("#longest");
      if (await page.evaluate(`!!document.querySelector("#locks-table .opener")`)) await page.click("#locks-table .opener");
      await page.evaluate("scrollTo({ top: 0, behavior: 'instant' })");
      await page.screenshot(join(folder, `${name}-${size}-${dark ? "dark" : "light"}.png`), { whole: true });
    }
  }
}

const [name, file] = process.argv.slice(2);
const address = pathToFileURL(file).href;
const browser = await Browser.launch();
try {
  const page = await browser.page();
  await page.open(address);
  await page.until("document.documentElement.dataset.ready === ''");
  await { sample, hostile, large }[name](page);
  await holdsForAll(page);
  if (process.env.THREADLINK_PICTURES) await pictures(process.env.THREADLINK_PICTURES);
} finally {
  await browser.close();
}
