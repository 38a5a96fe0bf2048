// Where the code of a module stands in the source, as far as it says so: in the table that `threadlink build --web` leaves in it.
// What that has is said where it is made, in crates/host/src/load/places.rs.

const SECTION = "threadlink:places", VERSION = 1;

// Words of a frame.
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

// Texts are left where they are until somebody wants to see them.
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

export class Places {
  #module; #table;

  constructor(module) {
    this.#module = module;
  }

  // Read when it is wanted: most programs end without.
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

  // Texts and frames count from 1.
  #text(number, from = 0) {
    const { bytes, texts } = this.#read(), at = texts[number - 1];
    return at === undefined ? undefined : new TextDecoder().decode(new Reader(bytes, at).text().subarray(from));
  }

  #word(number, word) {
    return this.#read().frames[(number - 1) * FRAME + word] ?? 0;
  }

  // The innermost frame of what stands at an offset.
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

  /// The functions of the source that stand at an offset of the module, the innermost first: `{ number, name, place, machinery }`,
  /// where a name that is not there is the one that the engine knows. None where the module says nothing.
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

  /// The number that stands for the innermost place among these functions that is the program's: no address of a `Location`, which
  /// could be divided by 4. 0 if there is none.
  site(frames) {
    const own = frames.find(({ number, machinery }) => !machinery && number && this.#word(number, LINE) > 0);
    return own ? 4 * own.number + 1 : 0;
  }

  /// The place that such a number stands for, as `{ file, line, column }`, its file named as the compiler was given it.
  place(site) {
    const number = (site - 1) / 4;
    const file = Number.isInteger(number) && number > 0 ? this.#text(this.#word(number, FILE), this.#word(number, FOLDER)) : undefined;
    const line = this.#word(number, LINE);
    return file !== undefined && line > 0 ? { file, line, column: this.#word(number, COLUMN) } : undefined;
  }
}
