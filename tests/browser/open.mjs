// The browser that a test is to run in: `openPage(name, folders)` with chromium or firefox serves these folders, and opens an
// empty page that evaluates expressions.

import { Browser } from "./browser.mjs";
import { Firefox } from "./firefox.mjs";
import { serve } from "./server.mjs";

/** `{ page, browser, process, close() }`; only Chromium's `browser` opens more pages. */
export async function openPage(name, folders) {
  if (name === "firefox") {
    const firefox = await Firefox.launch(folders);
    return { page: firefox, browser: undefined, process: firefox.process, close: () => firefox.close() };
  }
  const [browser, server] = [await Browser.launch(), await serve(folders)];
  const page = await browser.page();
  await page.open(`${server.origin}/`);
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { page, browser, process: browser.process, origin: server.origin, close };
}
