// Writes to standard output what `src/worker.js` is: `src/serve.js` in one file with what it imports. Programs have many workers, and
// each loads its script anew: one file takes a worker half the time that thirty take. A test keeps it up to date
// (tests/end-to-end/tests/javascript_abi.rs).
//
// It knows the few ways in which these files import and export, and refuses all others. `glue.js` stays one of its own, as
// packages for wasm-bindgen have another one in its place.

import { readFileSync } from "node:fs";
import { posix } from "node:path";

const ENTRY = "serve.js", APART = ["glue.js"];

const HEAD = `// Made of ${ENTRY} and of what it imports (hosts/js/bundle.mjs): not to be edited.\n`;
const IMPORT = /^import (\{ .* \}) from "(\..*)";$/;
const EXPORT = /^export ((?:async )?(?:const|function|class) (\w+).*)$/;
const COMMENT = /^\s*\/\/.*\n/gm;

const variable = (file) => file.replace(/\W/g, "_");

/** The modules that this one needs before it, and it: `[file, text]` each, in their order. */
function* modules(file, seen = new Set()) {
  if (seen.has(file)) return;
  seen.add(file);
  const exported = [], lines = [];
  for (const line of readFileSync(new URL(`src/${file}`, import.meta.url), "utf8").replace(COMMENT, "").trim().split("\n")) {
    const [, names, from] = IMPORT.exec(line) ?? [], [, declared, name] = EXPORT.exec(line) ?? [];
    if (from) {
      const needed = posix.join(posix.dirname(file), from);
      if (!APART.includes(needed)) yield* modules(needed, seen);
      lines.push(`const ${names.replace(/ as /g, ": ")} = ${variable(needed)};`);
    } else if (name) {
      exported.push(name);
      lines.push(declared);
    } else if (/^(import|export)\b|\bimport\(|\bimport\.meta\b/.test(line)) throw new Error(`${file}: ${line}`);
    else lines.push(line);
  }
  yield [file, lines.join("\n"), exported];
}

let text = HEAD + APART.map((file) => `\nimport * as ${variable(file)} from "./${file}";\n`).join("");
for (const [file, code, exported] of modules(ENTRY)) {
  if (file === ENTRY) text += `\n${code}\n`;
  else text += `\nconst ${variable(file)} = (() => {\n${code}\n\nreturn { ${exported.join(", ")} };\n})();\n`;
}
process.stdout.write(text);
