// For pages whose server cannot be told to send headers: a service worker adds those that let a page share memory.

import { ThreadlinkError } from "./errors.js";

const TRIED = "threadlink-isolate";

const failed = (message, cause) => new ThreadlinkError("isolation", `this page cannot isolate itself: ${message}`, { cause });

/// Sees to it that the page is cross-origin isolated: reloads it once if need be, and is not done then. The script of the
/// service worker, `isolate-worker.js` of this package, has to stand beside the page or above it, at this address.
export async function isolate(script = "isolate-worker.js") {
  if (globalThis.crossOriginIsolated) {
    sessionStorage.removeItem(TRIED);
    return;
  }
  if (!globalThis.navigator?.serviceWorker)
    throw failed("there are no service workers here; they need https or localhost, and some browsers have none in private windows");
  if (sessionStorage.getItem(TRIED)) {
    sessionStorage.removeItem(TRIED);
    throw failed(`the service worker ${script} did not help: does it stand beside the page, or above it?`);
  }
  try {
    await navigator.serviceWorker.register(script);
  } catch (error) {
    throw failed(`the service worker ${script} cannot be registered: ${error.message}`, error);
  }
  await navigator.serviceWorker.ready;
  sessionStorage.setItem(TRIED, "yes");
  location.reload();
  // The page that comes is another one.
  await new Promise(() => {});
}
