// Pages of others' making, by the steps of docs/web.md, in a headless Chromium: node --test bundles.mjs. It takes npm's registry and
// minutes, so `cargo xtask web` runs it. THREADLINK is the command, TOOLS has wasm-bindgen, FOLDER is where the projects go, and ROOT
// this clone.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { Browser } from "./browser.mjs";
import { served } from "./served.mjs";

const { THREADLINK, TOOLS, FOLDER, ROOT } = process.env;

const environment = { ...process.env, PATH: `${TOOLS}${delimiter}${process.env.PATH}` };

/** Runs a program that has to succeed. */
function run(cwd, program, ...words) {
  process.stderr.write(`$ ${program.split("/").at(-1)} ${words.join(" ")}\n`);
  execFileSync(program, words, { cwd, env: environment, stdio: ["ignore", "inherit", "inherit"] });
}

let browser;
before(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  browser = await Browser.launch();
  run(FOLDER, THREADLINK, "new", "counted", "--web", "--path", join(ROOT, "threadlink"));
});
after(() => browser?.close());

/** Builds the program of `threadlink new` for a page that is there already. */
const build = (folder) => run(join(FOLDER, "counted"), THREADLINK, "build", "--web", "--release", "-o", folder);

// The counter of tests/bindgen, built as somebody does who uses wasm-bindgen, and has its command.
function bound(out) {
  const project = join(ROOT, "tests/bindgen");
  run(project, THREADLINK, "build", "--web", "--bindgen", "--release", "--panic", "abort", "--target-dir", join(FOLDER, "../build"), "-o", out);
}

const EXPECTED = "all accounts together hold 4000\n";
// What a page of somebody's does with the program.
const RUN = (from) => `import { run } from "${from}";
const output = document.createElement("pre");
output.id = "threads";
document.body.append(output);
const { code } = await run({ stdout: (text) => output.append(text) });
output.dataset.code = code;
`;
const COUNT = (from) => `import init, { Counter } from "${from}";
const output = document.createElement("pre");
output.id = "threads";
document.body.append(output);
await init({ pool: 2 });
const counter = new Counter();
counter.start(3, 1000);
while (counter.at_work > 0) await new Promise((done) => setTimeout(done, 1));
counter.show("threads");
output.dataset.code = 0;
`;
const PAGE = (script, how = "type=\"module\"") => `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <link rel="icon" href="data:,">
  <title>somebody's</title>
  <body>
    <script ${how} src="${script}"></script>
  </body>
</html>
`;

/** Opens a page of a folder that `threadlink serve` serves, maybe one further below: what its program has written. */
async function shown(folder, expected, below = "") {
  const server = await served(THREADLINK, folder);
  try {
    await looked(`${server.origin}/${below}index.html`, expected);
  } finally {
    await server.close();
  }
}

/** Opens a page, and waits for what its program writes. */
async function looked(address, expected) {
  const page = await browser.page();
  try {
    await page.open(address);
    await page.until(`document.querySelector("#threads")?.dataset.code !== undefined`).catch((error) => {
      throw new Error(`${error.message}\n${page.problems.join("\n")}`);
    });
    const [text, code] = await page.evaluate(`(({ textContent, dataset }) => [textContent, dataset.code])(document.querySelector("#threads"))`);
    assert.deepEqual([text, code, page.problems], [expected, "0", []]);
  } finally {
    await page.close();
  }
}

test("a plain HTML file", async () => {
  const site = join(FOLDER, "plain");
  mkdirSync(site);
  build(join(site, "pkg"));
  writeFileSync(join(site, "index.html"), PAGE("own.js"));
  writeFileSync(join(site, "own.js"), RUN("./pkg/counted.js"));
  await shown(site, EXPECTED);
});

