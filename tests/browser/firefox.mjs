// A headless Firefox for tests that need no more than a page which evaluates expressions: the page asks its server for them, and
// sends their values. So it takes no protocol of the browser's.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { within } from "./patience.mjs";
import { serve } from "./server.mjs";

/** How long an expression may take before the test has failed. */
const PATIENCE_MS = 120_000;

/** Nothing of the browser's own may reach for the network. */
const PREFERENCES = {
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "toolkit.telemetry.enabled": false,
};

const AGENT = `<!doctype html><link rel="icon" href="data:,"><title>agent</title><script type="module">
  for (;;) {
    const expression = await (await fetch("/next", { method: "POST" })).text();
    let answer;
    try { answer = { value: await (0, eval)(expression) }; } catch (error) { answer = { error: String(error) + "\\n" + error.stack }; }
    await fetch("/done", { method: "POST", body: JSON.stringify(answer) });
  }
</script>`;

/** Promises that are given in the order in which they are asked for. */
class Queue {
  #ready = [];
  #waiting = [];

  put(value) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#ready.push(value);
  }

  take() {
    return this.#ready.length > 0 ? Promise.resolve(this.#ready.shift()) : new Promise((given) => this.#waiting.push(given));
  }
}

export class Firefox {
  #child;
  #profile;
  #server;
  #asked = new Queue();
  #answered = new Queue();

  /** Starts a browser with a profile of its own, and a page that is served with these folders. */
  static async launch(folders) {
    const firefox = new Firefox();
    firefox.#server = await serve(folders, {
      answers: {
        "/agent": () => ["text/html", AGENT],
        "/next": async () => ["text/plain", await firefox.#asked.take()],
        "/done": (body) => {
          firefox.#answered.put(JSON.parse(body));
          return ["text/plain", ""];
        },
      },
    });
    firefox.#profile = await mkdtemp(join(tmpdir(), "threadlink-firefox-"));
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});\n`);
    await writeFile(join(firefox.#profile, "user.js"), lines.join(""));
    const program = process.env.THREADLINK_FIREFOX ?? "firefox-esr";
    const args = ["--headless", "--no-remote", "--profile", firefox.#profile, `${firefox.#server.origin}/agent`];
    firefox.#child = spawn(program, args, { stdio: "ignore", env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: "1" } });
    firefox.#child.on("error", (error) => firefox.#answered.put({ error: `firefox cannot be started: ${error.message}` }));
    return firefox;
  }

  /** The value of an expression in the page; a promise is awaited, so long at most. */
  async evaluate(expression, ms = PATIENCE_MS) {
    this.#asked.put(expression);
    const { value, error } = await within(ms, this.#answered.take(), `firefox did not answer: ${expression}`);
    if (error) throw new Error(`${expression}\n${error}`);
    return value;
  }

  /** The number of its process, which has begun all others. */
  get process() {
    return this.#child.pid;
  }

  /** Ends the browser and deletes its profile. */
  async close() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    if (this.#child.pid && this.#child.exitCode === null && this.#child.signalCode === null) await ended;
    await this.#server.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
