// Programs whose main thread is the page's own.

import { ThreadlinkError } from "../errors.js";
import { start } from "../load.js";
import { PageThread } from "./page.js";

let begun = false;

/// Loads a program into this page: from now on the functions of its glue can be called. The glue knows one instance, so a page
/// can do that once. Nobody follows it, since a page's own thread cannot wait for whoever does.
export async function loadHere(from, options) {
  if (begun) throw new ThreadlinkError("usage", "this page has the program already, and can have it once: what the first call gave is it");
  if (options?.trace) throw new ThreadlinkError("usage", "a program whose main thread is the page's own writes no trace: its package " +
    "has another script, with a `load` that does");
  begun = true;
  try {
    return await start(from, { ...options, watch: false }, PageThread.start);
  } catch (error) {
    begun = false;
    throw error;
  }
}
