//! Signals of Unix, taken by a thread of their own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};

/// What a shell adds to the number of a signal to make an exit code.
const EXIT: i32 = 128;

/// Catches signals for the rest of the process.
pub(crate) struct Signals {
    first: Arc<AtomicI32>,
}

impl Signals {
    /// From here on, the first of SIGINT and SIGTERM calls `on_first`, and the second ends the process at once. A file that
    /// has reached the largest size that is allowed is an error for whoever writes to it, and does not end the process.
    pub(crate) fn catch(on_first: impl FnOnce() + Send + 'static) -> io::Result<Signals> {
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let first = Arc::new(AtomicI32::new(0));
        let seen = first.clone();
        let work = move || {
            let mut on_first = Some(on_first);
            for signal in signals.forever() {
                let Some(on_first) = on_first.take() else {
                    std::process::exit(EXIT + signal);
                };
                seen.store(signal, Ordering::SeqCst);
                on_first();
            }
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(work)?;
        Ok(Signals { first })
    }

    /// The exit code that stands for the first signal, if there was one.
    pub(crate) fn caught(&self) -> Option<i32> {
        match self.first.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(EXIT + signal),
        }
    }
}
