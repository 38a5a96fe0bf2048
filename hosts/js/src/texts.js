// The arguments and environment variables of a program, as it gets them: texts that each end with a NUL.

import { ThreadlinkError } from "./errors.js";

// std's variable for the stacks of threads.
const MIN_STACK = "RUST_MIN_STACK";
const LARGEST_WORD = 2 ** 32 - 1;

const withNuls = (texts) => new TextEncoder().encode(texts.map((text) => `${text}\0`).join(""));

/// Arguments, the program's name first.
export const args = (given) => withNuls(given.map(String));

/// Variables, of an object.
export function env(given) {
  const entries = Object.entries(given).map(([name, value]) => [name, String(value)]);
  for (const [name, value] of entries) {
    const fault = !name ? "its name is empty"
      : name.includes("=") ? "its name has a `=` in it, which is where a value begins"
      : `${name}${value}`.includes("\0") ? "it has a NUL in it, which is where a variable ends"
      : undefined;
    if (fault) throw new ThreadlinkError("usage", `the environment variable ${JSON.stringify(name)} cannot be given to the program: ${fault}`);
  }
  return withNuls(entries.map(([name, value]) => `${name}=${value}`));
}

/// The size of stacks that the variables ask for, if they do. What is no number says nothing, as natively.
export function minStack(given) {
  const text = given[MIN_STACK];
  const bytes = /^\+?[0-9]+$/.test(text) ? Number(text) : undefined;
  return bytes <= LARGEST_WORD ? Math.max(bytes, 1) : undefined;
}
