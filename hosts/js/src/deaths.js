// When a thread's code did not return: telling a panic from a trap, and what follows from it.

import { ERRNO } from "./abi.js";
import { Block } from "./guest.js";
import { isV8 } from "./platform.js";
import { printable } from "./printable.js";
import { CODES, backtraceLines, deathText, failureText } from "./report.js";
import { callers, isPanic, read } from "./traps.js";

const NO_MESSAGE = "(the program replaced the panic hook, so its message is not known)";

// Bytes by which a memory is larger than what was reserved, though nobody has made it grow.
const SLACK = 1 << 20;

/// What messages call a thread.
export const label = (id, block) => {
  if (id === 0) return "'main'";
  const name = block?.name;
  return name === undefined ? `#${id}` : `'${printable(name)}'`;
};

/// How deaths are told apart in one worker.
export class Deaths {
  constructor({ memory, descriptor, threads, places, maximum, reach, style }) {
    Object.assign(this, { memory, descriptor, threads, places, maximum, reach, style });
  }

  /// How the thread died: a panic of an abort build ends in `unreachable`, after its message was left in the control block.
  #describe(thread, error) {
    const { block } = thread, { message, unreachable, outOfBounds, exhausted, backtrace } = read(error, this.places);
    const death = { thread: label(thread.id, block), kind: "trapped", message, backtrace, place: this.#own(backtrace) };
    if (exhausted) return { ...death, exhausted: {} };
    if (isV8 && outOfBounds && this.memory.size > this.reach + SLACK) return { ...death, beyond: this.reach };
    if (!unreachable) return death;
    const wanted = block?.missedAllocation;
    if (wanted !== undefined) return { ...death, exhausted: { wanted, used: this.memory.size, limit: this.maximum } };
    const said = block?.panicMessage;
    if (said === undefined && !isPanic(backtrace)) return death;
    return { ...death, kind: "panicked", message: said ?? NO_MESSAGE, place: said !== undefined ? block.panicPlace(this.descriptor) : undefined,
      said: said !== undefined && block.panicWasSaid };
  }

  // Where in the program's own source that was.
  #own(backtrace) {
    return this.places.place(this.places.site(backtrace));
  }

  /// The end of the program because the main thread's code did not return.
  ofMain(thread, error) {
    const overflow = this.#overflow(thread, error);
    if (overflow) return overflow;
    const death = this.#describe(thread, error), { kind, message, place, backtrace } = death;
    return { kind, code: CODES[kind], thread: death.thread, message, place, backtrace: backtraceLines(backtrace), text: deathText(death, this.style) };
  }

  /// The death of another thread: what there is to say, or the end of the program if it has to be that.
  ofThread(thread, error) {
    const overflow = this.#overflow(thread, error);
    if (overflow) return { end: overflow };
    const death = this.#describe(thread, error), errno = thread.block?.deadly;
    if (errno === undefined) return { text: deathText(death, this.style) };
    return { end: this.#failure({ thread: death.thread, errno, death }) };
  }

  /// The end of the program because its runtime has asked for it.
  ofRuntime(thread, errno) {
    const backtrace = callers(this.places);
    const damaged = errno === ERRNO.STACK_GUARD_DAMAGED ? this.#damaged(thread) : undefined;
    return this.#failure(damaged ? { ...damaged, backtrace } : { thread: label(thread.id, thread.block), errno, backtrace });
  }

  #overflow(thread, error) {
    const damaged = this.#damaged(thread);
    return damaged && this.#failure({ ...damaged, backtrace: read(error, this.places).backtrace });
  }

  // A thread whose stack has run into its guard zone: this one, or another that runs.
  #damaged({ id, block }) {
    const others = [...this.threads.running()].map(({ id, routine }) => ({ id, block: Block.at(this.memory, routine) }));
    const found = [{ id, block }, ...others].find(({ block }) => block?.guardDamaged);
    return found && { thread: label(found.id, found.block), errno: ERRNO.STACK_GUARD_DAMAGED, stackSize: found.block.stackSize, overflowed: true };
  }

  #failure(failure) {
    const text = failureText(failure, this.style), { thread, errno, death, backtrace } = failure;
    const message = death?.message ?? text.split("\n", 1)[0];
    return { kind: "runtime", code: CODES.runtime, errno, thread, message, place: death?.place, backtrace: backtraceLines(backtrace ?? death?.backtrace ?? []), text };
  }
}
