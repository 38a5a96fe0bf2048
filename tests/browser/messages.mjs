// What a message to a worker and back takes outside of pages: prints the microseconds of each batch's average, as JSON.

import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { fileURLToPath } from "node:url";

if (isMainThread) {
  const worker = new Worker(fileURLToPath(import.meta.url)), times = [];
  for (let batch = 0; batch < 21; batch++) {
    const started = performance.now();
    for (let one = 0; one < 100; one++)
      await new Promise((back) => { worker.once("message", back); worker.postMessage(one); });
    times.push((performance.now() - started) * 10);
  }
  await worker.terminate();
  console.log(JSON.stringify(times.slice(1)));
} else parentPort.on("message", (data) => parentPort.postMessage(data));
