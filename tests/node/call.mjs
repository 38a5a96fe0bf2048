// Calls one export of a library with numbers, without threads, and prints what it returns:
// node call.mjs FILE.wasm EXPORT TYPE:NUMBER..
import { readFileSync } from "node:fs";

const [file, name, ...args] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
// The least that `threadlink build` lets a memory be, and the most.
const memory = new WebAssembly.Memory({ initial: 64, maximum: 16384, shared: true });
const imports = { env: { memory } };
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  if (kind !== "function") continue;
  (imports[from] ??= {})[name] = (...args) => {
    if (name === "exit") throw new Error(`exit ${args[0]}`);
    return 0;
  };
}
const { exports } = new WebAssembly.Instance(module, imports);
const number = (text) => (text.startsWith("i64:") ? BigInt(text.slice(4)) : Number(text.slice(4)));
try {
  console.log(String(exports[name](...args.map(number))));
} catch (error) {
  console.log(error.message);
}
