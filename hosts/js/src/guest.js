// What a program says of itself in its memory: the descriptor of the module, the control blocks of its threads, and places in
// its source.

import { BLOCK, DESCRIPTOR, ERRNO, EXPORTS } from "./abi.js";
import { ThreadlinkError } from "./errors.js";

const LARGEST_LOCATION = 64, LARGEST_GUARD = 1 << 20;
const LONGEST_NAME = 256, LONGEST_PATH = 1024;

const hex = (number) => `0x${number.toString(16)}`;

export class Descriptor {
  /// That of an instance, or `undefined` if the module has none.
  static of(memory, exports) {
    const global = exports[EXPORTS.DESCRIPTOR];
    return global instanceof WebAssembly.Global ? new Descriptor(memory, global.value >>> 0) : undefined;
  }

  constructor(memory, address) {
    const refuse = (clause) => {
      throw new ThreadlinkError("module", `the module's descriptor (\`${EXPORTS.DESCRIPTOR}\`) ${clause}`);
    };
    const field = (offset) =>
      memory.word(address + offset) ?? refuse(`at ${hex(address)} does not lie inside the module's memory`);
    const magic = field(DESCRIPTOR.MAGIC);
    if (magic !== DESCRIPTOR.MAGIC_VALUE) refuse(`at ${hex(address)} starts with ${hex(magic)}, which is not its magic number`);
    const version = field(DESCRIPTOR.VERSION);
    if (version < DESCRIPTOR.OLDEST_VERSION || version > DESCRIPTOR.VERSION_VALUE)
      refuse(`has layout version ${version} and this host knows the versions ${DESCRIPTOR.OLDEST_VERSION} to ` +
        `${DESCRIPTOR.VERSION_VALUE}: use the threadlink command and the threadlink crate of one release`);
    this.mainBlock = field(DESCRIPTOR.MAIN_BLOCK);
    this.minStack = field(DESCRIPTOR.FLAGS) & DESCRIPTOR.FLAG_MIN_STACK ? field(DESCRIPTOR.MIN_STACK) : undefined;
    this.version = version;
    this.flags = field(DESCRIPTOR.FLAGS);
    this.address = address;
    this.location = Descriptor.#measure(memory, field);
  }

  // Where std keeps the words of a place, which is private to it: found by the values of one whose parts are told.
  static #measure(memory, field) {
    const size = Math.min(field(DESCRIPTOR.LOCATION_SIZE), LARGEST_LOCATION), probe = field(DESCRIPTOR.PROBE_LOCATION);
    const words = Array.from({ length: Math.floor(size / 4) }, (_, index) => memory.word(probe + 4 * index));
    const { PROBE_FILE, PROBE_FILE_LEN, PROBE_LINE, PROBE_COLUMN } = DESCRIPTOR;
    const offsets = [PROBE_FILE, PROBE_FILE_LEN, PROBE_LINE, PROBE_COLUMN].map((known) => {
      const value = field(known), at = words.indexOf(value);
      return at === words.lastIndexOf(value) ? at : -1;
    });
    if (offsets.includes(-1)) return undefined;
    const [file, length, line, column] = offsets.map((offset) => 4 * offset);
    return { file, length, line, column };
  }

  /// The place at an address, as `{ file, line, column }`.
  place(memory, address) {
    if (!this.location || !address) return undefined;
    const word = (offset) => memory.word(address + offset);
    const { file, length, line, column } = this.location;
    const path = memory.text(word(file), word(length), LONGEST_PATH);
    if (path === undefined || word(line) === undefined || word(column) === undefined) return undefined;
    return { file: path, line: word(line), column: word(column) };
  }
}

export class Block {
  /// The control block at an address, or `undefined` if there is none. Where the guard zone is, and whether the thread is a
  /// scoped one, is remembered: an overflow writes over the block itself next.
  static at(memory, address) {
    return memory.word(address + BLOCK.MAGIC) === BLOCK.MAGIC_VALUE ? new Block(memory, address) : undefined;
  }

  constructor(memory, address) {
    this.memory = memory;
    this.address = address;
    this.low = this.word(BLOCK.STACK_LOW);
    this.stackSize = this.low ? this.word(BLOCK.STACK_TOP) - this.low : undefined;
    this.guard = this.word(BLOCK.GUARD);
    this.scoped = this.#flag(BLOCK.FLAG_SCOPED);
  }

  word(offset) {
    return this.memory.word(this.address + offset) ?? 0;
  }

  #flag(flag) {
    return (this.word(BLOCK.FLAGS) & flag) !== 0;
  }

  get name() {
    return this.memory.text(this.word(BLOCK.NAME), this.word(BLOCK.NAME_LEN), LONGEST_NAME);
  }

  get panicMessage() {
    return this.memory.text(this.word(BLOCK.PANIC), this.word(BLOCK.PANIC_LEN));
  }

  /// The place of the last panic, as a descriptor reads it.
  panicPlace(descriptor) {
    return descriptor?.place(this.memory, this.word(BLOCK.PANIC_SITE));
  }

  get panicWasSaid() {
    return this.#flag(BLOCK.FLAG_SAID);
  }

  get missedAllocation() {
    return this.#flag(BLOCK.FLAG_NO_MEMORY) ? this.word(BLOCK.ALLOCATION) : undefined;
  }

  /// The error number that the program ends with if the thread dies now, if it has to.
  get deadly() {
    if (this.scoped) return ERRNO.SCOPED_THREAD_DIED;
    return this.#flag(BLOCK.FLAG_DESTRUCTORS) ? ERRNO.DESTRUCTOR_FAILED : undefined;
  }

  /// Whether the runtime is about to take back a thread that nobody joins.
  get reaps() {
    return this.word(BLOCK.OP) === BLOCK.OP_REAP;
  }

  /// Whether the guard zone below the stack was written to.
  get guardDamaged() {
    const size = this.low - this.guard;
    if (this.guard === 0 || size <= 0 || size > LARGEST_GUARD) return false;
    return this.memory.slice(this.guard, size)?.some((byte) => byte !== BLOCK.GUARD_BYTE) ?? false;
  }

  /// What the entry point has left on returning, in the main thread's block.
  get exitCode() {
    return this.#flag(BLOCK.FLAG_EXIT_CODE) ? this.word(BLOCK.EXIT_CODE) | 0 : undefined;
  }

  /// Before an entry point is called, and after memory was asked for in vain.
  forgetEnd() {
    const flags = this.word(BLOCK.FLAGS) & ~(BLOCK.FLAG_EXIT_CODE | BLOCK.FLAG_NO_MEMORY);
    this.memory.store(this.address + BLOCK.FLAGS, flags);
  }

  /// Lets others take what the thread had for itself, which is dead; `woken` gets how many of them had waited for that.
  bequeath(woken) {
    if (!this.#flag(BLOCK.FLAG_HELD)) return;
    for (let index = 0; index < BLOCK.HELD_COUNT; index++) {
      const at = this.word(BLOCK.HELD + 4 * index);
      if (!at || this.memory.word(at) === undefined) continue;
      Atomics.or(this.memory.words, at / 4, BLOCK.HELD_BY_DEAD);
      woken(Atomics.notify(this.memory.words, at / 4));
    }
  }
}
