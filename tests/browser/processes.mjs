// Processes of a browser or another engine as Linux tells of them: which they are, what memory they have, which threads.

import { readFileSync, readdirSync } from "node:fs";

/** The numbers of a process and of all that it has begun. */
function family(root) {
  const children = new Map();
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // Behind the name, which may have anything in it: the state, and the parent.
      const parent = Number(readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [root];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}

/** Megabytes that a family has, what several of them share counted once. */
export function memory(root) {
  let kilobytes = 0;
  for (const each of family(root)) {
    try {
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // The same.
    }
  }
  return kilobytes / 1024;
}

/** How many threads with this name a family has. */
export function threads(root, name) {
  let count = 0;
  for (const each of family(root)) {
    try {
      for (const thread of readdirSync(`/proc/${each}/task`))
        if (readFileSync(`/proc/${each}/task/${thread}/comm`, "utf8").startsWith(name)) count += 1;
    } catch {
      // The same.
    }
  }
  return count;
}
