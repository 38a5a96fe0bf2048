// Threaded WebAssembly modules that `threadlink build` makes, in browsers and in Node.

export { ThreadlinkError } from "./errors.js";
export { load } from "./load.js";
