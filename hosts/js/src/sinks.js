// Where the output of a program goes, on the page's side.

import { ERRNO } from "./abi.js";
import { ThreadlinkError } from "./errors.js";
import { isNode, node } from "./platform.js";

const STDERR = 2;

// The process's own, at once: nothing of it is lost when the process exits.
function descriptor(stream) {
  const { writeSync } = node("fs");
  const nap = new Int32Array(new SharedArrayBuffer(4));
  return (bytes) => {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(stream, bytes, done);
      } catch (error) {
        if (error.code !== "EAGAIN") return error.code === "EPIPE" ? ERRNO.OUTPUT_CLOSED : ERRNO.OUTPUT_FAILED;
        // A pipe that is full, and never waits by itself.
        Atomics.wait(nap, 0, 0, 1);
      }
    }
    return ERRNO.OK;
  };
}

// The console has lines: what is not ended by one yet waits for it, or for the end.
function lines(show) {
  const decoder = new TextDecoder();
  let begun = "";
  return (bytes, last) => {
    const all = (begun + decoder.decode(bytes, { stream: !last })).split("\n");
    begun = all.pop();
    if (last && begun) all.push(begun);
    for (const line of all) show(line);
    return ERRNO.OK;
  };
}

function called(tell) {
  const decoder = new TextDecoder();
  return (bytes, last) => {
    const text = decoder.decode(bytes, { stream: !last });
    if (text || bytes.length) tell(text, bytes);
    return ERRNO.OK;
  };
}

/// The sink of a stream: what gets its bytes, and `true` with the last ones, and gives an error number. `wanted` is a function
/// of a text and its bytes, `null` for nowhere, or nothing for where this page or process writes.
export function sink(stream, wanted) {
  if (typeof wanted === "function") return called(wanted);
  if (wanted === null) return () => ERRNO.OK;
  if (wanted !== undefined)
    throw new ThreadlinkError("usage", `${stream === STDERR ? "stderr" : "stdout"} is a function of a text and its bytes, or null, not ${typeof wanted}`);
  if (isNode) return descriptor(stream);
  return lines((line) => (stream === STDERR ? console.error(line) : console.log(line)));
}
