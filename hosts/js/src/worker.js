// Made of serve.js and of what it imports (hosts/js/bundle.mjs): not to be edited.

import * as glue_js from "./glue.js";

const errors_js = (() => {
class ThreadlinkError extends Error {
  constructor(kind, message, details = {}) {
    super(message, details.cause && { cause: details.cause });
    this.name = "ThreadlinkError";
    this.kind = kind;
    this.code = details.code;
    this.errno = details.errno;
    this.thread = details.thread;
    this.place = details.place;
  }
}
function endError({ kind, code, thread, message, place, errno }) {
  const said = { exited: `the program ended itself with code ${code}`, terminated: "the program was terminated",
    returned: "the program has ended" }[kind];
  return new ThreadlinkError(kind, said ?? `thread ${thread ?? "of the host"}: ${message}`, { code, thread, place, errno });
}

return { ThreadlinkError, endError };
})();

const abi_js = (() => {
const ERRNO = {
  OK: 0,
  THREAD_NOT_FOUND: 1,
  THREAD_JOIN_FAILED: 2,
  THREAD_FAILED: 3,
  MEMORY_OUT_OF_BOUNDS: 4,
  THREAD_ID_POINTER: 5,
  LOCK_POISONED: 6,
  NO_RESULT: 7,
  RESULT_SHARED: 8,
  TOO_MANY_THREADS: 64,
  HOST_OUT_OF_THREADS: 65,
  BAD_THREAD_ID_POINTER: 66,
  ENDING: 67,
  STACK_GUARD_DAMAGED: 68,
  SCOPED_THREAD_DIED: 69,
  OUT_OF_MEMORY: 70,
  OUTPUT_FAILED: 71,
  STARTING: 72,
  DESTRUCTOR_FAILED: 73,
  OUTPUT_CLOSED: 74,
  CANNOT_UNWIND: 75,
  NO_RANDOM: 76,
  ABORTED: 77,
  INPUT_FAILED: 78,
};

const SENTENCES = {
  0: "no error",
  1: "thread not found",
  2: "thread join failed",
  3: "thread failed in the runtime",
  4: "memory access out of bounds",
  5: "thread-id pointer conversion failed",
  6: "thread-management lock poisoned",
  7: "no result after join",
  8: "several references after join",
  64: "the host's limit of threads is reached",
  65: "the operating system gave no thread",
  66: "the thread-id pointer is out of bounds or misaligned",
  67: "the program is ending",
  68: "the guard zone below a thread's stack was overwritten",
  69: "a scoped thread died while it may have borrowed its parent's data",
  70: "no memory for another thread's stack: raise the limit (--max-memory), or give threads smaller stacks (Builder::stack_size)",
  71: "the output stream does not exist or takes no more",
  72: "the module's start function cannot start threads",
  73: "a destructor of a thread-local panicked or trapped",
  74: "nobody reads the output stream any more",
  75: "a panic that must not unwind, for instance one during the unwinding of another",
  76: "the host gives no random bytes",
  77: "the program has aborted",
  78: "the input stream does not exist or cannot be read",
};
const describe = (errno) => SENTENCES[errno] ?? "unknown error number";

const EXPORTS = {
  THREAD_START: "thread_start",
  START: "_start",
  MALLOC: "__wasmgrind_malloc",
  FREE: "__wasmgrind_free",
  DESCRIPTOR: "__threadlink_descriptor",
};

const MEMORY = {
  module: "env",
  name: "memory",
};

const IMPORTS = {
  wasm_threadlink: {
    thread_create: "(i32, i32) -> i32",
    thread_join: "(i32) -> i32",
    panic: "(i32) -> ()",
    start_lock: "(i32) -> ()",
    finish_lock: "(i32) -> ()",
    start_unlock: "(i32) -> ()",
    finish_unlock: "(i32) -> ()",
  },
  threadlink: {
    write: "(i32, i32, i32) -> i32",
    read: "(i32, i32, i32) -> i32",
    exit: "(i32) -> ()",
    args_size: "() -> i32",
    args_get: "(i32, i32) -> i32",
    env_size: "() -> i32",
    env_get: "(i32, i32) -> i32",
    clock_monotonic: "() -> i64",
    clock_realtime: "() -> i64",
    available_parallelism: "() -> i32",
    random_get: "(i32, i32) -> i32",
    start_read: "(i32) -> ()",
    finish_read: "(i32) -> ()",
    start_read_unlock: "(i32) -> ()",
    finish_read_unlock: "(i32) -> ()",
    start_wait: "(i32, i32) -> ()",
    finish_wait: "(i32, i32) -> ()",
    notify: "(i32, i32) -> ()",
    start_park: "(i32, i32) -> ()",
    finish_park: "(i32, i32) -> ()",
    unpark: "(i32) -> ()",
  },
};

const HOOKS = ["start_lock", "finish_lock", "start_unlock", "finish_unlock", "start_read", "finish_read", "start_read_unlock", "finish_read_unlock", "start_wait", "finish_wait", "notify", "start_park", "finish_park", "unpark"];

const DESCRIPTOR = {
  MAGIC: 0,
  VERSION: 4,
  MAIN_BLOCK: 8,
  FLAGS: 12,
  PROBE_LOCATION: 16,
  PROBE_FILE: 20,
  PROBE_FILE_LEN: 24,
  PROBE_LINE: 28,
  PROBE_COLUMN: 32,
  LOCATION_SIZE: 36,
  MIN_STACK: 44,
  MAGIC_VALUE: 1263422548,
  VERSION_VALUE: 5,
  OLDEST_VERSION: 2,
  NUMBERS_VERSION: 3,
  FLAG_TRACING: 1,
  FLAG_MIN_STACK: 4,
};

const BLOCK = {
  MAGIC: 0,
  STACK_TOP: 4,
  STACK_LOW: 8,
  GUARD: 16,
  NAME: 20,
  NAME_LEN: 24,
  PANIC: 28,
  PANIC_LEN: 32,
  PANIC_SITE: 44,
  SITE: 36,
  OP: 40,
  ENDED: 64,
  ENDED_LIST: 68,
  ENDED_KEPT: 32,
  FLAGS: 48,
  ALLOCATION: 52,
  EXIT_CODE: 52,
  HELD: 56,
  HELD_COUNT: 2,
  MAGIC_VALUE: 1263288916,
  GUARD_BYTE: 165,
  OP_REAP: 3,
  FLAG_SCOPED: 1,
  FLAG_DESTRUCTORS: 2,
  FLAG_SAID: 4,
  FLAG_NO_MEMORY: 8,
  FLAG_HELD: 16,
  FLAG_EXIT_CODE: 32,
  HELD_BY_DEAD: 2,
};

const LOCK = {
  SITE: 8,
  NAME: 12,
  NAME_LEN: 16,
  INSTANCE: 20,
};

const RECORD = {
  SIZE: 16,
  KIND: 0,
  THREAD: 1,
  ADDRESS: 2,
  SECOND: 3,
  SITE: 4,
  OP: 5,
  ENDED: 6,
  TIME: 7,
  INSTANCE: 9,
  MADE: 10,
  NAME: 11,
  NAME_LEN: 12,
  TICKET: 15,
};

const KINDS = {
  NAMED: 64,
  FORK: 65,
  START: 66,
  END: 67,
  JOIN_REQUEST: 68,
  JOIN: 69,
  DROPPED: 70,
  SLEEP: 71,
  NAP: 72,
  AWAKE: 73,
  WAKEN: 74,
};

return { ERRNO, SENTENCES, describe, EXPORTS, MEMORY, IMPORTS, HOOKS, DESCRIPTOR, BLOCK, LOCK, RECORD, KINDS };
})();

