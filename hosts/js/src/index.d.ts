/** Where a text or number of a program's source stands. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** Why a program ended, or an operation failed. */
export type Kind =
  /** The page is not cross-origin isolated. */
  | "isolation"
  /** The module cannot be run: it is none, or wants what this host does not have. */
  | "module"
  /** The engine has a fault that the module would run into. */
  | "engine"
  /** An option or an argument makes no sense. */
  | "usage"
  /** The host failed: a worker could not be started, the engine gives no memory. */
  | "host"
  /** The entry point has returned. */
  | "returned"
  /** The program has ended itself with an exit code. */
  | "exited"
  /** The main thread panicked. */
  | "panicked"
  /** The main thread trapped. */
  | "trapped"
  /** The program's runtime has given up, with an error number. */
  | "runtime"
  /** Threads wait for each other, or all of them wait. */
  | "deadlock"
  /** `terminate()` was called. */
  | "terminated";

/** How a program ended. */
export interface Outcome {
  kind: Kind;
  /** The exit code that `threadlink run` gives this end: 0, the program's own, 101 for a panic, 134 for a trap, 3 for a
   * deadlock, 130. */
  code: number;
  /** What `threadlink run` says of it on standard error; empty where there is nothing to say. */
  text: string;
  /** The thread that it is about, as messages name it: `'main'`, `'worker'`, `#7`. */
  thread?: string;
  /** The message of the panic, or what the trap was. */
  message?: string;
  /** Where the panic was raised; where in the program's own code it trapped, if the module says (docs/web.md). */
  place?: Place;
  /** The error number of the runtime (docs/abi.md). */
  errno?: number;
  /** What became of the trace: how many events it has, or why it is incomplete. */
  trace?: { events: number } | { error: string };
  /** The functions, innermost first, each with its place if the module says that: `counted::main at src/main.rs:7:5`. */
  backtrace?: string[];
}

/** An error that says what happened, in which thread, and where. */
export class ThreadlinkError extends Error {
  readonly kind: Kind;
  readonly code?: number;
  readonly errno?: number;
  readonly thread?: string;
  readonly place?: Place;
}

/** Gets what a program writes: as text, in which no character is torn apart, and as bytes. */
export type Sink = (text: string, bytes: Uint8Array) => void;

/** What a program reads. */
export type Source = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

export interface Options {
  /** The program's arguments, its own name first. */
  args?: string[];
  /** Its environment variables; it has no others. */
  env?: Record<string, string>;
  /** Its standard output: by default the console's, in Node the process's own; `null` for nowhere. */
  stdout?: Sink | null;
  /** Its standard error, with the messages about its threads that die. */
  stderr?: Sink | null;
  /** Its standard input, by default empty; `"inherit"` for the process's own, in Node only. */
  stdin?: Source | "inherit" | null;
  /** How many workers wait for threads from the beginning; more are added when they are needed. By default as many as there are
   * processors. */
  pool?: number;
  /** How many threads there may be at once, the main thread included. */
  threads?: number;
  /** How many bytes the program's allocator is given before the first thread starts: memory that grows while threads run makes
   * V8 trap now and then. By default 400 MiB in V8, or half of what the memory may grow by; 0 for nothing. */
  reserve?: number;
  /** Makes the program's random bytes repeatable, as `threadlink run --seed` does. */
  seed?: number | bigint;
  /** The memory that a `WebAssembly.Module` imports, in pages of 64 KiB: of a compiled module nobody can ask. */
  memory?: { initial: number; maximum: number };
  /** Where the trace of the run goes, for `threadlink analyze`: a function that gets its bytes piece by piece, or in Node the path
   * of a file. The module should be one of `threadlink build --trace`; the trace of others knows threads only. */
  trace?: ((bytes: Uint8Array) => void) | string | URL | null;
  /** Whether deadlocks are looked for, in a module that says what its threads wait for (`threadlink build --web` makes such, and
   * `--trace`): by default they are. */
  watch?: boolean;
  /** As the variable `RUST_BACKTRACE`: how much the texts of failures show. */
  backtrace?: string;
}

/** A program that is loaded. Its main thread has a worker of its own, so that nothing blocks the page. */
export interface Program {
  /** Runs it from its entry point to its end, and says how it ended. */
  run(): Promise<Outcome>;
  /** Calls an export with numbers, on the main thread: what it returns. Calls wait for each other. If the program ends instead,
   * that is a {@link ThreadlinkError}. */
  call(name: string, ...numbers: (number | bigint)[]): Promise<number | bigint | undefined>;
  /** How it ends, when it does. */
  readonly ended: Promise<Outcome>;
  /** The memory, which all of its threads share. */
  readonly memory: WebAssembly.Memory;
  /** Bytes of the memory, which change as the program runs. What takes no shared memory (`TextDecoder`, `ImageData`, `Blob`)
   * takes a copy: `view(pointer, length).slice()`. */
  view(pointer: number, length: number): Uint8Array;
  /** How many workers it has. */
  readonly workers: number;
  /** Ends it, whatever it does, with all of its workers. */
  terminate(): Promise<Outcome>;
}

/**
 * Loads a module that `threadlink build` has made: from an address (in Node also a path), bytes, a `Response`, or compiled.
 */
export function load(
  from: string | URL | ArrayBuffer | Uint8Array | Response | WebAssembly.Module,
  options?: Options,
): Promise<Program>;
