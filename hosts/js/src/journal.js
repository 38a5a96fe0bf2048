// What one worker writes down of the thread that it runs.

import { BLOCK, DESCRIPTOR, HOOKS, KINDS, LOCK, RECORD } from "./abi.js";

const NAME_WORDS = RECORD.TICKET - RECORD.SECOND, LONGEST_NAME = 256;
const HALF = 2 ** 32;
// The release was reported while the lock was still held.
const SILENT = ["finish_unlock", "finish_read_unlock"];
// Before these a thread says which locks it has dropped.
const REQUESTS = ["start_lock", "start_read"].map((name) => HOOKS.indexOf(name));

/// Nobody follows: nothing is written down.
export const unwritten = {
  describe() {}, begin() {}, forks() {}, note() {}, ends() {},
  hooks: Object.fromEntries(HOOKS.map((name) => [name, () => {}])),
};

export class Journal {
  /// `begun` is when the program was loaded, in milliseconds since 1970.
  constructor({ records, memory, threads, begun, traced }) {
    Object.assign(this, { records, memory, threads, traced, block: 0, id: 0, ended: 0 });
    this.behind = performance.timeOrigin - begun;
    this.hooks = Object.fromEntries(HOOKS.map((name, place) =>
      [name, SILENT.includes(name) ? () => {} : (address, second) => this.#hook(place, address >>> 0, second >>> 0)]));
  }

  /// Whoever reads it wants to know where locks are made.
  namesPlaces = true;

  /// What the module says of itself: whether its locks have words of their own, and numbers.
  describe(descriptor) {
    this.lockWords = Boolean(descriptor && descriptor.flags & DESCRIPTOR.FLAG_TRACING);
    this.numbers = this.lockWords && descriptor.version >= DESCRIPTOR.NUMBERS_VERSION;
  }

  /// The worker runs this thread from here on.
  begin(id, block) {
    this.id = id;
    this.block = block?.address ?? 0;
    this.ended = this.#ofBlock(BLOCK.ENDED, this.numbers);
  }

  #ofBlock(offset, known = true) {
    return (known && this.block && this.memory.word(this.block + offset)) || 0;
  }

  #ofLock(address, offset, known) {
    return (known && this.memory.word(address + offset)) || 0;
  }

  #hook(place, address, second) {
    if (this.threads.isOver) this.threads.park();
    if (REQUESTS.includes(place)) this.drops();
    const { lockWords } = this;
    this.#write(place, address, second, (words, at) => {
      words[at + RECORD.INSTANCE] = this.#ofLock(address, LOCK.INSTANCE, this.numbers);
      words[at + RECORD.MADE] = this.#ofLock(address, LOCK.SITE, lockWords);
      words[at + RECORD.NAME] = this.#ofLock(address, LOCK.NAME, lockWords);
      words[at + RECORD.NAME_LEN] = this.#ofLock(address, LOCK.NAME_LEN, lockWords);
    });
  }

  /// Notes something that is no hook.
  note(kind, address, second = 0) {
    this.#write(kind, address, second);
  }

  #write(kind, address, second, more) {
    const time = Math.max(0, this.behind + performance.now()) * 1e6;
    this.records.write((words, at) => {
      words[at + RECORD.KIND] = kind;
      words[at + RECORD.ADDRESS] = address;
      words[at + RECORD.SECOND] = second;
      words[at + RECORD.SITE] = this.#ofBlock(BLOCK.SITE);
      words[at + RECORD.OP] = this.#ofBlock(BLOCK.OP);
      words[at + RECORD.ENDED] = this.#ofBlock(BLOCK.ENDED, this.numbers);
      words[at + RECORD.TIME] = time % HALF;
      words[at + RECORD.TIME + 1] = time / HALF;
      more?.(words, at);
      words[at + RECORD.THREAD] = this.id;
    });
  }

  /// Notes which locks the thread has dropped since this was noted last. Only a trace wants to know.
  drops() {
    if (!this.traced) return;
    const ended = this.#ofBlock(BLOCK.ENDED, this.numbers);
    const count = Math.min((ended - this.ended) >>> 0, BLOCK.ENDED_KEPT);
    for (let back = count; back > 0; back--) {
      const index = (ended - back) >>> 0, at = BLOCK.ENDED_LIST + 8 * (index % BLOCK.ENDED_KEPT);
      const lock = this.#ofBlock(at), instance = this.#ofBlock(at + 4);
      this.#write(KINDS.DROPPED, lock, instance, (words, at) => { words[at + RECORD.ENDED] = index; });
    }
    this.ended = ended;
  }

  /// Notes that the thread starts another one, whose control block `find` finds, before that runs.
  forks(id, find) {
    const block = find();
    const at = block?.word(BLOCK.NAME), length = Math.min(block?.word(BLOCK.NAME_LEN) ?? 0, LONGEST_NAME);
    const name = at && this.memory.slice(at, length)?.slice();
    for (let done = 0; done < (name?.length ?? 0); done += 4 * NAME_WORDS) this.#names(name.subarray(done, done + 4 * NAME_WORDS));
    this.note(KINDS.FORK, id, block?.address ?? 0);
  }

  #names(bytes) {
    const padded = new Uint8Array(4 * NAME_WORDS);
    padded.set(bytes);
    this.records.write((words, at) => {
      words[at + RECORD.KIND] = KINDS.NAMED;
      words[at + RECORD.ADDRESS] = bytes.length;
      words.set(new Int32Array(padded.buffer), at + RECORD.SECOND);
      words[at + RECORD.THREAD] = this.id;
    });
  }

  /// Notes the end of the thread.
  ends(died) {
    this.drops();
    this.note(KINDS.END, 0, Number(died));
  }
}