const platform_js = (() => {
const builtin = (name) => globalThis.process?.getBuiltinModule?.(name);

const threads = builtin("node:worker_threads");
const isNode = Boolean(threads);
const mayWait = isNode || typeof globalThis.WorkerGlobalScope !== "undefined";
const isV8 = isNode ? Boolean(globalThis.process.versions.v8) && !globalThis.process.versions.bun : /Chrom(e|ium)\//.test(globalThis.navigator?.userAgent);
const node = (name) => builtin(`node:${name}`);
const tell = (message) => (isNode ? threads.parentPort.postMessage(message) : globalThis.postMessage(message));
function listen(heard) {
  if (isNode) threads.parentPort.on("message", heard);
  else globalThis.onmessage = ({ data }) => heard(data);
}
const origin = BigInt(Math.round(performance.timeOrigin * 1e3)) * 1000n;
const monotonic = isNode
  ? () => process.hrtime.bigint()
  : () => origin + BigInt(Math.round(performance.now() * 1e6));
const processors = () =>
  (isNode ? node("os").availableParallelism() : globalThis.navigator?.hardwareConcurrency) || 1;

return { isNode, mayWait, isV8, node, tell, listen, monotonic, processors };
})();

const clocks_js = (() => {
const { monotonic } = platform_js;

const NANOS_IN_MILLI = 1_000_000n;
const ROUNDING = 50_000n;

class Clocks {
  static shared() {
    return new SharedArrayBuffer(8);
  }

  constructor(buffer) {
    this.last = new BigInt64Array(buffer);
    this.own = 0n;
    this.behind = 0n;
  }
  monotonic() {
    for (let begun; ; ) {
      const read = monotonic(), last = Atomics.load(this.last, 0);
      let now = read + this.behind;
      if (last > now) {
        begun ??= read;
        if (last - now <= ROUNDING && read - begun <= ROUNDING) continue;
        this.behind += last - now;
        now = last;
      }
      if (now <= this.own || Atomics.compareExchange(this.last, 0, last, now) !== last) continue;
      this.own = now;
      return now;
    }
  }
  realtime() {
    return BigInt(Date.now()) * NANOS_IN_MILLI;
  }
}

return { Clocks };
})();

const guest_js = (() => {
const { BLOCK, DESCRIPTOR, ERRNO, EXPORTS } = abi_js;
const { ThreadlinkError } = errors_js;

const LARGEST_LOCATION = 64, LARGEST_GUARD = 1 << 20;
const LONGEST_NAME = 256, LONGEST_PATH = 1024;

const hex = (number) => `0x${number.toString(16)}`;

class Descriptor {
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
  place(memory, address) {
    if (!this.location || !address) return undefined;
    const word = (offset) => memory.word(address + offset);
    const { file, length, line, column } = this.location;
    const path = memory.text(word(file), word(length), LONGEST_PATH);
    if (path === undefined || word(line) === undefined || word(column) === undefined) return undefined;
    return { file: path, line: word(line), column: word(column) };
  }
}

class Block {
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
  panicPlace(descriptor) {
    return descriptor?.place(this.memory, this.word(BLOCK.PANIC_SITE));
  }

  get panicWasSaid() {
    return this.#flag(BLOCK.FLAG_SAID);
  }

  get missedAllocation() {
    return this.#flag(BLOCK.FLAG_NO_MEMORY) ? this.word(BLOCK.ALLOCATION) : undefined;
  }
  get deadly() {
    if (this.scoped) return ERRNO.SCOPED_THREAD_DIED;
    return this.#flag(BLOCK.FLAG_DESTRUCTORS) ? ERRNO.DESTRUCTOR_FAILED : undefined;
  }
  get reaps() {
    return this.word(BLOCK.OP) === BLOCK.OP_REAP;
  }
  get guardDamaged() {
    const size = this.low - this.guard;
    if (this.guard === 0 || size <= 0 || size > LARGEST_GUARD) return false;
    return this.memory.slice(this.guard, size)?.some((byte) => byte !== BLOCK.GUARD_BYTE) ?? false;
  }
  get exitCode() {
    return this.#flag(BLOCK.FLAG_EXIT_CODE) ? this.word(BLOCK.EXIT_CODE) | 0 : undefined;
  }
  forgetEnd() {
    const flags = this.word(BLOCK.FLAGS) & ~(BLOCK.FLAG_EXIT_CODE | BLOCK.FLAG_NO_MEMORY);
    this.memory.store(this.address + BLOCK.FLAGS, flags);
  }
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

return { Descriptor, Block };
})();

const printable_js = (() => {
const MARK = "  | ";
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Mn}\p{Me}]|(?! )\p{Zs}/gu;
const SHORT = { "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

const printable = (text) =>
  text.replace(HIDDEN, (found) => SHORT[found] ?? `\\u{${found.codePointAt(0).toString(16)}}`);
function marked(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const shown = lines.map((line, index) => {
    const clean = printable(line.endsWith("\r") && index < lines.length ? line.slice(0, -1) : line);
    return index > 0 && !clean ? MARK.trimEnd() : MARK + clean;
  });
  return shown.join("\n") || MARK;
}

return { printable, marked };
})();

const report_js = (() => {
const { ERRNO, describe } = abi_js;
const { marked, printable } = printable_js;

const BACKTRACE_NOTE = "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
const FULL_NOTE = "note: run with `RUST_BACKTRACE=full` for the frames of std and the runtime\n";
const MOST_FRAMES = 64, FOLDED = " of std and the runtime";
const CODES = { deadlock: 3, panicked: 101, trapped: 134, runtime: 134, terminated: 130 };
const kept = (code) => (code !== 0 && (code & 255) === 0 ? 255 : code);

const placeText = ({ file, line, column }) => `${printable(file)}:${line}:${column}`;
const backtraceLines = (frames) => frames.map(({ name, place }) => (place ? `${name} at ${place}` : name));

const frameText = ({ name, place }, index) =>
  `${String(index).padStart(4)}: ${printable(name)}\n${place ? `             at ${printable(place)}\n` : ""}`;
function folded(frames) {
  const all = frames.every(({ machinery }) => machinery), shown = ({ machinery }) => all || !machinery;
  let text = "", rest = MOST_FRAMES;
  for (let next = 0; next < frames.length; ) {
    if (rest === 0) return `${text}      ... and ${frames.length - next} more\n`;
    if (shown(frames[next])) {
      text += frameText(frames[next], next);
      rest -= 1;
      next += 1;
      continue;
    }
    const start = next;
    while (next < frames.length && !shown(frames[next])) next += 1;
    const count = next - start, plural = count === 1 ? "" : "s";
    text += `      ... ${count} frame${plural}${FOLDED}${next < frames.length ? `, in ${printable(frames[next - 1].name)}` : ""}\n`;
  }
  return text;
}

function backtraceText(frames, placed, style) {
  if (frames.length === 0) return "";
  if (style === "0" || (style === undefined && placed)) return BACKTRACE_NOTE;
  const lines = style === "full" ? frames.map(frameText).join("") : folded(frames);
  return `stack backtrace:\n${lines}${lines.includes(FOLDED) ? FULL_NOTE : ""}`;
}
const BEYOND = (reach) => `note: the memory has grown beyond the ${reach} bytes that it had with what was reserved, while threads ran; V8 may ` +
  "trap like this when another thread makes memory grow: `load(.., { reserve: BYTES })` or `--reserve BYTES` with as much as the " +
  "program needs avoids that\n";

const pages = (bytes) => Math.ceil(bytes / 65536) * 65536;
function exhaustedText({ wanted, used, limit }) {
  if (wanted === undefined)
    return "trapped: call stack exhausted: the recursion is too deep for what the engine has for each thread; recurse less deeply";
  const remedy = used + pages(wanted) + 65536 <= limit
    ? "the engine or the system gives no more"
    : "that is what the module was linked with: build it with -Clink-arg=--max-memory=BYTES";
  return `ran out of memory: an allocation of ${wanted} bytes failed, and the program's memory has ${used} bytes of at most ` +
    `${limit}; ${remedy}`;
}
function deathText(death, style) {
  if (death.said) return "";
  let text = `thread ${death.thread} `;
  if (death.kind === "panicked") {
    text += death.place ? `panicked at ${placeText(death.place)}:\n` : "panicked:\n";
    text += `${marked(death.message)}\n`;
  } else text += death.exhausted ? `${exhaustedText(death.exhausted)}\n` : `trapped: ${printable(death.message)}\n`;
  if (death.beyond !== undefined) text += BEYOND(death.beyond);
  return text + backtraceText(death.backtrace, death.kind === "panicked" && death.place, style);
}

const REMEDIES = {
  panicked: "it was a scoped thread, and without unwinding what it had borrowed may be left half changed; build with " +
    "`--panic unwind`, or give a thread of `thread::spawn` what it owns",
  trapped: "it was a scoped thread, and what it had borrowed may be left half changed; a thread that may die like this needs " +
    "to own its data: use `thread::spawn`",
};
const DESTRUCTORS = "it was running the destructors of its thread-locals, and its result had been handed over; they must not " +
  "fail, as in std";
function failureText({ thread, errno, stackSize, overflowed, backtrace = [], death }, style) {
  if (death) {
    const remedy = errno === ERRNO.SCOPED_THREAD_DIED ? REMEDIES[death.kind] : DESTRUCTORS;
    return `${deathText(death, style)}thread ${thread} ended the program (error number ${errno} of the threadlink runtime): ${remedy}\n`;
  }
  let text;
  if (overflowed) {
    text = `thread ${thread} overflowed its stack${stackSize ? ` of ${stackSize} bytes` : ""}, so that the memory below it cannot be ` +
      "trusted any more; give it more with `thread::Builder::new().stack_size(BYTES)`, or recurse less deeply\n";
  } else if (errno === ERRNO.STACK_GUARD_DAMAGED) {
    text = `thread ${thread} ended the program because a thread is said to have overflowed its stack (error number ${errno} of the ` +
      "threadlink runtime), but no guard zone that the host knows was written to: something has damaged the runtime's own data, " +
      "or this runtime is not threadlink's\n";
  } else text = `thread ${thread} ended the program: ${describe(errno)} (error number ${errno} of the threadlink runtime)\n`;
  return text + backtraceText(backtrace, false, style);
}

return { CODES, kept, placeText, backtraceLines, deathText, failureText };
})();

