// From a module to a program.

import { Clocks } from "./clocks.js";
import { ThreadlinkError } from "./errors.js";
import { Input } from "./input.js";
import { check, memoryLimits } from "./module.js";
import { Output } from "./output.js";
import { isNode, isV8, node, processors } from "./platform.js";
import { losesLocals } from "./probe.js";
import { Program } from "./program.js";
import { sink } from "./sinks.js";
import { source } from "./sources.js";
import { env, args as words, minStack } from "./texts.js";
import { Threads } from "./threads.js";
import { following } from "./watch.js";

const PAGE = 65536;
// How many threads there may be at once, the main thread included, unless another number is given.
const THREADS = 4096;
// What a program is given beforehand, unless another number is given: see reserve.js. Elsewhere it would only do harm:
// JavaScriptCore collects no garbage in a worker before there is about as much of it as the program has memory.
const RESERVE = isV8 ? 400 << 20 : 0;

const usage = (message) => new ThreadlinkError("usage", message);

const NOT_ISOLATED = "this page may not share memory between threads, as it is not cross-origin isolated: serve it with the headers " +
  "`Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp` (`threadlink serve` does), from https " +
  "or localhost; where a server cannot be told to, `import { isolate } from \"threadlink/isolate\"` and await `isolate()` first";

function checkIsolation() {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false)
    throw new ThreadlinkError("isolation", NOT_ISOLATED);
}

// Where the fault of V8 11.3 is, its baseline compiler is not used for what is compiled from now on.
function avoidFault() {
  if (isNode && losesLocals()) node("v8").setFlagsFromString("--no-liftoff");
}

async function read(from) {
  if (ArrayBuffer.isView(from)) return new Uint8Array(from.buffer, from.byteOffset, from.byteLength).slice();
  if (from instanceof ArrayBuffer) return new Uint8Array(from);
  if (from instanceof Response) return body(from);
  if (typeof from !== "string" && !(from instanceof URL)) throw usage("load() takes an address, bytes, a Response or a WebAssembly.Module");
  if (isNode && !/^(https?|data|blob):/.test(String(from))) {
    const path = /^file:/.test(String(from)) ? new URL(from) : from;
    return node("fs").promises.readFile(path).catch((error) => { throw new ThreadlinkError("module", `cannot read the module ${from}: ${error.message}`); });
  }
  return body(await fetch(from).catch((error) => { throw new ThreadlinkError("module", `cannot fetch the module ${from}: ${error.message}`); }));
}

async function body(response) {
  if (!response.ok) throw new ThreadlinkError("module", `cannot fetch the module ${response.url}: status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get("Content-Type") ?? "of no type";
  // What the server takes for a module itself is the engine's to judge.
  if (isModule(bytes) || type.startsWith("application/wasm")) return bytes;
  throw new ThreadlinkError("module", `what is at ${response.url} is no WebAssembly module (its server says: ${type}): is it at this address? ` +
    "Many servers answer with their page where there is nothing");
}

// What every module begins with.
const MAGIC = [0, 97, 115, 109];
const isModule = (bytes) => MAGIC.every((byte, index) => bytes[index] === byte);

// (module (func (try_table)))
const EXCEPTIONS = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 31, 64, 0, 11, 11);
const NO_EXCEPTIONS = "; it lacks today's exceptions of WebAssembly, which modules need that unwind: build the module with `--panic abort`, " +
  "or run it in a newer engine (Node 22, Firefox 131, Chromium 137)";

async function compile(bytes) {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const remedy = !isModule(bytes) ? "; it is no WebAssembly module" : WebAssembly.validate(EXCEPTIONS) ? "" : NO_EXCEPTIONS;
    throw new ThreadlinkError("module", `the engine does not take the module: ${error.message}${remedy}`, { cause: error });
  }
}

const whole = (name, number, least, most) => {
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw usage(`${name} is a whole number from ${least} to ${most}, not ${number}`);
};

function seedOf(seed) {
  if (seed === undefined) return undefined;
  const number = typeof seed === "bigint" || Number.isSafeInteger(seed) ? BigInt(seed) : -1n;
  if (number < 0n || number >= 2n ** 64n) throw usage(`seed is a whole number from 0 to 2^64 - 1, not ${seed}`);
  return number;
}

async function prepare(from, memory) {
  if (!(from instanceof WebAssembly.Module)) {
    const bytes = await read(from);
    avoidFault();
    return { module: await compile(bytes), limits: memoryLimits(bytes) };
  }
  if (!memory) throw usage("of a WebAssembly.Module nobody can ask how large its memory is: give load() its bytes, or the option " +
    "`memory: { initial, maximum }` in pages");
  return { module: from, limits: { ...memory, shared: true } };
}

/// Loads a module: compiles it, gives it memory, an instance for its main thread, and workers that wait for more threads.
export function load(from, options) {
  return start(from, options);
}

/// The same with something else that stands for the main thread's worker, if `here` makes it.
export async function start(from, options = {}, here = undefined) {
  checkIsolation();
  const { args = ["program"], env: variables = {}, stdout, stderr, stdin, pool = processors(), threads = THREADS, reserve, seed,
    memory: given, backtrace, trace, watch } = options;
  const workers = whole("pool", pool, 0, THREADS), limit = whole("threads", threads, 1, 2 ** 31 - 1);
  const sinks = { 1: sink(1, stdout), 2: sink(2, stderr) };
  const { module, limits } = await prepare(from, given);
  check(module);
  if (!limits?.shared || limits.maximum === undefined)
    throw new ThreadlinkError("module", "the module imports no memory that is shared and has a maximum: is it built with `threadlink build`?");
  const follow = await following(module, { trace, watch });
  const maximum = limits.maximum * PAGE;
  // What is reserved leaves the program half of what it may have.
  const reserved = reserve === undefined ? Math.min(RESERVE, Math.floor((maximum - limits.initial * PAGE) / 2))
    : whole("reserve", reserve, 0, maximum);
  const begin = {
    module, maximum, reach: limits.initial * PAGE + reserved, memory: createMemory(limits), seed: seedOf(seed), style: backtrace,
    args: words(args), env: env(variables),
    followed: follow?.followed,
    shared: { ...follow?.shared, threads: Threads.shared(limit), output: Output.shared(), input: Input.shared(), clock: Clocks.shared() },
  };
  return Program.start({ begin, main: { reserved, minStack: minStack(variables) }, sinks, source: source(stdin), workers, follow, here });
}

function createMemory(limits) {
  try {
    return new WebAssembly.Memory(limits);
  } catch (error) {
    throw new ThreadlinkError("host", `the engine gives no memory of up to ${limits.maximum * PAGE} bytes: ${error.message}; link the program ` +
      "with a smaller one (-Clink-arg=--max-memory=BYTES)", { cause: error });
  }
}

