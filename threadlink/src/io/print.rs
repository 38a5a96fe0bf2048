//! Printing: [`println!`](crate::println) and its siblings.
//!
//! std's macros print nowhere on wasm. These format the text first and hand it to the host in one piece, so
//! that lines of different threads never mix; natively they are std's.

use std::fmt;

use crate::backend::{self, Stream};

/// Prints to the standard output, followed by a newline.
///
/// # Panics
/// If the host cannot write.
///
/// ```
/// threadlink::println!("{} threads", 4);
/// threadlink::println!();
/// ```
#[macro_export]
macro_rules! println {
    () => { $crate::io::__print("\n") };
    ($($arg:tt)*) => { $crate::io::__println(::core::format_args!($($arg)*)) };
}

/// Prints to the standard output.
///
/// # Panics
/// If the host cannot write.
///
/// ```
/// threadlink::print!("no newline ");
/// ```
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => { $crate::io::__print_args(::core::format_args!($($arg)*)) };
}

/// Prints to the standard error, followed by a newline.
///
/// # Panics
/// If the host cannot write.
///
/// ```
/// threadlink::eprintln!("warning: {}", "low on patience");
/// ```
#[macro_export]
macro_rules! eprintln {
    () => { $crate::io::__eprint("\n") };
    ($($arg:tt)*) => { $crate::io::__eprintln(::core::format_args!($($arg)*)) };
}

/// Prints to the standard error.
///
/// # Panics
/// If the host cannot write.
///
/// ```
/// threadlink::eprint!("thinking... ");
/// ```
#[macro_export]
macro_rules! eprint {
    ($($arg:tt)*) => { $crate::io::__eprint_args(::core::format_args!($($arg)*)) };
}

/// Prints values to the standard error, with where that is and what was written there, and gives them back.
///
/// # Panics
/// If the host cannot write.
///
/// ```
/// let double = threadlink::dbg!(4) * 2;
/// assert_eq!(threadlink::dbg!(double, "and more"), (8, "and more"));
/// ```
#[macro_export]
macro_rules! dbg {
    () => {
        $crate::eprintln!("[{}:{}:{}]", ::core::file!(), ::core::line!(), ::core::column!())
    };
    ($value:expr $(,)?) => {
        // In a `match`, temporaries of the value live as long as the whole expression.
        match $value {
            value => {
                $crate::eprintln!(
                    "[{}:{}:{}] {} = {:#?}",
                    ::core::file!(), ::core::line!(), ::core::column!(), ::core::stringify!($value), &value
                );
                value
            }
        }
    };
    ($($value:expr),+ $(,)?) => { ($($crate::dbg!($value)),+,) };
}

#[doc(hidden)]
#[track_caller]
pub fn __print(text: &str) {
    backend::write(Stream::Stdout, text);
}

#[doc(hidden)]
#[track_caller]
pub fn __eprint(text: &str) {
    backend::write(Stream::Stderr, text);
}

#[doc(hidden)]
#[track_caller]
pub fn __print_args(text: fmt::Arguments<'_>) {
    backend::write(Stream::Stdout, &whole(text, ""));
}

#[doc(hidden)]
#[track_caller]
pub fn __eprint_args(text: fmt::Arguments<'_>) {
    backend::write(Stream::Stderr, &whole(text, ""));
}

#[doc(hidden)]
#[track_caller]
pub fn __println(text: fmt::Arguments<'_>) {
    backend::write(Stream::Stdout, &whole(text, "\n"));
}

#[doc(hidden)]
#[track_caller]
pub fn __eprintln(text: fmt::Arguments<'_>) {
    backend::write(Stream::Stderr, &whole(text, "\n"));
}

/// The whole text, formatted before anything is written.
fn whole(text: fmt::Arguments<'_>, end: &str) -> String {
    let mut whole = fmt::format(text);
    whole.push_str(end);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_formatted_in_one_piece() {
        assert_eq!(whole(format_args!("{}-{:02}", "a", 7), "\n"), "a-07\n");
        assert_eq!(whole(format_args!(""), ""), "");
    }
}
