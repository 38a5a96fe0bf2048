// The standard input of a program. A thread that wants some asks the page's side, and waits until that has put it here.

import { ERRNO } from "./abi.js";
import { lock, unlock } from "./lock.js";
import { mayWait } from "./platform.js";

// Bytes that are handed over at once, at most.
export const PIECE = 65536;

// Words at the beginning. STATE is 1 while a thread waits; COUNT is bytes, or an error number with its sign changed.
const LOCK = 0, STATE = 1, COUNT = 2, HEADER = 4;

export class Input {
  static shared() {
    return new SharedArrayBuffer(4 * HEADER + PIECE);
  }

  constructor(buffer) {
    this.words = new Int32Array(buffer, 0, HEADER);
    this.piece = new Uint8Array(buffer, 4 * HEADER);
  }

  /// Reads into `bytes`: how many, 0 at the end, or an error number with its sign changed.
  read(bytes, ask) {
    const { words } = this;
    if (!mayWait) return -ERRNO.INPUT_FAILED;
    lock(words, LOCK);
    Atomics.store(words, STATE, 1);
    ask(Math.min(bytes.length, PIECE));
    Atomics.wait(words, STATE, 1);
    const count = words[COUNT];
    if (count > 0) bytes.set(this.piece.subarray(0, count));
    unlock(words, LOCK);
    return count;
  }

  /// Answers the thread that has asked. `bytes` are as many as it wanted, or fewer; without any the input has failed.
  give(bytes) {
    if (bytes) this.piece.set(bytes);
    this.words[COUNT] = bytes ? bytes.length : -ERRNO.INPUT_FAILED;
    Atomics.store(this.words, STATE, 0);
    Atomics.notify(this.words, STATE);
  }
}
