//! The arguments that the host gives the program.

use crate::ffi::OsString;
use crate::{fmt, vec};
use threadlink_abi::errno;
use threadlink_rt::imports;

pub struct Args {
    rest: vec::IntoIter<OsString>,
}

impl !Send for Args {}
impl !Sync for Args {}

pub fn args() -> Args {
    Args { rest: from_host().into_iter() }
}

/// Each is followed by a NUL, so that none has one.
fn from_host() -> Vec<OsString> {
    let mut bytes = vec![0; imports::args_size()];
    // SAFETY: the buffer is as long as it says.
    let code = unsafe { imports::args_get(bytes.as_mut_ptr(), bytes.len()) };
    if code != errno::OK {
        return Vec::new();
    }
    let terminated = bytes.split_inclusive(|&byte| byte == 0).filter_map(|text| text.strip_suffix(b"\0"));
    // SAFETY: on this target an `OsString` is any bytes.
    terminated.map(|text| unsafe { OsString::from_encoded_bytes_unchecked(text.to_vec()) }).collect()
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rest.as_slice().fmt(f)
    }
}

impl Iterator for Args {
    type Item = OsString;

    fn next(&mut self) -> Option<OsString> {
        self.rest.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl DoubleEndedIterator for Args {
    fn next_back(&mut self) -> Option<OsString> {
        self.rest.next_back()
    }
}

impl ExactSizeIterator for Args {
    fn len(&self) -> usize {
        self.rest.len()
    }
}
