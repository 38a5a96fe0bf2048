//! The entry point that hosts call in a program with a `main`: an object of its own, which is linked into programs only.
//! A library has no `main`, and std is linked into both.

#![no_std]

unsafe extern "C" {
    /// What the compiler makes of a program's `main`.
    safe fn main(count: i32, arguments: usize) -> i32;
}

/// What `main` returns, the program's std has told the host of.
#[unsafe(no_mangle)]
extern "C" fn _start() {
    let _ = main(0, 0);
}
