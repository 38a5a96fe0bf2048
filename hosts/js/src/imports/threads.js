// Part A of the ABI: threads.

import { ERRNO, KINDS } from "../abi.js";
import { ThreadlinkError } from "../errors.js";
import { Block } from "../guest.js";
import { unwritten } from "../journal.js";
import { mayWait } from "../platform.js";

const NO_WAIT = "a page's own thread cannot wait, and so it cannot join a thread: do that in a thread of the program";

/// The functions for one worker, which stands for one thread at a time.
export function threads(worker) {
  const { memory, threads, journal = unwritten } = worker;
  return {
    thread_create(pointer, routine) {
      if (worker.starting) return ERRNO.STARTING;
      if (threads.isOver) worker.leave();
      if (memory.word(pointer >>> 0) === undefined) return ERRNO.BAD_THREAD_ID_POINTER;
      const announce = (id) => {
        memory.store(pointer >>> 0, id);
        journal.forks(id, () => Block.at(memory, routine >>> 0));
      };
      const id = threads.create(routine, announce, worker.random.childKey(), worker.askForWorker);
      return id > 0 ? ERRNO.OK : -id;
    },
    thread_join(id) {
      // The runtime joins threads that are on their way out, which is a matter of a moment.
      if (!mayWait && !worker.thread?.block?.reaps) throw new ThreadlinkError("usage", NO_WAIT);
      const joined = threads.claim(id);
      if (joined === undefined) return ERRNO.THREAD_NOT_FOUND;
      journal.note(KINDS.JOIN_REQUEST, id);
      const errno = threads.join(joined);
      journal.note(KINDS.JOIN, id, Number(errno !== ERRNO.OK));
      return errno;
    },
    panic(errno) {
      worker.end(worker.deaths.ofRuntime(worker.thread, errno));
    },
  };
}
