// Instances that wasm-bindgen's glue makes. In a package made with `--bindgen`, `../glue.js` is this over the glue of that package.

import { MEMORY } from "../abi.js";
import { modules } from "./imported.js";

// Of the stack on which an instance's own code would run: threads bring stacks of their own.
const STACK = 65536;
// An object of JavaScript's that a thread holds is an entry in its instance's table, which each thread makes larger and none
// gives back.
const LARGEST_TABLE = 8192;

/// What `../glue.js` exports, for this glue.
export function over({ default: init, initSync }) {
  const settings = (module, imports) => {
    for (const [name, functions] of Object.entries(modules)) Object.assign(functions, imports[name]);
    return { module, memory: imports[MEMORY.module][MEMORY.name], thread_stack_size: STACK };
  };
  return {
    instantiate: (module, imports) => initSync(settings(module, imports)),
    // A page's own thread may be refused to make an instance of a large module at once.
    instantiateHere: (module, imports) => {
      const { module: module_or_path, ...others } = settings(module, imports);
      return init({ module_or_path, ...others });
    },
    worn: (exports) =>
      Object.values(exports).some((item) => item instanceof WebAssembly.Table && item.length > LARGEST_TABLE),
    // Its stack and thread-local storage.
    retire: (exports) => exports.__wbindgen_thread_destroy?.(),
  };
}
