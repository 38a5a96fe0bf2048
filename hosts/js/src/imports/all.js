// All that a module can import, by the table of the ABI.

import { HOOKS, IMPORTS, MEMORY } from "../abi.js";
import { system } from "./system.js";
import { threads } from "./threads.js";

// A program that was built for traces runs without one as well.
const nothing = () => {};

/// The import object for one worker.
export function imports(worker) {
  const made = { ...threads(worker), ...system(worker) };
  const all = { [MEMORY.module]: { [MEMORY.name]: worker.memory.memory } };
  for (const [module, functions] of Object.entries(IMPORTS)) {
    all[module] ??= {};
    for (const name of Object.keys(functions)) {
      const found = made[name] ?? (HOOKS.includes(name) ? nothing : undefined);
      if (!found) throw new Error(`this host does not have ${module}.${name}`);
      all[module][name] = found;
    }
  }
  return all;
}
