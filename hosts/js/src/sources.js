// Where the input of a program comes from, on the page's side. It is asked for when the program wants some, and never before.

import { ThreadlinkError } from "./errors.js";
import { isNode } from "./platform.js";

// The process's own: `process.stdin` waits in no thread, so that the end of a program need not wait for it.
function inherited() {
  const { stdin } = process;
  return (length) =>
    new Promise((found, failed) => {
      const look = () => {
        const bytes = stdin.read(Math.min(length, stdin.readableLength) || undefined);
        if (bytes === null && !stdin.readableEnded) return;
        done();
        found(bytes ?? new Uint8Array());
      };
      const ended = () => { done(); found(new Uint8Array()); };
      const broken = (error) => { done(); failed(error); };
      const done = () => {
        stdin.off("readable", look).off("end", ended).off("error", broken);
        stdin.unref?.();
      };
      if (stdin.readableEnded) return found(new Uint8Array());
      stdin.ref?.();
      stdin.on("readable", look).on("end", ended).on("error", broken);
      if (stdin.readableLength > 0) look();
    });
}

// Pieces that come one after the other, each a text or bytes.
function iterated(pieces) {
  const iterator = (pieces[Symbol.asyncIterator] ?? pieces[Symbol.iterator]).call(pieces);
  const encoder = new TextEncoder();
  let left = new Uint8Array();
  return async (length) => {
    while (left.length === 0) {
      const { value, done } = await iterator.next();
      if (done) return left;
      left = typeof value === "string" ? encoder.encode(value) : value;
    }
    const piece = left.subarray(0, length);
    left = left.subarray(length);
    return piece;
  };
}

/// The source of a program: what gives at most so many bytes, and none at the end. `wanted` is a text, bytes, something that can
/// be iterated over for such, "inherit" for the process's own, or nothing.
export function source(wanted) {
  if (wanted === undefined || wanted === null) return iterated([]);
  if (wanted === "inherit" && isNode) return inherited();
  if (typeof wanted === "string" || wanted instanceof Uint8Array) return iterated([wanted]);
  if (wanted[Symbol.asyncIterator] || wanted[Symbol.iterator]) return iterated(wanted);
  throw new ThreadlinkError("usage", "stdin is a text, a Uint8Array, or what can be iterated over for these");
}
