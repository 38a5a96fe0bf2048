// All that a module can import, by the table of the ABI.

import { IMPORTS, MEMORY } from "../abi.js";
import { system } from "./system.js";
import { threads } from "./threads.js";
import { WAITS, waits } from "./waits.js";

/// The import object for one worker.
export function imports(worker) {
  const made = { ...threads(worker), ...system(worker), ...worker.journal.hooks };
  const all = { [MEMORY.module]: { [MEMORY.name]: worker.memory.memory } };
  for (const [module, functions] of Object.entries(IMPORTS)) {
    all[module] ??= {};
    for (const name of Object.keys(functions)) {
      const found = made[name];
      if (!found) throw new Error(`this host does not have ${module}.${name}`);
      all[module][name] = found;
    }
  }
  all[WAITS.module] = waits(worker);
  return all;
}
