// What the glue of wasm-bindgen gets from this host. The command rewrites the glue so that it takes its imports from here
// (`crates/cli/src/web/bindgen/glue.rs`): there are no names for modules in a worker.

import { IMPORTS } from "../abi.js";

/// The functions of the ABI, by the names of their modules: empty until an instance is made, of which a worker has one.
export const modules = Object.fromEntries(Object.keys(IMPORTS).map((name) => [name, {}]));

let guard = (exports) => exports;

/// The exports as the glue is to call them.
export const guarded = (exports) => guard(exports);

/// From now on the glue calls what this makes of exports.
export function guardWith(made) {
  guard = made;
}
