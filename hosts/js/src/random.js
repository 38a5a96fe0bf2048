// Random bytes for programs: the system's, or streams that follow from a seed, the same ones as `threadlink run --seed` gives.

// Bytes that `crypto.getRandomValues` gives at once, at most.
const PIECE = 65536;

const KEY_WORDS = 8, BLOCK_WORDS = 16, DOUBLE_ROUNDS = 10;
// "expand 32-byte k".
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

const rotated = (value, by) => (value << by) | (value >>> (32 - by));

function quarter(state, a, b, c, d) {
  state[a] = (state[a] + state[b]) | 0; state[d] = rotated(state[d] ^ state[a], 16);
  state[c] = (state[c] + state[d]) | 0; state[b] = rotated(state[b] ^ state[c], 12);
  state[a] = (state[a] + state[b]) | 0; state[d] = rotated(state[d] ^ state[a], 8);
  state[c] = (state[c] + state[d]) | 0; state[b] = rotated(state[b] ^ state[c], 7);
}

// ChaCha with 20 rounds: one of the streams of a key. A number of 32 bits is drawn as a whole, even for one byte.
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

  // Not straight into the memory, which is shared.
  fill(bytes) {
    for (let done = 0; done < bytes.length; done += PIECE)
      bytes.set(crypto.getRandomValues(new Uint8Array(Math.min(bytes.length - done, PIECE))), done);
  }
}

// What follows from the key of a thread: its own bytes, and the keys of its children.
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

// The key of a seed, which is a whole number below 2^64.
const key = (seed) => Int32Array.of(Number(BigInt.asIntN(32, seed)), Number(BigInt.asIntN(32, seed >> 32n)), 0, 0, 0, 0, 0, 0);

/// What the main thread draws from.
export const ofMain = (seed) => (seed === undefined ? new System() : new Seeded(key(seed)));

/// What a start function draws from.
export const ofStart = (seed) => (seed === undefined ? new System() : new Seeded(key(seed), OF_START));

/// What a thread draws from whose parent has made this key.
export const ofThread = (seed, key) => (seed === undefined ? new System() : new Seeded(key));