const traps_js = (() => {
const MOST_FRAMES = 64;
const TRAPS = [
  [/^unreachable( executed)?$|^Unreachable code/, "wasm `unreachable` instruction executed"],
  [/^divide by zero|^remainder by zero|^integer divide by zero|^Division by zero/, "integer divide by zero"],
  [/^divide result unrepresentable|^integer overflow|^Integer overflow|^Integer division/, "integer overflow"],
  [/^float unrepresentable|^integer conversion to|^Out of bounds Trunc/, "invalid conversion to integer"],
  [/table index is out of bounds|^table index out|^Out of bounds table|^Out of bounds call_indirect/, "undefined element: out of bounds table access"],
  [/^null function$|^indirect call to null|^call_indirect to a null/, "uninitialized element"],
  [/signature mismatch/, "indirect call type mismatch"],
  [/unaligned/, "unaligned atomic"],
  [/out of bounds/i, "out of bounds memory access"],
];

const UNREACHABLE = TRAPS[0][1], OUT_OF_BOUNDS = TRAPS.at(-1)[1];
const PANIC_ENTRY = /rust_panic|__rust_start_panic|rust_begin_unwind/;
function read(error, places) {
  const said = String(error?.message ?? error);
  const exhausted = error instanceof RangeError || error?.name === "InternalError";
  const trap = error instanceof WebAssembly.RuntimeError ? TRAPS.find(([pattern]) => pattern.test(said))?.[1] : undefined;
  const message = error instanceof WebAssembly.Exception ? "an exception was thrown that nothing catches" : said;
  return {
    message: trap ? `wasm trap: ${trap}` : message,
    unreachable: trap === UNREACHABLE,
    outOfBounds: trap === OUT_OF_BOUNDS,
    exhausted,
    backtrace: frames(error?.stack, places),
  };
}
const isPanic = (backtrace) => backtrace.some(({ name }) => PANIC_ENTRY.test(name));
const FRAME = /^(?:\s*at )?(.*?)(?: \(|@)?[^\s(@]*wasm-function\[(\d+)\](?::0x([0-9a-f]+))?/;
const MODULE_NAME = /^.*\.wasm\./, SUFFIX = /::h[0-9a-f]{16}$|\.llvm\.\d+$/;
function frames(stack, places) {
  if (typeof stack !== "string") return [];
  const found = stack.split("\n").map((line) => FRAME.exec(line)).filter(Boolean);
  return found.slice(0, MOST_FRAMES).flatMap(([, name, index, offset]) => {
    const engines = name ? name.replace(MODULE_NAME, "").replace(SUFFIX, "") : `<function ${index}>`;
    const known = offset === undefined ? [] : places.at(parseInt(offset, 16));
    return known.length === 0 ? [{ name: engines }] : known.map((frame) => ({ ...frame, name: frame.name ?? engines }));
  });
}
const callers = (places) => frames(new Error().stack, places);
function wantFrames() {
  Error.stackTraceLimit = MOST_FRAMES;
}

return { read, isPanic, callers, wantFrames };
})();

const deaths_js = (() => {
const { ERRNO } = abi_js;
const { Block } = guest_js;
const { isV8 } = platform_js;
const { printable } = printable_js;
const { CODES, backtraceLines, deathText, failureText } = report_js;
const { callers, isPanic, read } = traps_js;

const NO_MESSAGE = "(the program replaced the panic hook, so its message is not known)";
const SLACK = 1 << 20;
const label = (id, block) => {
  if (id === 0) return "'main'";
  const name = block?.name;
  return name === undefined ? `#${id}` : `'${printable(name)}'`;
};
class Deaths {
  constructor({ memory, descriptor, threads, places, maximum, reach, style }) {
    Object.assign(this, { memory, descriptor, threads, places, maximum, reach, style });
  }
  #describe(thread, error) {
    const { block } = thread, { message, unreachable, outOfBounds, exhausted, backtrace } = read(error, this.places);
    const death = { thread: label(thread.id, block), kind: "trapped", message, backtrace, place: this.#own(backtrace) };
    if (exhausted) return { ...death, exhausted: {} };
    if (isV8 && outOfBounds && this.memory.size > this.reach + SLACK) return { ...death, beyond: this.reach };
    if (!unreachable) return death;
    const wanted = block?.missedAllocation;
    if (wanted !== undefined) return { ...death, exhausted: { wanted, used: this.memory.size, limit: this.maximum } };
    const said = block?.panicMessage;
    if (said === undefined && !isPanic(backtrace)) return death;
    return { ...death, kind: "panicked", message: said ?? NO_MESSAGE, place: said !== undefined ? block.panicPlace(this.descriptor) : undefined,
      said: said !== undefined && block.panicWasSaid };
  }
  #own(backtrace) {
    return this.places.place(this.places.site(backtrace));
  }
  ofMain(thread, error) {
    const overflow = this.#overflow(thread, error);
    if (overflow) return overflow;
    const death = this.#describe(thread, error), { kind, message, place, backtrace } = death;
    return { kind, code: CODES[kind], thread: death.thread, message, place, backtrace: backtraceLines(backtrace), text: deathText(death, this.style) };
  }
  ofThread(thread, error) {
    const overflow = this.#overflow(thread, error);
    if (overflow) return { end: overflow };
    const death = this.#describe(thread, error), errno = thread.block?.deadly;
    if (errno === undefined) return { text: deathText(death, this.style) };
    return { end: this.#failure({ thread: death.thread, errno, death }) };
  }
  ofRuntime(thread, errno) {
    const backtrace = callers(this.places);
    const damaged = errno === ERRNO.STACK_GUARD_DAMAGED ? this.#damaged(thread) : undefined;
    return this.#failure(damaged ? { ...damaged, backtrace } : { thread: label(thread.id, thread.block), errno, backtrace });
  }

  #overflow(thread, error) {
    const damaged = this.#damaged(thread);
    return damaged && this.#failure({ ...damaged, backtrace: read(error, this.places).backtrace });
  }
  #damaged({ id, block }) {
    const others = [...this.threads.running()].map(({ id, routine }) => ({ id, block: Block.at(this.memory, routine) }));
    const found = [{ id, block }, ...others].find(({ block }) => block?.guardDamaged);
    return found && { thread: label(found.id, found.block), errno: ERRNO.STACK_GUARD_DAMAGED, stackSize: found.block.stackSize, overflowed: true };
  }

  #failure(failure) {
    const text = failureText(failure, this.style), { thread, errno, death, backtrace } = failure;
    const message = death?.message ?? text.split("\n", 1)[0];
    return { kind: "runtime", code: CODES.runtime, errno, thread, message, place: death?.place, backtrace: backtraceLines(backtrace ?? death?.backtrace ?? []), text };
  }
}

return { label, Deaths };
})();

