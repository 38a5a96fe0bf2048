// Every engine that runs threads, as one interface, for tables: those that npm's registry has, and the browsers of this system.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { openPage } from "./open.mjs";
import { within } from "./patience.mjs";
import { runInPage } from "./run.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMMAND = join(ROOT, "hosts/js/bin/threadlink.mjs");

// What a run may take on a free machine.
const PATIENCE_MS = 300_000;

// Packages of npm's, the program in each, and the words with which it runs a script.
const PACKAGES = [
  { name: "Node 22", wanted: "node@22", program: "node", words: [] },
  { name: "Node 24", wanted: "node@24", program: "node", words: [] },
  { name: "Deno", wanted: "deno@2", program: "deno", words: ["run", "--allow-all"] },
  { name: "Bun", wanted: "bun@1", program: "bun", words: ["run"] },
];

/** An engine with a command line. As of a page's, `process` is the number of the process that has begun it. */
class Command {
  constructor(name, program, words) {
    Object.assign(this, { name, program, words });
    [this.version] = /\d+(\.\d+)+/.exec(execFileSync(program, ["--version"], { encoding: "utf8" }));
  }

  /** Runs a script of this clone's, or of anywhere: `{ code, stdout, stderr }`, the former as bytes. */
  script(path, args, ms = PATIENCE_MS) {
    const child = spawn(this.program, [...this.words, path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.process = child.pid;
    const stdout = [], stderr = [];
    child.stdout.on("data", (bytes) => stdout.push(bytes));
    child.stderr.on("data", (bytes) => stderr.push(bytes));
    const ended = new Promise((done, failed) => {
      child.on("error", failed);
      child.on("close", (code, signal) => done({ code: code ?? signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }));
    });
    return within(ms, ended, `${this.name} did not end: ${path} ${args.join(" ")}`).finally(() => child.kill("SIGKILL"));
  }

  /** Runs a module of the folder. */
  run(name, args, { pool } = {}) {
    const options = pool === undefined ? [] : ["--pool", `${pool}`];
    return this.script(COMMAND, [...options, join(this.modules, `${name}.wasm`), ...args]);
  }

  async close() {}
}

/** A page in a browser. */
class Page {
  constructor(name, browser, opened) {
    Object.assign(this, { name, browser, opened });
  }

  evaluate(expression, ms = PATIENCE_MS) {
    return this.opened.page.evaluate(expression, ms);
  }

  async run(name, args, { pool, busyFor = 0 } = {}) {
    const options = { args: [name, ...args], ...(pool !== undefined && { pool }) };
    const { code, text, stdout, stderr } = await this.evaluate(`(${runInPage})(...${JSON.stringify([name, options, busyFor])})`);
    return { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr).toString() + text };
  }

  close() {
    return this.opened.close();
  }
}

async function browser(name, which, modules, folders) {
  const opened = await openPage(which, { "/js": join(ROOT, "hosts/js/src"), "/modules": modules, ...folders });
  const page = Object.assign(new Page(name, which, opened), { process: opened.process });
  page.version = opened.browser?.version ?? /Firefox\/(\S+)/.exec(await page.evaluate("navigator.userAgent"))[1];
  return page;
}

function installed(folder, { name, wanted, program, words }) {
  const place = join(folder, wanted);
  mkdirSync(place, { recursive: true });
  const file = join(place, "node_modules/.bin", program);
  if (!existsSync(file)) {
    writeFileSync(join(place, "package.json"), `{ "private": true }\n`);
    process.stderr.write(`$ npm install ${wanted}\n`);
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel", "error", wanted], { cwd: place, stdio: ["ignore", "inherit", "inherit"] });
  }
  return new Command(name, file, words);
}

// Names of some of them, for whoever looks at one.
const SOME = process.env.ENGINES?.split(",");

/** Whether all of them are asked for, so that a table of them is one for the document. */
export const all = !SOME;

/** All of them, or these, and of those whom ENGINES names, one after the other, each closed before the next one is asked for: `npm` is
 * a folder for what npm installs, `modules` has the modules to run, and `folders` are more to serve to pages. */
export async function* engines({ npm, modules, folders = {}, names }) {
  const makers = {
    Node: () => new Command("Node", process.execPath, []),
    ...Object.fromEntries(PACKAGES.map((wanted) => [wanted.name, () => installed(npm, wanted)])),
    Chromium: () => browser("Chromium", "chromium", modules, folders),
    Firefox: () => browser("Firefox", "firefox", modules, folders),
  };
  for (const name of Object.keys(makers)) {
    if ([SOME, names].some((chosen) => chosen && !chosen.includes(name))) continue;
    const engine = Object.assign(await makers[name](), { modules });
    // What a number says already.
    engine.title = `${engine.name.replace(/ \d+$/, "")} ${engine.version.replace(/\.0esr$|esr$/, "").split(".").slice(0, 2).join(".")}`;
    try {
      yield engine;
    } finally {
      await engine.close();
    }
  }
}
