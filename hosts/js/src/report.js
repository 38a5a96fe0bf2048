// How a program ended, in words: those of `threadlink run`.

import { ERRNO, describe } from "./abi.js";
import { marked, printable } from "./printable.js";

const BACKTRACE_NOTE = "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
const FULL_NOTE = "note: run with `RUST_BACKTRACE=full` for the frames of std and the runtime\n";

// Frames that are shown at most, unless all are wanted; and what the line has that stands for some.
const MOST_FRAMES = 64, FOLDED = " of std and the runtime";

// Exit codes, as `threadlink run` has them.
export const CODES = { deadlock: 3, panicked: 101, trapped: 134, runtime: 134, terminated: 130 };

/// A code that a system would cut to success stays a failure.
export const kept = (code) => (code !== 0 && (code & 255) === 0 ? 255 : code);

export const placeText = ({ file, line, column }) => `${printable(file)}:${line}:${column}`;

/// The functions of a backtrace, each with its place.
export const backtraceLines = (frames) => frames.map(({ name, place }) => (place ? `${name} at ${place}` : name));

const frameText = ({ name, place }, index) =>
  `${String(index).padStart(4)}: ${printable(name)}\n${place ? `             at ${printable(place)}\n` : ""}`;

// Frames of std and of the runtime are one line for all that stand together; where there are no others, they are where it
// happened, and shown.
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
    // What the program called; outermost, it is called itself.
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

// reserve.js says more of this fault.
const BEYOND = (reach) => `note: the memory has grown beyond the ${reach} bytes that it had with what was reserved, while threads ran; V8 may ` +
  "trap like this when another thread makes memory grow: `load(.., { reserve: BYTES })` or `--reserve BYTES` with as much as the " +
  "program needs avoids that\n";

const pages = (bytes) => Math.ceil(bytes / 65536) * 65536;

/// What one thread ran out of.
function exhaustedText({ wanted, used, limit }) {
  if (wanted === undefined)
    return "trapped: call stack exhausted: the recursion is too deep for what the engine has for each thread; recurse less deeply";
  const remedy = used + pages(wanted) + 65536 <= limit
    ? "the engine or the system gives no more"
    : "that is what the module was linked with: build it with -Clink-arg=--max-memory=BYTES";
  return `ran out of memory: an allocation of ${wanted} bytes failed, and the program's memory has ${used} bytes of at most ` +
    `${limit}; ${remedy}`;
}

/// How one thread died; nothing if the program has said so itself.
export function deathText(death, style) {
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

/// Why the runtime gave up.
export function failureText({ thread, errno, stackSize, overflowed, backtrace = [], death }, style) {
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
