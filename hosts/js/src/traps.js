// What engines say when code traps, in the words of `threadlink run`; and where that was.

const MOST_FRAMES = 64;

// V8, SpiderMonkey and JavaScriptCore, in this order.
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

// Functions of std through which every panic of an abort build goes, whatever its hook does.
const PANIC_ENTRY = /rust_panic|__rust_start_panic|rust_begin_unwind/;

/// What an error that came out of wasm code is: `{ message, unreachable, outOfBounds, exhausted, backtrace }`.
export function read(error, places) {
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

/// Whether this is the backtrace of a panic, as far as the module still has the names of functions.
export const isPanic = (backtrace) => backtrace.some(({ name }) => PANIC_ENTRY.test(name));

// `    at name (wasm://...:wasm-function[1]:0x2)` and `name@...:wasm-function[1]:0x2`.
const FRAME = /^(?:\s*at )?(.*?)(?: \(|@)?[^\s(@]*wasm-function\[(\d+)\](?::0x([0-9a-f]+))?/;
// What V8 puts before a function's name, and compilers behind it.
const MODULE_NAME = /^.*\.wasm\./, SUFFIX = /::h[0-9a-f]{16}$|\.llvm\.\d+$/;

// The functions of the source, innermost first: `places` knows more of them than the engine.
function frames(stack, places) {
  if (typeof stack !== "string") return [];
  const found = stack.split("\n").map((line) => FRAME.exec(line)).filter(Boolean);
  return found.slice(0, MOST_FRAMES).flatMap(([, name, index, offset]) => {
    const engines = name ? name.replace(MODULE_NAME, "").replace(SUFFIX, "") : `<function ${index}>`;
    const known = offset === undefined ? [] : places.at(parseInt(offset, 16));
    return known.length === 0 ? [{ name: engines }] : known.map((frame) => ({ ...frame, name: frame.name ?? engines }));
  });
}

/// The functions that have called this host.
export const callers = (places) => frames(new Error().stack, places);

/// Asks the engine for as many frames as are shown; most keep ten.
export function wantFrames() {
  Error.stackTraceLimit = MOST_FRAMES;
}
