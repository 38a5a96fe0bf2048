//! The attributes of [threadlink](https://docs.rs/threadlink), which re-exports them: use them from there.
//!
//! - [`macro@main`] makes a function the entry point of a guest.
//! - [`macro@export`] makes a function an entry point of a guest that is a library.
//! - [`macro@test`] makes a function a test that runs on the guest as well as natively.
//! - [`macro@traced`] replaces std's locks by traced ones in the item that it stands on.
//!
//! Each attribute goes through the same steps, kept apart in its folder: *parse*, *validate* (all mistakes
//! are reported at once, each at its token), *expand*, and the *fallback*, which after a mistake still emits
//! the user's item, so that its own errors show and editors keep working.

#![forbid(unsafe_code)]

mod entry;
mod errors;
mod options;
mod test_attr;
mod traced;

use proc_macro::TokenStream;

/// Makes `fn main` the entry point of the program, on the guest and natively.
///
/// On wasm32-unknown-unknown the function is exported as `_start`, which every host calls; thread start and
/// the rest of the runtime's exports come with the crate `threadlink` itself. On other targets it is an
/// ordinary `main`.
///
/// `main` may return nothing, a `Result`, or whatever else implements `threadlink::process::Termination`. An
/// `Err` is printed to standard error and makes the exit code 1.
///
/// # Options
/// `crate = path` says where the threadlink crate is, when it is not `::threadlink`.
///
/// # Errors
/// Refused are: a function that is not called `main`; `async`, `const`, `unsafe` or `extern` functions;
/// generic ones and ones with parameters; a second `#[threadlink::main]` in the same crate.
///
/// # Examples
/// ```
/// #[threadlink::main]
/// fn main() -> Result<(), std::num::ParseIntError> {
///     let answer = threadlink::spawn(|| "42".parse::<u32>()).join().expect("the thread does not panic")?;
///     assert_eq!(answer, 42);
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::main(args.into(), &item.into()).into()
}

/// Exports a function of a library as an entry point that a host can call: for a `cdylib` without a `main`.
///
/// The function keeps its name, also as a wasm export of type `() -> ()`, and remains an ordinary function
/// for Rust callers. A library may export several; a host calls them on its main thread, one at a time. Like
/// a `main`, it may return nothing, a `Result`, or whatever else implements
/// `threadlink::process::Termination`; a failure ends the program with an exit code.
///
/// The runtime's own exports (`thread_start` and what hosts look for) are in every module that links
/// `threadlink`, and this attribute links it. So a library whose entry points are hand-written `extern "C"`
/// functions needs no attribute: that it uses `threadlink` at all (`use threadlink as _;` is enough) brings
/// the same exports.
///
/// # Options
/// `crate = path` says where the threadlink crate is, when it is not `::threadlink`.
///
/// # Errors
/// Refused are: `async`, `const`, `unsafe` or `extern` functions; generic ones and ones with parameters;
/// methods; and names that a host gives a meaning to (`main`, `memory`, `thread_start`, and all that begin
/// with an underscore).
///
/// # Examples
/// ```
/// /// Adds up a little, on two threads.
/// #[threadlink::export]
/// pub fn add_up() {
///     let half = threadlink::spawn(|| (0..50_u32).sum::<u32>());
///     let rest: u32 = (50..100).sum();
///     assert_eq!(half.join().unwrap() + rest, 4950);
/// }
/// # add_up();
/// ```
#[proc_macro_attribute]
pub fn export(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::export(args.into(), &item.into()).into()
}

/// Makes a function a test that runs on the guest, and natively.
///
/// Natively it is an ordinary `#[test]`. On wasm32-unknown-unknown, where libtest can neither print nor go on after a
/// failure, `cargo test --target wasm32-unknown-unknown --tests` runs it through cargo's `runner = ["threadlink",
/// "runner"]`: each test in fresh memory, reported by name, with filters and options as people know them from libtest.
/// `threadlink test` does the same without any preparation. A plain `#[test]` beside it is named as not run there.
///
/// `#[ignore]`, `#[ignore = "reason"]`, `#[should_panic]` and `#[should_panic(expected = "part of the message")]` stand
/// beside it, in any order, and work in builds with `panic = "abort"` too. A test may return nothing, a `Result`, or
/// whatever else implements `threadlink::process::Termination`; it fails with anything but success.
///
/// # Options
/// `crate = path` says where the threadlink crate is, when it is not `::threadlink`.
///
/// # Errors
/// Refused are: `async`, `unsafe` or `extern` functions; generic ones and ones with parameters; methods; a `#[test]` on
/// the same function.
///
/// # Examples
/// ```
/// #[cfg(test)]
/// mod tests {
///     #[threadlink::test]
///     fn threads_add_up() {
///         let half = threadlink::spawn(|| (0..50_u32).sum::<u32>());
///         let rest: u32 = (50..100).sum();
///         assert_eq!(half.join().unwrap() + rest, 4950);
///     }
///
///     #[threadlink::test]
///     #[should_panic(expected = "divide by zero")]
///     fn nothing_divides_by_zero() {
///         let zero = std::hint::black_box(0);
///         println!("{}", 1 / zero);
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    test_attr::test(args.into(), &item.into()).into()
}

/// Replaces std's locks by threadlink's traced ones in a struct or an `impl` block.
///
/// `Mutex`, `MutexGuard`, `Condvar` and `WaitTimeoutResult` of `std::sync` become those of
/// `threadlink::sync`, which have std's API: no call site changes. They are found at any depth
/// (`Arc<Mutex<..>>`, `Option<Box<Mutex<..>>>`, tuples, arrays, function types) in the spellings `Mutex`,
/// `sync::Mutex`, `std::sync::Mutex` and `::std::sync::Mutex`.
///
/// - On a **struct**, the types of the fields (and bounds) change.
/// - On an **`impl` block**, the types in signatures change, and in the bodies the same names mean the traced
///   types: `Mutex::new(0)`, `.map(Mutex::new)` and `vec![Mutex::new(0)]` build traced locks, so constructors
///   stay as they are. A `use std::sync::Mutex` inside a body is followed as well.
///
/// What was written with another path, like `parking_lot::Mutex`, stays as it is. So does
/// `std::sync::RwLock`, which is not traced.
///
/// The attribute cannot see what a name stands for, so the compiler checks it: a `Mutex` or `sync::Mutex`
/// that is not std's is an error that says so. Where an unannotated function still makes a std `Mutex`, the
/// type error suggests `.into()`, which converts it.
///
/// # Options
/// `crate = path` says where the threadlink crate is, when it is not `::threadlink`.
///
/// # Errors
/// Refused are: items other than structs and `impl` blocks; an item without any of the names above; a name
/// hidden in a macro in type position; and in the bodies a glob import from `std::sync` and a module.
///
/// # Examples
/// ```
/// use std::sync::{Arc, Mutex};
/// use threadlink::traced;
///
/// #[traced]
/// struct Account {
///     balance: Arc<Mutex<u64>>,
/// }
///
/// #[traced]
/// impl Account {
///     fn new(balance: u64) -> Self {
///         Self { balance: Arc::new(Mutex::new(balance)) }
///     }
/// }
///
/// let account = Account::new(10);
/// *account.balance.lock().unwrap() += 5;
/// let traced: &threadlink::sync::Mutex<u64> = &account.balance;
/// assert_eq!(*traced.lock().unwrap(), 15);
/// ```
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    traced::traced(args.into(), &item.into()).into()
}
