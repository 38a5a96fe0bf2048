// A headless Chromium for tests, over the pipe of its DevTools protocol: no package, no port.
//
//   import { Browser } from "./browser.mjs";
//   const browser = await Browser.launch();
//   const page = await browser.page({ width: 1280, height: 800, dark: false });
//   await page.open("file:///tmp/page.html");
//   assert.equal(await page.evaluate("document.title"), "...");
//   await browser.close();
//
// A page keeps what went wrong in it (`problems`) and every address that it asked for (`requests`). Nothing waits by the
// clock: `until` polls what is to become true, and a limit, which grows with the machine's load, ends whatever hangs with a sentence.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { limit, within } from "./patience.mjs";

/** How long one call or condition may take before the test has failed. */
const PATIENCE_MS = 60_000;

/** Nothing of the browser's own may reach for the network, and each start is the first one. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--hide-scrollbars",
  "--force-device-scale-factor=1",
  "--remote-debugging-pipe",
];

/** The program: `$THREADLINK_CHROMIUM`, or one of these names in the path. */
function program() {
  const named = process.env.THREADLINK_CHROMIUM;
  if (named) return named;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const directory of (process.env.PATH ?? "").split(delimiter)) {
      if (directory && existsSync(join(directory, name))) return join(directory, name);
    }
  }
  throw new Error(
    "no chromium in the path: install it (`apt-get install chromium`), or say where it is in THREADLINK_CHROMIUM",
  );
}

/** A promise with its ends outside. */
function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

export class Browser {
  #child;
  #profile;
  #calls = new Map();
  #pages = new Map();
  #last = 0;
  #rest = "";
  #said = "";

  /** Starts a browser with a profile of its own; `flags` are more arguments. */
  static async launch({ flags = [] } = {}) {
    const browser = new Browser();
    browser.#profile = await mkdtemp(join(tmpdir(), "threadlink-browser-"));
    const profile = `--user-data-dir=${browser.#profile}`;
    const stdio = ["ignore", "ignore", "pipe", "pipe", "pipe"];
    browser.#child = spawn(program(), [...FLAGS, profile, ...flags, "about:blank"], { stdio });
    browser.#child.stderr.on("data", (text) => (browser.#said = (browser.#said + text).slice(-4000)));
    browser.#child.on("error", (error) => browser.#fail(error));
    browser.#child.on("exit", (code, signal) =>
      browser.#fail(new Error(`chromium has ended (${signal ?? code}). It said:\n${browser.#said}`)),
    );
    browser.#child.stdio[3].on("error", () => {});
    browser.#child.stdio[4].setEncoding("utf8").on("data", (text) => browser.#receive(text));
    browser.version = (await browser.call("Browser.getVersion")).product.split("/").at(-1);
    return browser;
  }

  /** A new page. `dark` is what the system is said to prefer. */
  async page({ width = 1280, height = 800, dark = false } = {}) {
    const { targetId } = await this.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId);
    this.#pages.set(sessionId, page);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.call(`${domain}.enable`);
    // Also behind another page: else nothing would be drawn in it.
    await page.call("Emulation.setFocusEmulationEnabled", { enabled: true });
    await page.size(width, height);
    await page.prefers(dark);
    return page;
  }

  /** Calls a method of the protocol, which may take so long. */
  async call(method, params = {}, sessionId = undefined, ms = PATIENCE_MS) {
    const id = ++this.#last;
    const answer = deferred();
    this.#calls.set(id, answer);
    this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    try {
      return await within(ms, answer.promise, `chromium did not answer ${method}`);
    } finally {
      this.#calls.delete(id);
    }
  }

  /** The number of its process, which has begun all others. */
  get process() {
    return this.#child.pid;
  }

  /** Ends the browser and deletes its profile. */
  async close() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  #receive(text) {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop();
    for (const message of messages) {
      const { id, error, result, method, params, sessionId } = JSON.parse(message);
      if (id === undefined) this.#pages.get(sessionId)?.event(method, params);
      else if (error) this.#calls.get(id)?.reject(new Error(error.message));
      else this.#calls.get(id)?.resolve(result);
    }
  }

  #fail(error) {
    for (const call of this.#calls.values()) call.reject(error);
  }
}

