//! Starting a thread and joining it, as other crates do it in a page. Times are in microseconds.

use std::hint::black_box;
use std::sync::Mutex;

use wasm_bindgen::prelude::wasm_bindgen;
pub use wasm_bindgen_rayon::init_thread_pool;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// How long one of so many takes, a few times.
fn times(batches: usize, each: usize, work: impl Fn()) -> Vec<f64> {
    let batch = || {
        let started = now();
        (0..each).for_each(|_| work());
        (now() - started) * 1000.0 / each as f64
    };
    (0..batches).map(|_| batch()).collect()
}

/// What a thread of `wasm_thread` has measured.
static MEASURED: Mutex<Option<Vec<f64>>> = Mutex::new(None);

/// Measures `wasm_thread` on a thread of its own, since a page may not wait; that page has to turn its event loop meanwhile.
#[wasm_bindgen]
pub fn start_wasm_thread(count: usize) {
    wasm_thread::spawn(move || {
        let found = times(count, 1, || wasm_thread::spawn(|| black_box(())).join().unwrap());
        *MEASURED.lock().unwrap() = Some(found);
    });
}

/// What it has found, once it has.
#[wasm_bindgen]
pub fn wasm_thread_times() -> Option<Vec<f64>> {
    MEASURED.try_lock().ok().and_then(|mut found| found.take())
}

/// Measures a job for the pool of `wasm-bindgen-rayon`, of which a thread outside waits for the end.
#[wasm_bindgen]
pub fn rayon_times(batches: usize, each: usize) -> Vec<f64> {
    times(batches, each, || rayon::scope(|scope| scope.spawn(|_| black_box(()))))
}
