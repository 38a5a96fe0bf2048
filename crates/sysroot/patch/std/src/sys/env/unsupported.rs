//! Environment variables: what the host gives at first, and what the program has made of it since.

use crate::collections::BTreeMap;
use crate::ffi::{OsStr, OsString};
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::{fmt, io, vec};
use threadlink_abi::errno;
use threadlink_rt::imports;

type Variables = BTreeMap<OsString, OsString>;

/// None until the program asks for one.
static VARIABLES: Mutex<Option<Variables>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<Variables>> {
    // Nothing that is done while it is held panics half-way.
    VARIABLES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with<R>(f: impl FnOnce(&mut Variables) -> R) -> R {
    f(lock().get_or_insert_with(from_host))
}

/// Each is `NAME=VALUE` and followed by a NUL.
fn from_host() -> Variables {
    let mut bytes = vec![0; imports::env_size()];
    // SAFETY: the buffer is as long as it says.
    let code = unsafe { imports::env_get(bytes.as_mut_ptr(), bytes.len()) };
    if code != errno::OK {
        return Variables::new();
    }
    let text = |bytes: &[u8]| {
        // SAFETY: on this target an `OsString` is any bytes.
        unsafe { OsString::from_encoded_bytes_unchecked(bytes.to_vec()) }
    };
    let terminated = bytes.split_inclusive(|&byte| byte == 0).filter_map(|text| text.strip_suffix(b"\0"));
    let split = terminated.filter_map(|variable| {
        let equals = variable.iter().position(|&byte| byte == b'=')?;
        Some((text(&variable[..equals]), text(&variable[equals + 1..])))
    });
    split.collect()
}

pub struct Env {
    rest: vec::IntoIter<(OsString, OsString)>,
}

impl !Send for Env {}
impl !Sync for Env {}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rest.as_slice()).finish()
    }
}

impl Iterator for Env {
    type Item = (OsString, OsString);

    fn next(&mut self) -> Option<(OsString, OsString)> {
        self.rest.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

pub fn env() -> Env {
    let all: Vec<_> = with(|variables| {
        variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    });
    Env { rest: all.into_iter() }
}

pub fn getenv(name: &OsStr) -> Option<OsString> {
    with(|variables| variables.get(name).cloned())
}

/// Natively the system refuses these.
fn checked(name: &OsStr) -> io::Result<()> {
    let name = name.as_encoded_bytes();
    if name.is_empty() || name.contains(&b'=') || name.contains(&0) {
        return Err(io::const_error!(
            io::ErrorKind::InvalidInput,
            "the name of an environment variable is neither empty nor contains `=` or NUL",
        ));
    }
    Ok(())
}

pub unsafe fn setenv(name: &OsStr, value: &OsStr) -> io::Result<()> {
    checked(name)?;
    if value.as_encoded_bytes().contains(&0) {
        return Err(io::const_error!(
            io::ErrorKind::InvalidInput,
            "the value of an environment variable contains NUL",
        ));
    }
    with(|variables| variables.insert(name.to_owned(), value.to_owned()));
    Ok(())
}

pub unsafe fn unsetenv(name: &OsStr) -> io::Result<()> {
    checked(name)?;
    with(|variables| variables.remove(name));
    Ok(())
}
