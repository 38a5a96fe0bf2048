// Builds modules for tables: node modules.mjs WORD..., each word one of those below. THREADLINK is the command, MODULES the folder
// that they go into.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { THREADLINK, MODULES } = process.env;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
// With which arguments an example is run, where it is not once and without any.
const RUNS = JSON.parse(readFileSync(new URL("examples.json", import.meta.url), "utf8"));

/** Builds a program of the workspace as MODULES/NAME.wasm: its path. */
function build(name, ...words) {
  process.stderr.write(`$ threadlink build ${words.join(" ")}\n`);
  // Warnings about other people's code are not what this is about.
  const options = ["build", "--release", "--std", "plain", ...(words.includes("--panic") ? [] : ["--panic", "abort"])];
  const { status, stdout, stderr } = spawnSync(THREADLINK, [...options, ...words], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`it failed:\n${stderr}`);
  const to = join(MODULES, `${name}.wasm`);
  copyFileSync(stdout.trimEnd().split("\n").at(-1), to);
  return to;
}

/** All examples, with what they do under `threadlink run`. */
function examples() {
  const all = [];
  for (const name of readdirSync(join(ROOT, "examples")).sort()) {
    const runs = RUNS[name] ?? [[]];
    if (runs.length === 0) continue;
    // Two programs, with attributes and without.
    const module = build(name, "-p", name, ...(name.startsWith("std_") ? ["--bin", name] : []));
    for (const args of runs) {
      const { status, stdout } = spawnSync(THREADLINK, ["run", module, "--", ...args], { maxBuffer: 1 << 30 });
      all.push({ name, args, code: status, stdout: [...stdout] });
    }
  }
  writeFileSync(join(MODULES, "examples.json"), JSON.stringify(all));
}

const WORDS = {
  suite: () => build("suite", "-p", "suite"),
  unwinding: () => build("unwinding", "-p", "suite", "--panic", "unwind"),
  examples,
};
for (const name of ["storm", "million", "paces"]) WORDS[name] = () => build(name, "-p", "guests", "--bin", name);

mkdirSync(MODULES, { recursive: true });
for (const word of process.argv.slice(2)) WORDS[word]();
