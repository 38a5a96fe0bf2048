//! The program's arguments.

use std::ffi::OsString;
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

/// The arguments as the operating system has them: natively also those that are no UTF-8, on wasm those of [`args`].
///
/// ```
/// let program = threadlink::env::args_os().next();
/// assert!(program.is_some());
/// ```
#[must_use]
pub fn args_os() -> ArgsOs {
    ArgsOs {
        args: backend::args_os().into_iter(),
    }
}

/// The iterator that [`args_os`] returns.
///
/// ```
/// let args = threadlink::env::args_os();
/// assert_eq!(args.len(), threadlink::env::args().len());
/// ```
#[derive(Clone)]
pub struct ArgsOs {
    args: vec::IntoIter<OsString>,
}

impl Iterator for ArgsOs {
    type Item = OsString;

    fn next(&mut self) -> Option<OsString> {
        self.args.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.args.size_hint()
    }
}

impl ExactSizeIterator for ArgsOs {}

impl FusedIterator for ArgsOs {}

impl DoubleEndedIterator for ArgsOs {
    fn next_back(&mut self) -> Option<OsString> {
        self.args.next_back()
    }
}

impl fmt::Debug for ArgsOs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArgsOs").field(&self.args.as_slice()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_arguments_are_the_same() {
        assert!(args_os().eq(std::env::args_os()));
        assert!(args().map(OsString::from).eq(args_os()));
    }

    #[test]
    fn the_first_argument_is_the_program() {
        assert!(
            args()
                .next()
                .is_some_and(|program| program.contains("threadlink"))
        );
    }
}
