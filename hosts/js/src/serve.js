// A worker: an instance of the module, which runs one thread after the other. The first one is the main thread's and is called by
// messages; the others take threads from the queue, and never come back to their event loop.

import { ThreadlinkError } from "./errors.js";
import { instantiate } from "./glue.js";
import { Instance } from "./instance.js";
import { listen, tell } from "./platform.js";
import { losesLocals } from "./probe.js";
import { wantFrames } from "./traps.js";

let instance;

function begin(message) {
  wantFrames();
  // What the first worker's engine does, the others' does as well.
  if (message.main && losesLocals())
    throw new ThreadlinkError("engine", "this engine forgets what a thread had in hand when it wakes up (a fault of V8 11.3, as " +
      "in Node 20): run Node with --no-liftoff, or give `load` the module's bytes, which then sees to it");
  // Code that is thrown out of would run its cleanups, in a program that is over.
  instance = new Instance(message, { tell, leave: (threads) => threads.park() });
  instance.begin(instantiate(message.module, instance.imports));
  if (message.main) instance.beMain(message.main);
  else instance.serve();
}

listen((message) => {
  try {
    if (message.begin) begin(message.begin);
    else instance.call(message.call);
  } catch (error) {
    const { kind = "host", message, stack } = error;
    tell({ failed: { kind, message, stack } });
  }
});
