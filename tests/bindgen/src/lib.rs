//! A counter that a page owns and threads change. It knows nothing of threadlink: its threads are std's, and what it says to
//! the page goes through wasm-bindgen, from whichever thread.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use js_sys::{Array, Date, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::console;

#[derive(Default)]
struct Shared {
    count: Mutex<u32>,
    names: Mutex<Vec<String>>,
    at_work: AtomicU32,
}

/// Counts with threads.
#[wasm_bindgen]
#[derive(Default)]
pub struct Counter {
    shared: Arc<Shared>,
}

/// Writes to the console from whichever thread, after having asked its clock.
fn tell(name: &str) {
    let now = Date::now();
    assert!(now > 1.6e12, "the clock says {now}");
    console::log_1(&JsValue::from_str(name));
}

#[wasm_bindgen]
impl Counter {
    /// A counter at zero.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Counter {
        Counter::default()
    }

    /// Starts threads that count so far each, and returns.
    pub fn start(&self, threads: u32, steps: u32) {
        self.shared.at_work.fetch_add(threads, Ordering::AcqRel);
        for number in 0..threads {
            let shared = Arc::clone(&self.shared);
            let counts = move || {
                let name = format!("thread {number}");
                tell(&name);
                shared.names.lock().unwrap().push(name);
                for _ in 0..steps {
                    *shared.count.lock().unwrap() += 1;
                }
                shared.at_work.fetch_sub(1, Ordering::AcqRel);
            };
            drop(thread::spawn(counts));
        }
    }

    /// Counts on the thread that calls, which takes the lock again and again while others want it.
    pub fn count_here(&self, steps: u32) {
        for _ in 0..steps {
            *self.shared.count.lock().unwrap() += 1;
        }
    }

    /// Threads that are not done yet.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn at_work(&self) -> u32 {
        self.shared.at_work.load(Ordering::Acquire)
    }

    /// How far it is.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn count(&self) -> u32 {
        *self.shared.count.lock().unwrap()
    }

    /// Who has counted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = self.shared.names.lock().unwrap().clone();
        names.sort();
        names
    }

    /// Shows the count in the element of this id.
    ///
    /// # Errors
    /// If there is none, or no document.
    pub fn show(&self, id: &str) -> Result<(), JsValue> {
        let document = web_sys::window()
            .and_then(|window| window.document())
            .ok_or("no document")?;
        let element = document.get_element_by_id(id).ok_or("no such element")?;
        element.set_text_content(Some(&self.count().to_string()));
        Ok(())
    }
}

/// Runs threads one after the other, each of which makes this many values of JavaScript's: what they have made.
#[wasm_bindgen]
#[must_use]
pub fn values(threads: u32, each: u32) -> u32 {
    let made = |_| {
        thread::spawn(move || {
            let array = Array::new();
            let all: Vec<JsValue> = (0..each).map(JsValue::from).collect();
            for value in &all {
                array.push(value);
            }
            array.length()
        })
    };
    (0..threads).map(|number| made(number).join().unwrap()).sum()
}

/// Panics on the thread that calls.
#[wasm_bindgen]
pub fn panic(message: &str) {
    panic!("{message}");
}

/// Joins a thread, which a page's own cannot wait for.
#[wasm_bindgen]
pub fn join() {
    thread::spawn(|| ()).join().unwrap();
}

/// Whether this thread has a document: a page's own has one.
#[wasm_bindgen]
#[must_use]
pub fn has_document() -> bool {
    Reflect::has(&js_sys::global(), &"document".into()).unwrap_or(false)
}