const imports_system_js = (() => {
const { ERRNO } = abi_js;
const { processors } = platform_js;
const { kept } = report_js;

const STDIN = 0;
function system(worker) {
  const { memory, threads, output, input, clocks } = worker;
  const unsigned = (pointer, length) => [pointer >>> 0, length >>> 0];
  const texts = (all) => [
    () => all.length,
    (pointer, room) => {
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

return { system };
})();

const journal_js = (() => {
const { BLOCK, DESCRIPTOR, HOOKS, KINDS, LOCK, RECORD } = abi_js;

const NAME_WORDS = RECORD.TICKET - RECORD.SECOND, LONGEST_NAME = 256;
const HALF = 2 ** 32;
const SILENT = ["finish_unlock", "finish_read_unlock"];
const REQUESTS = ["start_lock", "start_read"].map((name) => HOOKS.indexOf(name));
const unwritten = {
  describe() {}, begin() {}, forks() {}, note() {}, ends() {},
  hooks: Object.fromEntries(HOOKS.map((name) => [name, () => {}])),
};

class Journal {
  constructor({ records, memory, threads, begun, traced }) {
    Object.assign(this, { records, memory, threads, traced, block: 0, id: 0, ended: 0 });
    this.behind = performance.timeOrigin - begun;
    this.hooks = Object.fromEntries(HOOKS.map((name, place) =>
      [name, SILENT.includes(name) ? () => {} : (address, second) => this.#hook(place, address >>> 0, second >>> 0)]));
  }
  namesPlaces = true;
  describe(descriptor) {
    this.lockWords = Boolean(descriptor && descriptor.flags & DESCRIPTOR.FLAG_TRACING);
    this.numbers = this.lockWords && descriptor.version >= DESCRIPTOR.NUMBERS_VERSION;
  }
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
  ends(died) {
    this.drops();
    this.note(KINDS.END, 0, Number(died));
  }
}

return { unwritten, Journal };
})();

const imports_threads_js = (() => {
const { ERRNO, KINDS } = abi_js;
const { ThreadlinkError } = errors_js;
const { Block } = guest_js;
const { unwritten } = journal_js;
const { mayWait } = platform_js;

const NO_WAIT = "a page's own thread cannot wait, and so it cannot join a thread: do that in a thread of the program";
function threads(worker) {
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

return { threads };
})();

const imports_waits_js = (() => {
const { KINDS } = abi_js;
const { callers } = traps_js;
const WAITS = { module: "threadlink:host", functions: ["wait32", "wait64", "notify", "made_for"] };

const RESULTS = { ok: 0, "not-equal": 1, "timed-out": 2 };
const NANOS_IN_MILLI = 1e6, LIMIT = 2 ** 32, LONGEST = 2 ** 62;

const trap = (message) => { throw new WebAssembly.RuntimeError(message); };
function waits(worker) {
  const { memory, threads, journal, stillness } = worker;
  const place = (base, offset, size) => {
    if (threads.isOver) worker.leave();
    const address = (base >>> 0) + (offset >>> 0);
    if (address >= LIMIT) trap("memory access out of bounds");
    if (address % size !== 0) trap("operation does not support unaligned accesses");
    if (!memory.has(address, size)) trap("memory access out of bounds");
    return address;
  };
  const wait = (view, address, expected, timeout) => {
    const limited = timeout >= 0n, index = address / view.BYTES_PER_ELEMENT;
    journal.note(limited ? KINDS.NAP : KINDS.SLEEP, address, Number(BigInt.asIntN(32, BigInt(expected))));
    stillness.sleeps(limited);
    const how = RESULTS[Atomics.wait(view, index, expected, limited ? Math.min(Number(timeout), LONGEST) / NANOS_IN_MILLI : Infinity)];
    stillness.awakes(limited, how);
    journal.note(KINDS.AWAKE, address, how);
    if (threads.isOver) worker.leave();
    return how;
  };
  return {
    wait32: (base, expected, timeout, offset) => {
      const address = place(base, offset, 4);
      return wait(memory.words, address, expected, timeout);
    },
    wait64: (base, expected, timeout, offset) => {
      const address = place(base, offset, 8);
      return wait(new BigInt64Array(memory.words.buffer), address, expected, timeout);
    },
    notify: (base, count, offset) => {
      const address = place(base, offset, 4);
      journal.note(KINDS.WAKEN, address, count);
      const woken = Atomics.notify(memory.words, address / 4, count >>> 0);
      stillness.woken(woken);
      return woken;
    },
    made_for: () => (journal.namesPlaces ? worker.places.site(callers(worker.places)) : 0),
  };
}

return { WAITS, waits };
})();

const imports_all_js = (() => {
const { IMPORTS, MEMORY } = abi_js;
const { system } = imports_system_js;
const { threads } = imports_threads_js;
const { WAITS, waits } = imports_waits_js;
function imports(worker) {
  const made = { ...threads(worker), ...system(worker), ...worker.journal.hooks };
  const all = { [MEMORY.module]: { [MEMORY.name]: worker.memory.memory } };
  for (const [module, functions] of Object.entries(IMPORTS)) {
    all[module] ??= {};
    for (const name of Object.keys(functions)) {
      const found = made[name];
      if (!found) throw new Error(`this host does not have ${module}.${name}`);
      all[module][name] = found;
    }
  }
  all[WAITS.module] = waits(worker);
  return all;
}

return { imports };
})();

const lock_js = (() => {
const { mayWait, processors } = platform_js;
const LOOKS = processors() > 1 ? 4000 : 0;
function look(words, at, value, most = LOOKS) {
  for (let looks = 0; looks < most && Atomics.load(words, at) === value; looks++);
}

function lock(words, at) {
  if (Atomics.compareExchange(words, at, 0, 1) === 0) return;
  look(words, at, 1);
  if (Atomics.compareExchange(words, at, 0, 1) === 0) return;
  while (Atomics.exchange(words, at, 2) !== 0) if (mayWait) Atomics.wait(words, at, 2);
}

function unlock(words, at) {
  if (Atomics.exchange(words, at, 0) === 2) Atomics.notify(words, at, 1);
}

return { LOOKS, look, lock, unlock };
})();

const input_js = (() => {
const { ERRNO } = abi_js;
const { lock, unlock } = lock_js;
const { mayWait } = platform_js;
const PIECE = 65536;
const LOCK = 0, STATE = 1, COUNT = 2, HEADER = 4;

class Input {
  static shared() {
    return new SharedArrayBuffer(4 * HEADER + PIECE);
  }

  constructor(buffer) {
    this.words = new Int32Array(buffer, 0, HEADER);
    this.piece = new Uint8Array(buffer, 4 * HEADER);
  }
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
  give(bytes) {
    if (bytes) this.piece.set(bytes);
    this.words[COUNT] = bytes ? bytes.length : -ERRNO.INPUT_FAILED;
    Atomics.store(this.words, STATE, 0);
    Atomics.notify(this.words, STATE);
  }
}

return { PIECE, Input };
})();

const memory_js = (() => {
const LONGEST_STRING = 65536;

class GuestMemory {
  constructor(memory) {
    this.memory = memory;
    this.#look();
  }
  #look() {
    this.memory.grow(0);
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
  }
  get size() {
    this.#look();
    return this.bytes.length;
  }
  has(at, length) {
    if (at + length <= this.bytes.length) return true;
    this.#look();
    return at + length <= this.bytes.length;
  }
  slice(at, length) {
    return this.has(at, length) ? this.bytes.subarray(at, at + length) : undefined;
  }
  word(at) {
    return at % 4 === 0 && this.has(at, 4) ? Atomics.load(this.words, at / 4) >>> 0 : undefined;
  }
  store(at, value) {
    if (at % 4 !== 0 || !this.has(at, 4)) return false;
    Atomics.store(this.words, at / 4, value | 0);
    return true;
  }
  text(at, length, most = LONGEST_STRING) {
    if (!at) return undefined;
    const bytes = this.slice(at, Math.min(length, most));
    return bytes && new TextDecoder().decode(bytes.slice()) + (length > most ? "..." : "");
  }
}

return { GuestMemory };
})();

const output_js = (() => {
const { ERRNO } = abi_js;
const { lock, unlock } = lock_js;
const { mayWait } = platform_js;
const CAPACITY = 1 << 18;
const PIECE = CAPACITY / 4;
const LOCK = 0, WRITTEN = 1, TAKEN = 2, ASKED = 3, CLOSED = 4, HEADER = 8;
const RECORD = 8;

const STREAMS = [1, 2];

class Output {
  static shared() {
    return new SharedArrayBuffer(4 * HEADER + CAPACITY);
  }

  constructor(buffer) {
    this.words = new Int32Array(buffer, 0, HEADER);
    this.ring = new Uint8Array(buffer, 4 * HEADER);
    this.ringWords = new Int32Array(buffer, 4 * HEADER);
  }
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

return { Output };
})();

const places_js = (() => {
const SECTION = "threadlink:places", VERSION = 1;
const NAME = 0, FILE = 1, FOLDER = 2, LINE = 3, COLUMN = 4, MACHINERY = 5, OUTER = 6, FRAME = 7;

const NOTHING = { bytes: new Uint8Array(), texts: [], frames: [], offsets: [], begins: [] };

class Reader {
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }

  number() {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError("the table ends too early");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text() {
    const length = this.number(), at = this.at;
    this.at += length;
    return this.bytes.subarray(at, this.at);
  }
}
function parse(bytes) {
  const reader = new Reader(bytes);
  if (reader.number() !== VERSION) return NOTHING;
  const texts = new Uint32Array(reader.number());
  for (let index = 0; index < texts.length; index++) {
    texts[index] = reader.at;
    reader.text();
  }
  const frames = new Uint32Array(reader.number() * FRAME);
  for (let index = 0; index < frames.length; index++) frames[index] = reader.number();
  const count = reader.number(), offsets = new Uint32Array(count), begins = new Uint32Array(count);
  for (let index = 0, offset = 0; index < count; index++) {
    offset += reader.number();
    offsets[index] = offset;
    begins[index] = reader.number();
  }
  return { bytes, texts, frames, offsets, begins };
}

class Places {
  #module; #table;

  constructor(module) {
    this.#module = module;
  }
  #read() {
    if (this.#table) return this.#table;
    const [section] = WebAssembly.Module.customSections(this.#module, SECTION);
    try {
      this.#table = section ? parse(new Uint8Array(section)) : NOTHING;
    } catch {
      this.#table = NOTHING;
    }
    return this.#table;
  }
  #text(number, from = 0) {
    const { bytes, texts } = this.#read(), at = texts[number - 1];
    return at === undefined ? undefined : new TextDecoder().decode(new Reader(bytes, at).text().subarray(from));
  }

  #word(number, word) {
    return this.#read().frames[(number - 1) * FRAME + word] ?? 0;
  }
  #innermost(offset) {
    const { offsets, begins } = this.#read();
    let low = 0, high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return begins[low - 1] ?? 0;
  }
  at(offset) {
    const found = [];
    for (let number = this.#innermost(offset), last = Infinity; number > 0 && number < last; number = this.#word(last, OUTER)) {
      last = number;
      const [line, column] = [this.#word(number, LINE), this.#word(number, COLUMN)], file = this.#text(this.#word(number, FILE));
      found.push({
        number, name: this.#text(this.#word(number, NAME)), machinery: this.#word(number, MACHINERY) !== 0,
        place: file === undefined || !line ? file : `${file}:${line}:${column}`,
      });
    }
    return found;
  }
  site(frames) {
    const own = frames.find(({ number, machinery }) => !machinery && number && this.#word(number, LINE) > 0);
    return own ? 4 * own.number + 1 : 0;
  }
  place(site) {
    const number = (site - 1) / 4;
    const file = Number.isInteger(number) && number > 0 ? this.#text(this.#word(number, FILE), this.#word(number, FOLDER)) : undefined;
    const line = this.#word(number, LINE);
    return file !== undefined && line > 0 ? { file, line, column: this.#word(number, COLUMN) } : undefined;
  }
}

return { Places };
})();

const random_js = (() => {
const PIECE = 65536;

const KEY_WORDS = 8, BLOCK_WORDS = 16, DOUBLE_ROUNDS = 10;
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

const rotated = (value, by) => (value << by) | (value >>> (32 - by));

function quarter(state, a, b, c, d) {
  state[a] = (state[a] + state[b]) | 0; state[d] = rotated(state[d] ^ state[a], 16);
  state[c] = (state[c] + state[d]) | 0; state[b] = rotated(state[b] ^ state[c], 12);
  state[a] = (state[a] + state[b]) | 0; state[d] = rotated(state[d] ^ state[a], 8);
  state[c] = (state[c] + state[d]) | 0; state[b] = rotated(state[b] ^ state[c], 7);
}
class Stream {
  constructor(key, number) {
    this.input = Int32Array.of(...CONSTANTS, ...key, 0, 0, Number(BigInt.asIntN(32, number)), Number(BigInt.asIntN(32, number >> 32n)));
    this.block = new Int32Array(BLOCK_WORDS);
    this.drawn = BLOCK_WORDS;
  }

  #next() {
    if (this.drawn === BLOCK_WORDS) {
      const { input, block } = this;
      block.set(input);
      for (let round = 0; round < DOUBLE_ROUNDS; round++) {
        quarter(block, 0, 4, 8, 12); quarter(block, 1, 5, 9, 13); quarter(block, 2, 6, 10, 14); quarter(block, 3, 7, 11, 15);
        quarter(block, 0, 5, 10, 15); quarter(block, 1, 6, 11, 12); quarter(block, 2, 7, 8, 13); quarter(block, 3, 4, 9, 14);
      }
      for (let word = 0; word < BLOCK_WORDS; word++) block[word] = (block[word] + input[word]) | 0;
      input[12] = (input[12] + 1) | 0;
      if (input[12] === 0) input[13] = (input[13] + 1) | 0;
      this.drawn = 0;
    }
    return this.block[this.drawn++];
  }

  words(count) {
    return Int32Array.from({ length: count }, () => this.#next());
  }

  fill(bytes) {
    for (let at = 0; at < bytes.length; at += 4) {
      const word = this.#next();
      for (let byte = 0; byte < 4 && at + byte < bytes.length; byte++) bytes[at + byte] = word >>> (8 * byte);
    }
  }
}

class System {
  childKey() {
    return undefined;
  }
  fill(bytes) {
    for (let done = 0; done < bytes.length; done += PIECE)
      bytes.set(crypto.getRandomValues(new Uint8Array(Math.min(bytes.length - done, PIECE))), done);
  }
}
class Seeded {
  constructor(key, own = 0n) {
    this.key = key;
    this.children = 0n;
    this.own = new Stream(key, own);
  }

  childKey() {
    this.children += 1n;
    return new Stream(this.key, this.children).words(KEY_WORDS);
  }

  fill(bytes) {
    this.own.fill(bytes);
  }
}

const OF_START = 2n ** 64n - 1n;
const key = (seed) => Int32Array.of(Number(BigInt.asIntN(32, seed)), Number(BigInt.asIntN(32, seed >> 32n)), 0, 0, 0, 0, 0, 0);
const ofMain = (seed) => (seed === undefined ? new System() : new Seeded(key(seed)));
const ofStart = (seed) => (seed === undefined ? new System() : new Seeded(key(seed), OF_START));
const ofThread = (seed, key) => (seed === undefined ? new System() : new Seeded(key));

return { ofMain, ofStart, ofThread };
})();

const records_js = (() => {
const { RECORD } = abi_js;
const CAPACITY = 1 << 14;
const NEXT = 0, TAKEN = 1, NAPPING = 2, AWAKE = 3, TIMED = 4, STILL = 5, OVER = 6, NEVER = 7, HEADER = 16;
const COUNTS = { awake: AWAKE, timed: TIMED };

class Records {
  static shared() {
    const buffer = new SharedArrayBuffer(4 * (HEADER + CAPACITY * RECORD.SIZE));
    new Int32Array(buffer)[AWAKE] = 1;
    return buffer;
  }

  constructor(buffer) {
    this.words = new Int32Array(buffer);
  }
  write(fill) {
    const { words } = this, ticket = Atomics.add(words, NEXT, 1);
    const at = HEADER + (ticket & (CAPACITY - 1)) * RECORD.SIZE;
    try {
      for (;;) {
        const taken = Atomics.load(words, TAKEN);
        if (((ticket - taken) | 0) < CAPACITY) break;
        Atomics.wait(words, TAKEN, taken);
      }
      words[at + RECORD.THREAD] = -1;
      fill(words, at);
    } finally {
      Atomics.store(words, at + RECORD.TICKET, (ticket + 1) | 0);
    }
    if (Atomics.load(words, NAPPING) === 1) this.#wake();
  }

  #wake() {
    if (Atomics.exchange(this.words, NAPPING, 0) === 1) Atomics.notify(this.words, NAPPING);
  }
  still() {
    Atomics.store(this.words, STILL, 1);
    this.#wake();
  }
  end() {
    Atomics.store(this.words, OVER, 1);
    this.#wake();
  }

  get isOver() {
    return Atomics.load(this.words, OVER) !== 0;
  }
  takeStill() {
    return Atomics.exchange(this.words, STILL, 0) !== 0;
  }
  get next() {
    return Atomics.load(this.words, NEXT);
  }
  take(until, most, read) {
    const { words } = this;
    for (let taken = words[TAKEN]; ((until - taken) | 0) > 0; ) {
      const place = taken & (CAPACITY - 1), room = Math.min(most, CAPACITY - place, (until - taken) | 0);
      let count = 0;
      while (count < room && this.#isWritten(taken + count, place + count)) count += 1;
      if (count === 0) {
        if (this.isOver) return;
        Atomics.wait(words, NEVER, 0, 0.1);
        continue;
      }
      const at = HEADER + place * RECORD.SIZE;
      read(words.subarray(at, at + count * RECORD.SIZE), count);
      taken = (taken + count) | 0;
      Atomics.store(words, TAKEN, taken);
      Atomics.notify(words, TAKEN);
    }
  }

  #isWritten(ticket, place) {
    return Atomics.load(this.words, HEADER + place * RECORD.SIZE + RECORD.TICKET) === ((ticket + 1) | 0);
  }
  nap(most) {
    const { words } = this;
    Atomics.store(words, NAPPING, 1);
    const nothing = Atomics.load(words, NEXT) === words[TAKEN] && Atomics.load(words, STILL) === 0 && !this.isOver;
    if (nothing) Atomics.wait(words, NAPPING, 1, most);
    Atomics.store(words, NAPPING, 0);
    if (nothing && !this.isOver) Atomics.wait(words, NEVER, 0, 1);
  }
  pause(milliseconds) {
    Atomics.wait(this.words, NEVER, 0, milliseconds);
  }
}

return { COUNTS, Records };
})();

const reserve_js = (() => {
const { EXPORTS } = abi_js;

const ALIGNMENT = 16, LEAST = 1 << 20, PAGE = 65536;
function reserve({ exports, thread, memory }, bytes) {
  const { [EXPORTS.MALLOC]: allocate, [EXPORTS.FREE]: free } = exports;
  if (!allocate || !free) return;
  for (let size = bytes; size >= LEAST; size = Math.floor(size / 2 / PAGE) * PAGE) {
    try {
      free(allocate(size, ALIGNMENT), size, ALIGNMENT);
      return;
    } catch {
      thread.block?.forgetEnd();
    }
  }
}

return { reserve };
})();

const stillness_js = (() => {
const WOKEN = 0;
const uncounted = {
  starts() {}, ends() {}, sleeps() {}, woken() {}, awakes() {},
};
class Stillness {
  constructor(words, { awake, timed }, still) {
    Object.assign(this, { words, awake, timed, still });
  }
  starts() {
    Atomics.add(this.words, this.awake, 1);
  }
  ends() {
    this.#out();
  }
  sleeps(limited) {
    if (limited) Atomics.add(this.words, this.timed, 1);
    this.#out();
  }
  woken(count) {
    if (count > 0) Atomics.add(this.words, this.awake, count);
  }
  awakes(limited, how) {
    if (how !== WOKEN) Atomics.add(this.words, this.awake, 1);
    if (limited) Atomics.sub(this.words, this.timed, 1);
  }

  #out() {
    if (Atomics.sub(this.words, this.awake, 1) === 1) this.still();
  }
  static is(words, { awake, timed }) {
    return Atomics.load(words, awake) === 0 && Atomics.load(words, timed) === 0;
  }
}

return { uncounted, Stillness };
})();

const patience_js = (() => {
const { LOOKS, look } = lock_js;
const WAYS = [LOOKS, 0, 12 * LOOKS];
const USUAL = 0, LONG = 2;
const WAY = 0, SINCE = 1, COSTS = 2;
const PATIENCE_WORDS = COSTS + WAYS.length;
const PERIOD = 16, TRY = 64;
const RARE = 1000, GOOD = 40;

const micros = () => Math.round((performance.timeOrigin + performance.now()) * 1e3) | 0;

class Patience {
  constructor(words, at) {
    Object.assign(this, { words, at });
  }
  look(words, at, value) {
    look(words, at, value, WAYS[Atomics.load(this.words, this.at + WAY)]);
  }
  turn(number) {
    if (number % PERIOD !== 0) return;
    const { words, at } = this, now = micros(), took = ((now - words[at + SINCE]) | 0) / PERIOD;
    words[at + SINCE] = now;
    if (took < 0 || took > RARE) {
      Atomics.store(words, at + WAY, USUAL);
      return;
    }
    const way = words[at + WAY], cost = at + COSTS + way, nanos = Math.max(1, took * 1e3);
    words[cost] = words[cost] && way === this.#best() ? (words[cost] + nanos) / 2 : nanos;
    const best = this.#best(), period = (number >>> 0) / PERIOD;
    Atomics.store(words, at + WAY, period % TRY === 0 ? this.#other(best, period / TRY) : best);
  }

  #best() {
    const costs = WAYS.map((_, way) => this.words[this.at + COSTS + way] || Infinity);
    const least = Math.min(...costs);
    return least === Infinity ? USUAL : costs.indexOf(least);
  }
  #other(best, trial) {
    const good = this.words[this.at + COSTS + best] < GOOD * 1e3;
    const others = WAYS.map((_, way) => way).filter((way) => way !== best && !(way === LONG && good));
    return others[trial % others.length];
  }
}

return { PATIENCE_WORDS, Patience };
})();

const threads_js = (() => {
const { ERRNO } = abi_js;
const { lock, unlock } = lock_js;
const { PATIENCE_WORDS, Patience } = patience_js;
const { mayWait, processors } = platform_js;
const { uncounted } = stillness_js;
const RECORDS = 1 << 14;
const MOST_LOOKERS = processors();
const LAST_POSSIBLE_ID = 2 ** 31 - 1;
const LOCK = 0, TICKETS = 1, IDLE = 2, STARTING = 3, QUEUED = 4, HEAD = 5, LAST_ID = 6, ALIVE = 7, LIMIT = 8, OVER = 9, PARKED = 10, LOOKERS = 11, PATIENCE = 12;
const HEADER = PATIENCE + PATIENCE_WORDS;
const ID = 0, STATE = 1, ROUTINE = 2, KEY = 3, KEY_WORDS = 8, RECORD = 12;
const RUNNING = 0, DONE = 1, DIED = 2, AWAITED = 3;

class Threads {
  static shared(limit) {
    const buffer = new SharedArrayBuffer(4 * (HEADER + RECORDS * (RECORD + 1)));
    const words = new Int32Array(buffer);
    words[LIMIT] = Math.min(limit, RECORDS);
    words[ALIVE] = 1;
    return buffer;
  }

  constructor(buffer, stillness = uncounted) {
    this.words = new Int32Array(buffer);
    this.stillness = stillness;
    this.patience = new Patience(this.words, PATIENCE);
  }

  #record(index) {
    return HEADER + RECORDS + index * RECORD;
  }
  create(routine, announce, key, needsWorker) {
    const words = this.words;
    if (Atomics.add(words, ALIVE, 1) >= words[LIMIT]) {
      Atomics.sub(words, ALIVE, 1);
      return -ERRNO.TOO_MANY_THREADS;
    }
    const id = this.#claimId();
    if (id === 0) {
      Atomics.sub(words, ALIVE, 1);
      return -ERRNO.TOO_MANY_THREADS;
    }
    const index = id % RECORDS, record = this.#record(index);
    words[record + ROUTINE] = routine;
    if (key) for (let word = 0; word < KEY_WORDS; word++) words[record + KEY + word] = key[word];
    announce(id);
    this.stillness.starts();
    lock(words, LOCK);
    words[HEADER + ((words[HEAD] + words[QUEUED]) % RECORDS)] = index;
    words[QUEUED] += 1;
    const queued = words[QUEUED], grow = queued > words[IDLE] + words[STARTING];
    if (grow) words[STARTING] += 1;
    unlock(words, LOCK);
    const turn = Atomics.add(words, TICKETS, 1);
    if (Atomics.load(words, LOOKERS) < queued) Atomics.notify(words, TICKETS, 1);
    this.patience.turn(turn);
    if (grow) needsWorker();
    return id;
  }
  #claimId() {
    for (let tries = 0; tries < RECORDS; tries++) {
      const id = Atomics.add(this.words, LAST_ID, 1) + 1;
      if (id <= 0 || id === LAST_POSSIBLE_ID) {
        Atomics.sub(this.words, LAST_ID, 1);
        return 0;
      }
      if (Atomics.compareExchange(this.words, this.#record(id % RECORDS) + ID, 0, id) === 0) return id;
    }
    return 0;
  }
  expect(workers) {
    Atomics.add(this.words, STARTING, workers);
  }
  arrive() {
    const words = this.words;
    lock(words, LOCK);
    words[STARTING] -= 1;
    words[IDLE] += 1;
    unlock(words, LOCK);
  }
  next() {
    const words = this.words;
    for (;;) {
      lock(words, LOCK);
      const ticket = words[TICKETS];
      if (words[QUEUED] > 0) {
        const index = words[HEADER + words[HEAD]];
        words[HEAD] = (words[HEAD] + 1) % RECORDS;
        words[QUEUED] -= 1;
        words[IDLE] -= 1;
        unlock(words, LOCK);
        const record = this.#record(index);
        const key = words.slice(record + KEY, record + KEY + KEY_WORDS);
        return { record, id: Math.abs(words[record + ID]), routine: words[record + ROUTINE] >>> 0, key };
      }
      unlock(words, LOCK);
      if (Atomics.add(words, LOOKERS, 1) < MOST_LOOKERS) this.patience.look(words, TICKETS, ticket);
      Atomics.sub(words, LOOKERS, 1);
      Atomics.wait(words, TICKETS, ticket);
    }
  }
  returned({ record }) {
    const words = this.words;
    lock(words, LOCK);
    words[IDLE] += 1;
    unlock(words, LOCK);
    this.#end(record, DONE);
  }
  returnedLast({ record }) {
    this.expect(1);
    this.#end(record, DONE);
  }
  died({ record }) {
    this.#end(record, DIED);
  }

  #end(record, state) {
    Atomics.sub(this.words, ALIVE, 1);
    if (Atomics.exchange(this.words, record + STATE, state) === AWAITED) {
      this.stillness.woken(1);
      Atomics.notify(this.words, record + STATE);
    }
    this.stillness.ends();
  }
  claim(id) {
    const record = this.#record((id >>> 0) % RECORDS);
    return id > 0 && Atomics.compareExchange(this.words, record + ID, id, -id) === id ? record : undefined;
  }
  join(record) {
    const words = this.words;
    if (!mayWait) while (Atomics.load(words, record + STATE) === RUNNING);
    this.patience.look(words, record + STATE, RUNNING);
    if (Atomics.compareExchange(words, record + STATE, RUNNING, AWAITED) === RUNNING) {
      this.stillness.sleeps(false);
      Atomics.wait(words, record + STATE, AWAITED);
    }
    const died = Atomics.load(words, record + STATE) === DIED;
    Atomics.store(words, record + STATE, RUNNING);
    Atomics.store(words, record + ID, 0);
    return died ? ERRNO.THREAD_FAILED : ERRNO.OK;
  }
  *running() {
    for (let index = 0; index < RECORDS; index++) {
      const record = this.#record(index), id = Math.abs(Atomics.load(this.words, record + ID));
      if (id !== 0 && [RUNNING, AWAITED].includes(Atomics.load(this.words, record + STATE)))
        yield { id, routine: this.words[record + ROUTINE] >>> 0 };
    }
  }
  end() {
    return Atomics.compareExchange(this.words, OVER, 0, 1) === 0;
  }

  get isOver() {
    return Atomics.load(this.words, OVER) !== 0;
  }
  park() {
    for (;;) Atomics.wait(this.words, PARKED, 0);
  }
}

return { Threads };
})();

const whereabouts_js = (() => {
const { KINDS } = abi_js;
const { unwritten } = journal_js;
const PLACES = 1 << 14;
const AWAKE = 0, TIMED = 1, HEADER = 4;
const THREAD = 0, KIND = 1, ADDRESS = 2, SECOND = 3, SIZE = 4;

const SLEEPS = [KINDS.SLEEP, KINDS.JOIN_REQUEST];

class Whereabouts {
  static shared() {
    const buffer = new SharedArrayBuffer(4 * (HEADER + PLACES * SIZE));
    new Int32Array(buffer)[AWAKE] = 1;
    return buffer;
  }
  static counts = { awake: AWAKE, timed: TIMED };

  constructor(buffer) {
    this.words = new Int32Array(buffer);
  }

  #place(id) {
    return HEADER + (id % PLACES) * SIZE;
  }

  hooks = unwritten.hooks;

  describe() {}

  forks() {}

  ends() {}
  begin(id) {
    this.id = id;
    this.at = this.#place(id);
  }
  note(kind, address, second = 0) {
    const { words, at } = this;
    words[at + KIND] = SLEEPS.includes(kind) ? kind : 0;
    if (words[at + KIND] === 0) return;
    words[at + THREAD] = this.id;
    words[at + ADDRESS] = address;
    words[at + SECOND] = second;
  }
  of(id) {
    const { words } = this, at = this.#place(id);
    return words[at + KIND] && words[at + THREAD] === id
      ? { kind: words[at + KIND], address: words[at + ADDRESS] >>> 0, second: words[at + SECOND] }
      : undefined;
  }
}

return { Whereabouts };
})();

const instance_js = (() => {
const { EXPORTS, KINDS } = abi_js;
const { Clocks } = clocks_js;
const { Deaths, label } = deaths_js;
const { Block, Descriptor } = guest_js;
const { imports } = imports_all_js;
const { Input } = input_js;
const { Journal, unwritten } = journal_js;
const { retire, worn } = glue_js;
const { GuestMemory } = memory_js;
const { Output } = output_js;
const { Places } = places_js;
const { ofMain, ofStart, ofThread } = random_js;
const { COUNTS, Records } = records_js;
const { kept } = report_js;
const { reserve } = reserve_js;
const { Stillness, uncounted } = stillness_js;
const { Threads } = threads_js;
const { Whereabouts } = whereabouts_js;
const isOfTheCall = (error) => error instanceof TypeError || error instanceof SyntaxError;
function noted(memory, shared, followed, tell) {
  if (!followed) return { threads: new Threads(shared.threads), stillness: uncounted, journal: unwritten };
  if (!shared.records) {
    const journal = new Whereabouts(shared.whereabouts);
    const stillness = new Stillness(journal.words, Whereabouts.counts, () => tell({ still: true }));
    return { threads: new Threads(shared.threads, stillness), stillness, journal };
  }
  const records = new Records(shared.records), stillness = new Stillness(records.words, COUNTS, () => records.still());
  const threads = new Threads(shared.threads, stillness);
  return { threads, stillness, journal: new Journal({ ...followed, records, memory, threads }) };
}

class Instance {
  constructor({ module, memory, shared, args, env, seed, maximum, reach, style, followed }, { tell, leave }) {
    this.memory = new GuestMemory(memory);
    this.places = new Places(module);
    Object.assign(this, noted(this.memory, shared, followed, tell));
    this.output = new Output(shared.output);
    this.input = new Input(shared.input);
    this.clocks = new Clocks(shared.clock);
    Object.assign(this, { args, env, seed, maximum, reach, style, tell });
    this.leave = () => leave(this.threads);
    this.askForWorker = () => this.tell({ grow: true });
    this.askForOutput = () => this.tell({ output: true });
    this.askForInput = (length) => this.tell({ input: length });
    this.starting = true;
    this.random = ofStart(seed);
    this.imports = imports(this);
  }
  begin(exports) {
    const { memory, threads, places, maximum, reach, style } = this;
    this.exports = exports;
    this.starting = false;
    this.descriptor = Descriptor.of(memory, exports);
    this.journal.describe(this.descriptor);
    this.deaths = new Deaths({ memory, descriptor: this.descriptor, threads, places, maximum, reach, style });
  }
  end(how) {
    if (this.threads.end()) this.tell({ end: how });
    this.leave();
  }
  serve() {
    this.threads.arrive();
    this.tell({ ready: true });
    for (let alive = true; alive; ) {
      const next = this.threads.next();
      this.random = ofThread(this.seed, next.key);
      this.thread = { id: next.id, block: Block.at(this.memory, next.routine) };
      this.journal.begin(next.id, this.thread.block);
      this.journal.note(KINDS.START, 0);
      alive = this.#run(next);
    }
    this.tell({ retired: true });
  }

  #run(next) {
    try {
      this.exports[EXPORTS.THREAD_START](next.routine);
    } catch (error) {
      this.#dies(next, error);
      return false;
    }
    this.journal.ends(false);
    if (!worn(this.exports)) {
      this.threads.returned(next);
      return true;
    }
    retire(this.exports);
    this.threads.returnedLast(next);
    this.askForWorker();
    return false;
  }

  #dies(next, error) {
    const { end, text } = this.deaths.ofThread(this.thread, error);
    if (end) this.end(end);
    if (text) this.output.write(2, new TextEncoder().encode(text), this.askForOutput);
    this.journal.ends(true);
    this.thread.block?.bequeath((count) => this.stillness.woken(count));
    this.threads.died(next);
  }
  beMain({ reserved, minStack }) {
    this.random = ofMain(this.seed);
    this.thread = { id: 0, block: this.descriptor && Block.at(this.memory, this.descriptor.mainBlock) };
    this.journal.begin(0, this.thread.block);
    reserve(this, reserved);
    if (this.descriptor?.minStack && minStack) this.memory.store(this.descriptor.minStack, minStack);
    this.tell({ ready: { descriptor: this.descriptor?.address } });
  }
  dies(error) {
    this.end(this.deaths.ofMain(this.thread, error));
  }
  call({ number, name, args, last }) {
    this.thread.block?.forgetEnd();
    let result;
    try {
      result = this.exports[name](...args);
    } catch (error) {
      if (isOfTheCall(error)) return this.tell({ number, fault: error.message });
      this.dies(error);
    }
    const code = this.thread.block?.exitCode;
    if (code !== undefined) this.end({ kind: "exited", code: kept(code), text: "" });
    if (last) this.journal.ends(false);
    if (last) this.end({ kind: "returned", code: 0, text: "" });
    this.tell({ number, result });
  }
}

return { Instance };
})();

const probe_js = (() => {
const MODULE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 7, 1, 96, 2, 127, 127, 1, 127,
  2, 7, 1, 0, 0, 2, 3, 1, 1,
  3, 2, 1, 0,
  7, 4, 1, 0, 0, 0,
  10, 17, 1, 15, 0, 65, 0, 32, 0, 66, 1, 254, 1, 2, 0, 26, 32, 1, 11,
);

const KEPT = 77;
const another = () => Uint8Array.of(...MODULE, 0, 10, 1, 120, ...crypto.getRandomValues(new Uint8Array(8)));
function losesLocals() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(another()), { "": { "": memory } });
    return exports[""](0, KEPT) !== KEPT;
  } catch {
    return false;
  }
}

return { losesLocals };
})();

const { ThreadlinkError } = errors_js;
const { instantiate } = glue_js;
const { Instance } = instance_js;
const { listen, tell } = platform_js;
const { losesLocals } = probe_js;
const { wantFrames } = traps_js;

let instance;

function begin(message) {
  wantFrames();
  if (message.main && losesLocals())
    throw new ThreadlinkError("engine", "this engine forgets what a thread had in hand when it wakes up (a fault of V8 11.3, as " +
      "in Node 20): run Node with --no-liftoff, or give `load` the module's bytes, which then sees to it");
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
