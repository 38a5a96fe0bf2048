//! For whom std makes locks: the program's place in the backtrace of a call, looked up once for each place in the code.

use std::collections::HashMap;

use parking_lot::Mutex;
use threadlink_watch::{Memory, Watch};
use wasmtime::WasmBacktrace;

use crate::backtrace;
use crate::load::Compiled;

/// What a place in the code costs that was looked up.
const COST: usize = 32;

/// What is known of places in the code: the site of the program's code there, if it is that.
#[derive(Default)]
pub(crate) struct Makers {
    known: Mutex<HashMap<usize, Option<u32>>>,
}

impl Makers {
    /// The site of the innermost place in this backtrace that is not std's or the runtime's; 0 if none is known.
    pub(super) fn site<M: Memory, C>(
        &self,
        program: &Compiled,
        watch: &Watch<M, C>,
        trace: &WasmBacktrace,
    ) -> u32 {
        let mut known = self.known.lock();
        for frame in trace.frames() {
            let Some(offset) = frame.module_offset() else {
                continue;
            };
            let site = match known.get(&offset) {
                Some(site) => *site,
                None => {
                    if !watch.budget.take(COST) {
                        return 0;
                    }
                    let place = backtrace::place_outside(program, frame);
                    let site = place.and_then(|(file, line, column)| {
                        watch.places.add(&file, line, column, &watch.budget)
                    });
                    known.insert(offset, site);
                    site
                }
            };
            if let Some(site) = site {
                return site;
            }
        }
        0
    }
}
