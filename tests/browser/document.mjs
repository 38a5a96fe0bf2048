// Tables in a document that commands write: between two lines that say where.

import { readFileSync, writeFileSync } from "node:fs";

/** The table in Markdown, with the first row as its head. */
export const table = ([head, ...rows]) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");

/** Puts a text between `<!-- NAME -->` and `<!-- end of NAME -->`. */
export function put(file, name, text) {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->\n`];
  const whole = readFileSync(file, "utf8"), from = whole.indexOf(begin), to = whole.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} does not say where the table "${name}" is`);
  writeFileSync(file, whole.slice(0, from + begin.length) + text + whole.slice(to));
}
