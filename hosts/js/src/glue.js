// What stands between a module and this host: nothing. In a package made with `--bindgen` another file is in this one's place,
// over the glue of wasm-bindgen.

/// Modules that imports come from besides this host.
export const provided = [];

/// An instance for a worker: its exports.
export const instantiate = (module, imports) => new WebAssembly.Instance(module, imports).exports;

/// Whether an instance has collected so much that it should run no other thread.
export const worn = () => false;

/// Takes back what an instance has that runs no other thread.
export const retire = () => {};
