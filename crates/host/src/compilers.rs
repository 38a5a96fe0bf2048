//! The threads that modules are compiled on: rayon's, which the engine would start by itself at the first module, and panic if
//! it gets none.

use std::error::Error as _;
use std::sync::OnceLock;

/// Whether there are such threads. Where the system gives none, modules are compiled on the thread that loads them. Asked
/// once for all of the process: rayon does not try again.
pub(crate) fn are_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| match rayon::ThreadPoolBuilder::new().build_global() {
        Ok(()) => true,
        // An error of the system's is its source; without one, the embedder has started them.
        Err(error) => error.source().is_none(),
    })
}

/// How many functions are compiled at once.
pub(crate) fn count() -> usize {
    if are_there() {
        rayon::current_num_threads()
    } else {
        1
    }
}
