// The memory of a program, as its host reads and writes it. Nothing is taken on trust: each address and length is a guest's.

const LONGEST_STRING = 65536;

export class GuestMemory {
  constructor(memory) {
    this.memory = memory;
    this.#look();
  }

  // The buffer of a memory that another thread has grown may be the old one; to grow it by nothing brings the new one.
  #look() {
    this.memory.grow(0);
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
  }

  /// Bytes of it, now.
  get size() {
    this.#look();
    return this.bytes.length;
  }

  /// Whether the memory has these bytes.
  has(at, length) {
    if (at + length <= this.bytes.length) return true;
    this.#look();
    return at + length <= this.bytes.length;
  }

  /// The bytes themselves, which are shared; `undefined` if there are no such.
  slice(at, length) {
    return this.has(at, length) ? this.bytes.subarray(at, at + length) : undefined;
  }

  /// The word at an address, without a sign; `undefined` if there is none.
  word(at) {
    return at % 4 === 0 && this.has(at, 4) ? Atomics.load(this.words, at / 4) >>> 0 : undefined;
  }

  /// Writes a word; `false` if there is none at this address.
  store(at, value) {
    if (at % 4 !== 0 || !this.has(at, 4)) return false;
    Atomics.store(this.words, at / 4, value | 0);
    return true;
  }

  /// A text, of which at most so many bytes are read; `undefined` for a null pointer, or one out of bounds.
  text(at, length, most = LONGEST_STRING) {
    if (!at) return undefined;
    const bytes = this.slice(at, Math.min(length, most));
    // A decoder takes no shared memory.
    return bytes && new TextDecoder().decode(bytes.slice()) + (length > most ? "..." : "");
  }
}
