// A module before it runs: what it says of its memory, and whether this host has all that it wants.

import { EXPORTS, IMPORTS, MEMORY } from "./abi.js";
import { ThreadlinkError } from "./errors.js";
import { provided } from "./glue.js";
import { WAITS } from "./imports/waits.js";

// Of the binary format.
const PREAMBLE = 8, IMPORT_SECTION = 2, FUNCTION = 0, TABLE = 1, A_MEMORY = 2, GLOBAL = 3, TAG = 4;
const HAS_MAXIMUM = 1, SHARED = 2;

const invalid = (message) => new ThreadlinkError("module", message);

/// What the import section says of the memory, which the host has to supply. The engine has found the module to be valid.
export function memoryLimits(bytes) {
  let at = PREAMBLE;
  const number = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const limits = () => {
    const flags = bytes[at++], initial = number();
    return { initial, maximum: flags & HAS_MAXIMUM ? number() : undefined, shared: Boolean(flags & SHARED) };
  };
  const skipName = () => {
    const length = number();
    at += length;
  };
  const skip = {
    [FUNCTION]: number,
    [TABLE]: () => { at += 1; limits(); },
    [GLOBAL]: () => { at += 2; },
    [TAG]: () => { at += 1; number(); },
  };
  while (at < bytes.length) {
    const section = bytes[at++], size = number(), end = at + size;
    for (let count = section === IMPORT_SECTION ? number() : 0; count > 0; count--) {
      skipName();
      skipName();
      const kind = bytes[at++];
      if (kind === A_MEMORY) return limits();
      skip[kind]();
    }
    at = end;
  }
  return undefined;
}

const has = (from, name) => IMPORTS[from]?.[name] || (from === WAITS.module && WAITS.functions.includes(name));

/// Whether this host can run the module, with functions of these modules besides its own; throws what is missing.
export function check(module, besides = []) {
  const imports = WebAssembly.Module.imports(module);
  const unknown = imports.filter(({ module: from, name, kind }) => !provided.includes(from) &&
    (kind === "memory" ? from !== MEMORY.module || name !== MEMORY.name : !(kind === "function" && (has(from, name) || besides.includes(from)))));
  if (unknown.length > 0) {
    const names = unknown.map(({ module: from, name, kind }) => `${from}.${name} (${kind})`).join(", ");
    throw invalid(`the module wants what this host does not have: ${names}; is it built with \`threadlink build\`?`);
  }
  const exports = WebAssembly.Module.exports(module);
  if (!exports.some(({ name, kind }) => name === EXPORTS.THREAD_START && kind === "function"))
    throw invalid(`the module has no export \`${EXPORTS.THREAD_START}\`: is it built with \`threadlink build\`?`);
}
