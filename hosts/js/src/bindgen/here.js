// Programs whose main thread is the page's own.

import { ThreadlinkError } from "../errors.js";
import { start } from "../load.js";
import { PageThread } from "./page.js";

let begun = false;

/// Loads a program into this page: from now on the functions of its glue can be called. The glue knows one instance, so a page
/// can do that once.
export async function loadHere(from, options) {
  if (begun) throw new ThreadlinkError("usage", "this page has the program already, and can have it once: what the first call gave is it");
  begun = true;
  try {
    return await start(from, options, PageThread.start);
  } catch (error) {
    begun = false;
    throw error;
  }
}
