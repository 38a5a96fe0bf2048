//! Random bytes for the crate getrandom, whose versions each ask for a function of a name of its own when they are told that
//! the program has a source of random bytes. It is linked where one is asked for.

#![no_std]

#[link(wasm_import_module = "threadlink")]
unsafe extern "C" {
    fn random_get(bytes: *mut u8, count: usize) -> i32;
}

/// An error of the crate's, as a number that is not 0: its range for errors that others make.
const FAILED: u32 = (1 << 31) + (1 << 30) + 1;

/// # Safety
/// There are as many bytes.
unsafe fn fill(bytes: *mut u8, count: usize) -> u32 {
    // SAFETY: as the caller promises.
    match unsafe { random_get(bytes, count) } {
        0 => 0,
        _ => FAILED,
    }
}

/// For getrandom 0.2.
///
/// # Safety
/// There are as many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn __getrandom_custom(bytes: *mut u8, count: usize) -> u32 {
    // SAFETY: as the caller promises.
    unsafe { fill(bytes, count) }
}

/// For getrandom 0.3 and 0.4: a `Result<(), Error>` is 0 or the error's number.
///
/// # Safety
/// There are as many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn __getrandom_v03_custom(bytes: *mut u8, count: usize) -> u32 {
    // SAFETY: as the caller promises.
    unsafe { fill(bytes, count) }
}
