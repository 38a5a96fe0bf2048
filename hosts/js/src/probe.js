// Whether the engine has the fault of V8 11.3 (Node 20): its baseline compiler gives the locals of a function back as 0 after a
// wait in it.

// (module
//   (import "" "" (memory 1 1 shared))
//   (func (export "") (param i32 i32) (result i32)
//     (drop (memory.atomic.wait32 (i32.const 0) (local.get 0) (i64.const 1)))
//     (local.get 1)))
const MODULE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 7, 1, 96, 2, 127, 127, 1, 127,
  2, 7, 1, 0, 0, 2, 3, 1, 1,
  3, 2, 1, 0,
  7, 4, 1, 0, 0, 0,
  10, 17, 1, 15, 0, 65, 0, 32, 0, 66, 1, 254, 1, 2, 0, 26, 32, 1, 11,
);

const KEPT = 77;

// Engines keep the code of modules, also for other workers: one with a custom section of its own is compiled again.
const another = () => Uint8Array.of(...MODULE, 0, 10, 1, 120, ...crypto.getRandomValues(new Uint8Array(8)));

/// Whether it is so here, now. On a thread that cannot wait: `false`.
export function losesLocals() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(another()), { "": { "": memory } });
    return exports[""](0, KEPT) !== KEPT;
  } catch {
    return false;
  }
}
