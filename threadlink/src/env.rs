//! The program's arguments.

use std::fmt;
use std::iter::FusedIterator;
use std::vec;

use crate::backend;

/// The arguments that the program was started with, its name first.
///
/// On wasm this imports functions that only hosts with Threadlink's extensions have. Bytes that are no UTF-8
/// become replacement characters.
///
/// ```
/// let words: Vec<String> = threadlink::env::args().skip(1).collect();
/// # let _ = words;
/// ```
#[must_use]
pub fn args() -> Args {
    Args {
        args: backend::args().into_iter(),
    }
}

/// The iterator that [`args`] returns.
///
/// ```
/// let mut args = threadlink::env::args();
/// let last = args.next_back();
/// assert!(last.is_some());
/// ```
#[derive(Clone)]
pub struct Args {
    args: vec::IntoIter<String>,
}

impl Iterator for Args {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.args.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.args.size_hint()
    }
}

impl ExactSizeIterator for Args {}

impl FusedIterator for Args {}

impl DoubleEndedIterator for Args {
    fn next_back(&mut self) -> Option<String> {
        self.args.next_back()
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Args").field(&self.args.as_slice()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_argument_is_the_program() {
        assert!(
            args()
                .next()
                .is_some_and(|program| program.contains("threadlink"))
        );
    }
}