test("vite's default template", async () => {
  run(FOLDER, "npm", "create", "--yes", "vite@latest", "vite", "--", "--template", "vanilla", "--no-interactive");
  const site = join(FOLDER, "vite");
  run(site, "npm", "install", "--no-audit", "--no-fund");
  build(join(site, "src/pkg"));
  appendFileSync(join(site, "src/main.js"), RUN("./pkg/counted.js"));
  run(site, "npx", "vite", "build");
  await shown(join(site, "dist"), EXPECTED);
  // The template's own icons are asked for at the top, whatever the base.
  const main = join(site, "src/main.js");
  writeFileSync(main, readFileSync(main, "utf8").replaceAll(`"/icons.svg`, `"icons.svg`));
  run(site, "npx", "vite", "build", "--base", "/app/", "--outDir", "below/app");
  await shown(join(site, "below"), EXPECTED, "app/");
});

test("vite's server while developing, with the headers", async () => {
  const site = join(FOLDER, "vite");
  const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
  writeFileSync(join(site, "vite.config.js"), `export default ${JSON.stringify({ server: { headers } })};\n`);
  const { createServer } = await import(pathToFileURL(join(site, "node_modules/vite/dist/node/index.js")));
  const server = await createServer({ root: site, server: { host: "127.0.0.1", port: 0 }, logLevel: "warn" });
  await server.listen();
  try {
    await looked(`${server.resolvedUrls.local[0]}index.html`, EXPECTED);
  } finally {
    await server.close();
    rmSync(join(site, "vite.config.js"));
  }
});

test("webpack as it comes", async () => {
  const site = join(FOLDER, "webpack");
  mkdirSync(join(site, "src"), { recursive: true });
  writeFileSync(join(site, "package.json"), `{ "name": "site", "private": true }\n`);
  run(site, "npm", "install", "--no-audit", "--no-fund", "--save-dev", "webpack@5", "webpack-cli");
  build(join(site, "src/pkg"));
  writeFileSync(join(site, "src/index.js"), RUN("./pkg/counted.js"));
  run(site, "npx", "webpack", "--mode", "production");
  // What webpack makes is no module.
  writeFileSync(join(site, "dist/index.html"), PAGE("main.js", "defer"));
  await shown(join(site, "dist"), EXPECTED);
  run(site, "npx", "webpack", "--mode", "production", "--output-public-path", "/app/", "--output-path", "below/app");
  writeFileSync(join(site, "below/app/index.html"), PAGE("main.js", "defer"));
  await shown(join(site, "below"), EXPECTED, "app/");
});

test("a counter with wasm-bindgen, in a plain HTML file", async () => {
  const site = join(FOLDER, "counter");
  mkdirSync(site);
  bound(join(site, "pkg"));
  writeFileSync(join(site, "index.html"), PAGE("own.js"));
  writeFileSync(join(site, "own.js"), COUNT("./pkg/bindgen.js"));
  await shown(site, "3000");
});

for (const browser of ["chromium", "firefox"])
  test(`the counter does what it does in ${browser}`, () => {
    const program = fileURLToPath(new URL("bindgen.mjs", import.meta.url));
    execFileSync("node", ["--test", "--test-reporter", "spec", program], {
      env: { ...environment, NODE_TEST_CONTEXT: undefined, PACKAGE: join(FOLDER, "counter/pkg"), BROWSER: browser },
      stdio: ["ignore", "inherit", "inherit"],
    });
  });

test("the counter in vite's default template", async () => {
  const site = join(FOLDER, "vite");
  cpSync(join(FOLDER, "counter/pkg"), join(site, "src/bound"), { recursive: true });
  writeFileSync(join(site, "src/main.js"), COUNT("./bound/bindgen.js"));
  run(site, "npx", "vite", "build");
  await shown(join(site, "dist"), "3000");
});

test("the counter in webpack", async () => {
  const site = join(FOLDER, "webpack");
  cpSync(join(FOLDER, "counter/pkg"), join(site, "src/bound"), { recursive: true });
  writeFileSync(join(site, "src/index.js"), COUNT("./bound/bindgen.js"));
  run(site, "npx", "webpack", "--mode", "production");
  await shown(join(site, "dist"), "3000");
});
