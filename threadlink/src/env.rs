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

/// The arguments in the form in which a host writes them: each followed by a NUL.
#[cfg_attr(not(all(target_arch = "wasm32", target_os = "unknown")), allow(dead_code))]
pub(crate) fn split(bytes: &[u8]) -> Vec<String> {
    let Some(bytes) = bytes.strip_suffix(b"\0") else {
        return Vec::new();
    };
    bytes
        .split(|&byte| byte == 0)
        .map(|arg| String::from_utf8_lossy(arg).into_owned())
        .collect()
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

    #[test]
    fn host_bytes_split_at_each_nul() {
        assert_eq!(split(b"prog\0a\0\0b c\0"), ["prog", "a", "", "b c"]);
        assert_eq!(split(b"\xff\0"), ["\u{fffd}"]);
        assert!(split(b"").is_empty());
        assert!(split(b"not terminated").is_empty());
    }
}
