// Part B of docs/abi.md, and the exit code of part C, for host.mjs:
// node host.mjs FILE.wasm _start extensions.mjs [NAME=VALUE.. --] [ARGS..]
import { readSync, writeSync } from "node:fs";
import { getRandomValues } from "node:crypto";
import { availableParallelism } from "node:os";

const OUT_OF_BOUNDS = 4, OUTPUT_FAILED = 71, OUTPUT_CLOSED = 74, INPUT_FAILED = 78, PIECE = 65536;

export default function extensions({ memory, module, args: [file, ...words], states }, tell) {
  const end = words.indexOf("--");
  const [variables, args] = [words.slice(0, Math.max(end, 0)), [file, ...words.slice(end + 1)]];
  const inside = (pointer, length) => pointer + length <= memory.buffer.byteLength;
  const bytes = (pointer, length) => new Uint8Array(memory.buffer, pointer, length);
  // The state of the last id, which no thread gets: one write at a time.
  const lock = states.length - 2;

  // JavaScript has 32-bit numbers with a sign; addresses and lengths have none.
  const range = (then) => (pointer, length) => {
    const [at, size] = [pointer >>> 0, length >>> 0];
    return inside(at, size) ? then(at, size) : OUT_OF_BOUNDS;
  };
  const texts = (list) => {
    const all = Buffer.from(list.map((text) => text + "\0").join(""));
    // There may be more room than the memory has.
    const get = (pointer, room) => all.length > room >>> 0 ? OUT_OF_BOUNDS : range((at, size) => {
      bytes(at, size).set(all);
      return 0;
    })(pointer, all.length);
    return [() => all.length, get];
  };
  const [args_size, args_get] = texts(args), [env_size, env_get] = texts(variables);

  // A stream may be one that never waits.
  const patient = (call) => {
    for (;;) {
      try { return call(); } catch (error) { if (error.code !== "EAGAIN") throw error; }
      Atomics.wait(states, lock + 1, 0, 1);
    }
  };
  const write = (stream, data) => {
    while (Atomics.compareExchange(states, lock, 0, 1)) Atomics.wait(states, lock, 1);
    try {
      for (let done = 0; done < data.length;) done += patient(() => writeSync(stream, data, done));
      return 0;
    } catch (error) {
      return error.code === "EPIPE" ? OUTPUT_CLOSED : OUTPUT_FAILED;
    } finally {
      Atomics.store(states, lock, 0);
      Atomics.notify(states, lock, 1);
    }
  };
  const read = (at, size) => {
    const piece = Buffer.alloc(Math.min(size, PIECE));
    try {
      const count = patient(() => readSync(0, piece, 0, piece.length));
      bytes(at, count).set(piece.subarray(0, count));
      return count;
    } catch (error) {
      return error.code === "EOF" ? 0 : -INPUT_FAILED;
    }
  };

  // As threadlink's own: a failure that the system would cut to success stays one.
  const kept = (code) => code && !(code & 255) ? 255 : code;
  const threadlink = {
    args_size, args_get, env_size, env_get,
    write: (stream, pointer, length) => range((at, size) =>
      stream === 1 || stream === 2 ? write(stream, Buffer.from(bytes(at, size))) : OUTPUT_FAILED)(pointer, length),
    read(stream, pointer, length) {
      const [at, size] = [pointer >>> 0, length >>> 0];
      if (stream !== 0) return -INPUT_FAILED;
      if (!inside(at, size)) return -OUT_OF_BOUNDS;
      return size ? read(at, size) : 0;
    },
    exit(code) {
      tell({ ended: "program", code: kept(code) });
      Atomics.wait(states, lock + 1, 0);
    },
    random_get: range((at, size) => {
      // Not straight into memory, which is shared.
      for (let done = 0; done < size; done += PIECE)
        bytes(at + done, Math.min(size - done, PIECE)).set(getRandomValues(new Uint8Array(Math.min(size - done, PIECE))));
      return 0;
    }),
    clock_monotonic: () => process.hrtime.bigint(),
    clock_realtime: () => BigInt(Date.now()) * 1_000_000n,
    available_parallelism: () => availableParallelism(),
  };
  // The rest are hooks.
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    if (from === "threadlink") threadlink[name] ??= () => {};

  // What the entry point has left in the main thread's control block.
  const exitCode = ({ __threadlink_descriptor: descriptor }) => {
    if (!descriptor) return undefined;
    const words = new DataView(memory.buffer), block = words.getUint32(descriptor.value + 8, true);
    const left = words.getUint32(block + 48, true) & 32;
    return left ? kept(words.getInt32(block + 52, true)) : undefined;
  };
  return { imports: { threadlink }, exitCode };
}
