// What the threads of a program write: one ring for both streams, so that what was written first is shown first, whoever
// wrote it. Threads write; the page, which never waits, takes it out.

import { ERRNO } from "./abi.js";
import { lock, unlock } from "./lock.js";
import { mayWait } from "./platform.js";

// Bytes of the ring: a power of two, so that positions can wrap.
const CAPACITY = 1 << 18;
// Bytes that are written at once, at most.
const PIECE = CAPACITY / 4;

// Words at the beginning. WRITTEN and TAKEN are positions; CLOSED is what a stream is closed with, one word a stream.
const LOCK = 0, WRITTEN = 1, TAKEN = 2, ASKED = 3, CLOSED = 4, HEADER = 8;
// A record is the stream and a length, and the bytes, up to a multiple of four.
const RECORD = 8;

const STREAMS = [1, 2];

export class Output {
  static shared() {
    return new SharedArrayBuffer(4 * HEADER + CAPACITY);
  }

  constructor(buffer) {
    this.words = new Int32Array(buffer, 0, HEADER);
    this.ring = new Uint8Array(buffer, 4 * HEADER);
    this.ringWords = new Int32Array(buffer, 4 * HEADER);
  }

  /// Writes bytes in one piece: 0, or an error number. `ask` asks the page to take them.
  write(stream, bytes, ask) {
    if (!STREAMS.includes(stream)) return ERRNO.OUTPUT_FAILED;
    const { words } = this;
    lock(words, LOCK);
    for (let done = 0; done < bytes.length; done += PIECE) this.#put(stream, bytes.subarray(done, done + PIECE), ask);
    unlock(words, LOCK);
    return Atomics.load(words, CLOSED + stream);
  }

  #put(stream, bytes, ask) {
    const { words } = this, size = RECORD + 4 * Math.ceil(bytes.length / 4);
    const at = words[WRITTEN];
    for (;;) {
      const taken = Atomics.load(words, TAKEN);
      if (CAPACITY - ((at - taken) | 0) >= size) break;
      // A page takes out itself what is there.
      if (mayWait) Atomics.wait(words, TAKEN, taken);
      else ask();
    }
    const word = (at >>> 0) % CAPACITY / 4;
    this.ringWords[word] = stream;
    this.ringWords[(word + 1) % (CAPACITY / 4)] = bytes.length;
    const start = ((at + RECORD) >>> 0) % CAPACITY, first = Math.min(bytes.length, CAPACITY - start);
    this.ring.set(bytes.subarray(0, first), start);
    this.ring.set(bytes.subarray(first), 0);
    Atomics.store(words, WRITTEN, (at + size) | 0);
    if (Atomics.exchange(words, ASKED, 1) === 0) ask();
  }

  /// Hands each piece that was written to `deliver`, with its stream. What that returns is an error number, with which the
  /// stream is closed.
  take(deliver) {
    const { words } = this;
    Atomics.store(words, ASKED, 0);
    for (;;) {
      const at = words[TAKEN];
      if (at === Atomics.load(words, WRITTEN)) return;
      const word = (at >>> 0) % CAPACITY / 4;
      const stream = this.ringWords[word], length = this.ringWords[(word + 1) % (CAPACITY / 4)];
      const start = ((at + RECORD) >>> 0) % CAPACITY, first = Math.min(length, CAPACITY - start);
      const bytes = new Uint8Array(length);
      bytes.set(this.ring.subarray(start, start + first));
      bytes.set(this.ring.subarray(0, length - first), first);
      Atomics.store(words, TAKEN, (at + RECORD + 4 * Math.ceil(length / 4)) | 0);
      Atomics.notify(words, TAKEN);
      if (Atomics.load(words, CLOSED + stream) !== 0) continue;
      const error = deliver(stream, bytes);
      if (error) Atomics.store(words, CLOSED + stream, error);
    }
  }
}
