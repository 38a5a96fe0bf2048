// Part B of the ABI: what a program wants of its host besides threads.

import { ERRNO } from "../abi.js";
import { processors } from "../platform.js";
import { kept } from "../report.js";

const STDIN = 0;

/// The functions for one worker, which stands for one thread at a time.
export function system(worker) {
  const { memory, threads, output, input, clocks } = worker;
  // JavaScript's 32-bit numbers have a sign; addresses and lengths have none.
  const unsigned = (pointer, length) => [pointer >>> 0, length >>> 0];
  const texts = (all) => [
    () => all.length,
    (pointer, room) => {
      // There may be more room than the memory has.
      const bytes = all.length <= room >>> 0 ? memory.slice(pointer >>> 0, all.length) : undefined;
      bytes?.set(all);
      return bytes ? ERRNO.OK : ERRNO.MEMORY_OUT_OF_BOUNDS;
    },
  ];
  const [args_size, args_get] = texts(worker.args);
  const [env_size, env_get] = texts(worker.env);
  return {
    args_size, args_get, env_size, env_get,
    write(stream, pointer, length) {
      if (threads.isOver) worker.leave();
      const bytes = memory.slice(...unsigned(pointer, length));
      return bytes ? output.write(stream, bytes, worker.askForOutput) : ERRNO.MEMORY_OUT_OF_BOUNDS;
    },
    read(stream, pointer, length) {
      if (stream !== STDIN) return -ERRNO.INPUT_FAILED;
      const bytes = memory.slice(...unsigned(pointer, length));
      if (!bytes) return -ERRNO.MEMORY_OUT_OF_BOUNDS;
      return bytes.length === 0 ? 0 : input.read(bytes, worker.askForInput);
    },
    exit(code) {
      worker.end({ kind: "exited", code: kept(code), text: "" });
    },
    random_get(pointer, length) {
      const bytes = memory.slice(...unsigned(pointer, length));
      if (!bytes) return ERRNO.MEMORY_OUT_OF_BOUNDS;
      worker.random.fill(bytes);
      return ERRNO.OK;
    },
    clock_monotonic: () => clocks.monotonic(),
    clock_realtime: () => clocks.realtime(),
    available_parallelism: () => processors(),
  };
}