/** Keys by name: what the protocol wants to know besides. */
const KEYS = {
  Enter: { code: "Enter", windowsVirtualKeyCode: 13, text: "\r" },
  Tab: { code: "Tab", windowsVirtualKeyCode: 9 },
  Escape: { code: "Escape", windowsVirtualKeyCode: 27 },
  Home: { code: "Home", windowsVirtualKeyCode: 36 },
  End: { code: "End", windowsVirtualKeyCode: 35 },
  ArrowLeft: { code: "ArrowLeft", windowsVirtualKeyCode: 37 },
  ArrowUp: { code: "ArrowUp", windowsVirtualKeyCode: 38 },
  ArrowRight: { code: "ArrowRight", windowsVirtualKeyCode: 39 },
  ArrowDown: { code: "ArrowDown", windowsVirtualKeyCode: 40 },
};
const MODIFIERS = { Alt: 1, Control: 2, Meta: 4, Shift: 8 };

export class Page {
  #browser;
  #session;
  #loaded = deferred();
  /** What went wrong: exceptions, console errors and warnings, what the log has. */
  problems = [];
  /** The addresses that the page asked for. */
  requests = [];

  constructor(browser, session) {
    this.#browser = browser;
    this.#session = session;
  }

  call(method, params, ms) {
    return this.#browser.call(method, params, this.#session, ms);
  }

  event(method, params) {
    if (method === "Page.loadEventFired") this.#loaded.resolve();
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    if (method === "Network.webSocketCreated") this.requests.push(params.url);
    if (method === "Runtime.exceptionThrown") {
      const { text, exception } = params.exceptionDetails;
      this.problems.push(exception?.description ?? text);
    }
    if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type)) {
      this.problems.push(params.args.map(({ value, description }) => value ?? description).join(" "));
    }
    if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)) {
      this.problems.push(`${params.entry.text} ${params.entry.url ?? ""}`);
    }
  }

  /** Closes it; nothing more can be done with it. */
  close() {
    return this.call("Page.close");
  }

  /** Goes to an address and waits until it is loaded. */
  async open(url) {
    this.#loaded = deferred();
    const { errorText } = await this.call("Page.navigate", { url });
    if (errorText) throw new Error(`cannot open ${url}: ${errorText}`);
    await within(PATIENCE_MS, this.#loaded.promise, `${url} was never loaded`);
  }

  /** The value of an expression; a promise is awaited, so long at most. */
  async evaluate(expression, ms) {
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", asked, ms);
    if (exceptionDetails) {
      const { text, exception } = exceptionDetails;
      throw new Error(`${expression}\n${exception?.description ?? text}`);
    }
    return result.value;
  }

  /** Waits until an expression is true, looking at each frame. */
  async until(expression) {
    const late = limit(PATIENCE_MS);
    while (!(await this.evaluate(expression))) {
      if (late()) throw new Error(`never became true in the page: ${expression}`);
      await this.frame();
    }
  }

  /** Waits until the page has been drawn. */
  frame() {
    return this.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))");
  }

  /** Presses a key as a person does: `t`, `Enter`, `Shift+ArrowLeft`. */
  async press(keys) {
    const parts = keys === "+" ? ["+"] : keys.split("+");
    const key = parts.pop();
    const modifiers = parts.reduce((sum, name) => sum | MODIFIERS[name], 0);
    const known = KEYS[key] ?? {
      text: key,
      windowsVirtualKeyCode: key.toUpperCase().charCodeAt(0),
    };
    const { text, ...rest } = known;
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", key, modifiers, text, ...rest });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", key, modifiers, ...rest });
    await this.frame();
  }

  /** Types a text, key by key. */
  async type(text) {
    for (const key of text) await this.press(key);
  }

  /** Clicks into the middle of what a selector finds. */
  async click(selector) {
    // What was done before may still move things.
    await this.frame();
    const [x, y] = await this.evaluate(`(() => {
      const found = document.querySelector(${JSON.stringify(selector)});
      found.scrollIntoView({ block: "center", behavior: "instant" });
      const box = found.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    })()`);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.call("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
    await this.frame();
  }

  /** Makes the page so large, in CSS pixels. */
  size(width, height) {
    return this.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  /** What the system prefers. */
  prefers(dark) {
    const value = dark ? "dark" : "light";
    return this.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }

  /** A picture of what is seen, or of the whole page. */
  async screenshot(path, { whole = false } = {}) {
    await this.frame();
    const { data } = await this.call("Page.captureScreenshot", { format: "png", captureBeyondViewport: whole });
    await writeFile(path, Buffer.from(data, "base64"));
  }
}
