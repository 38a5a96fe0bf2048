// The module that follows a program (crates/follow), as one worker uses it.

import { check, memoryLimits } from "./module.js";
import { isNode, node } from "./platform.js";

/// The module's bytes, or nothing where it was not put: `threadlink build --web` does, and `cargo xtask web-watch`.
async function bytes() {
  const address = new URL("../follow.wasm", import.meta.url);
  if (isNode && address.protocol === "file:") return node("fs").promises.readFile(address).catch(() => undefined);
  const response = await fetch(address).catch(() => undefined);
  return response?.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
}

/// The compiled module, with what its memory has to be like; nothing if there is none.
export async function follower() {
  const found = await bytes();
  if (!found?.length) return undefined;
  const module = await WebAssembly.compile(found);
  check(module, ["follow"]);
  return { module, limits: memoryLimits(found) };
}

/// What a look has come to.
export const NOTHING = 0, AGAIN = 1, DEADLOCK = 2;

export class Follower {
  #exports; #memory; #room; #at;
  // What a program's std wants in one thread: seeds of its tables, and to say why it panics.
  #ofPrograms = {
    random_get: (pointer, length) => {
      const bytes = crypto.getRandomValues(new Uint8Array(length >>> 0));
      this.#bytes(pointer >>> 0, bytes.length).set(bytes);
      return 0;
    },
    write: (_, pointer, length) => {
      console.error(new TextDecoder().decode(this.#bytes(pointer >>> 0, length >>> 0).slice()));
      return 0;
    },
  };

  /// `emit` gets pieces of the trace, if one is wanted, and says whether they could be kept.
  constructor({ module, limits }, { guest, places, descriptor, emit }) {
    this.#memory = new WebAssembly.Memory(limits);
    const imports = { env: { memory: this.#memory }, follow: {
      word: (address) => BigInt(guest.word(address >>> 0) ?? -1),
      copy: (address, length, into) => {
        const bytes = guest.slice(address >>> 0, length >>> 0);
        if (bytes) this.#bytes(into >>> 0, length >>> 0).set(bytes);
        return Number(Boolean(bytes));
      },
      place: (site, at, file, room) => {
        const place = places.place(site >>> 0);
        if (!place) return 0;
        const text = new TextEncoder().encode(place.file).subarray(0, room >>> 0);
        this.#bytes(file >>> 0, text.length).set(text);
        new Uint32Array(this.#memory.buffer, at >>> 0, 2).set([place.line, place.column]);
        return text.length;
      },
      emit: (pointer, length) => Number(emit(this.#bytes(pointer >>> 0, length >>> 0).slice())),
    } };
    // It is built like a program, but has one thread, and says what it wants by its own functions.
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
      if (kind === "function") (imports[from] ??= {})[name] ??= this.#ofPrograms[name] ?? (() => { throw new Error(`the follower has called ${name}`); });
    this.#exports = new WebAssembly.Instance(module, imports).exports;
    this.#at = this.#exports.follow_begin(descriptor ?? 0, Number(Boolean(emit))) >>> 0;
    if (this.#at === 0) throw new Error("the trace cannot be begun");
    this.#room = this.#exports.follow_room();
  }

  #bytes(at, length) {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  /// How many records it takes at once.
  get room() {
    return this.#room;
  }

  /// Reads records; whether it is worth while to look for deadlocks.
  take(words, count) {
    new Int32Array(this.#memory.buffer, this.#at, words.length).set(words);
    return this.#exports.follow_take(count) !== 0;
  }

  /// Looks for a deadlock.
  look() {
    return this.#exports.follow_look();
  }

  /// Whether all that sleep have reason to.
  get isStill() {
    return this.#exports.follow_is_still() !== 0;
  }

  /// Makes the text the report of a standstill.
  standstill() {
    this.#exports.follow_standstill();
  }

  flush() {
    this.#exports.follow_flush();
  }

  /// Ends the trace: how many events it has, or `undefined` if it failed.
  finish() {
    const events = Number(this.#exports.follow_finish());
    return events < 0 ? undefined : events;
  }

  /// The last report, or what has failed.
  get text() {
    const at = this.#exports.follow_text() >>> 0, length = this.#exports.follow_text_length() >>> 0;
    return new TextDecoder().decode(this.#bytes(at, length).slice());
  }
}
