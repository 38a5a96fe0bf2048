// A worker that measures wasm-bindgen-rayon, since a page's own thread may not wait: it is sent the arguments.

import init, { initThreadPool, rayon_times } from "/peers/peers.js";

onmessage = async ({ data: { threads, batches, each } }) => {
  try {
    await init();
    await initThreadPool(threads);
    postMessage({ times: [...rayon_times(batches, each)] });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
