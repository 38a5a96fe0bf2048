//! The attributes of [threadlink](https://docs.rs/threadlink), which re-exports them: use them from there.
//!
//! - [`macro@main`] makes a function the entry point of a guest.
//! - [`macro@export`] makes a function an entry point of a guest that is a library.
//! - [`macro@test`] makes a function a test that runs on the guest as well as natively.
//! - [`macro@traced`] replaces std's locks by traced ones in the item that it stands on, and on demand the rest of
//!   std that a guest needs.
//!
//! Each attribute goes through the same steps, kept apart in its folder: *parse*, *validate* (all mistakes
//! are reported at once, each at its token), *expand*, and the *fallback*, which after a mistake still emits
//! the user's item, so that its own errors show and editors keep working.

#![forbid(unsafe_code)]

mod emit;
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
/// - `stack_size = bytes`: how much stack a thread gets that asks for nothing else, a constant of type `usize`.
///   On wasm that is 512 KiB otherwise, and at least 16 KiB. It is about threads that are spawned, not about the
///   main thread, whose stack is the linker's matter.
/// - `crate = path`: where the threadlink crate is, when it is not `::threadlink`.
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
/// The function keeps its name, also as a wasm export, and remains an ordinary function for Rust callers. A
/// library may export several; a host calls them on its main thread, one at a time. Threadlink's own host calls
/// those without parameters and results.
///
/// # Parameters and results
/// A parameter is of one of the types that wasm knows: `i32`, `u32`, `i64`, `u64`, `isize`, `usize`, `f32`,
/// `f64`. For a `bool` the host passes an `i32`, of which all values but 0 are `true`.
///
/// The result is nothing, one of these types, an `ExitCode`, or a `Result` of one of them: the host gets what is
/// in the `Ok`. An `Err` is printed to standard error and ends the program with exit code 1, and so does an
/// `ExitCode` that is not 0 with its own code.
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
/// Refused are: `async`, `const`, `unsafe` or `extern` functions; generic ones; parameters and results of other
/// types; methods; and names that a host gives a meaning to (`main`, `memory`, `thread_start`, and all that begin
/// with an underscore).
///
/// # Examples
/// ```
/// /// Adds up the numbers below `end`, on two threads.
/// #[threadlink::export]
/// pub fn add_up(end: u64) -> u64 {
///     let half = threadlink::spawn(move || (0..end / 2).sum::<u64>());
///     let rest: u64 = (end / 2..end).sum();
///     half.join().unwrap() + rest
/// }
/// # assert_eq!(add_up(100), 4950);
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
/// - `schedules = 1000`: on the guest, run the test under so many schedules, one of its threads at a time, and tell the first
///   under which it fails, with a token that repeats it (`threadlink explore`).
/// - `crate = path` says where the threadlink crate is, when it is not `::threadlink`.
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

/// Replaces std's locks by threadlink's traced ones, in an item or a whole module.
///
/// `Mutex`, `RwLock`, their guards, `Condvar` and `WaitTimeoutResult` of `std::sync` become those of
/// `threadlink::sync`, which have std's API: no call site changes. `parking_lot::Mutex`, `parking_lot::RwLock` and
/// their guards, of every kind, become `threadlink::mutex::TracingMutex` and so on, whose `lock()` returns the guard as well.
///
/// It stands on a struct, enum, union, type alias, static, const, trait, `impl` block, function, or a module in
/// braces. In types and signatures, at any depth, the types change. In bodies the same names mean the traced
/// types: `Mutex::new(0)`, `.map(Mutex::new)` and `vec![Mutex::new(0)]` build traced locks, so constructors stay
/// as they are. On a **module**, its imports change (`use std::sync::{Arc, Mutex}`), and with them everything in
/// it, modules within included. So the smallest change that traces a module is `#[traced] mod bank { .. }`.
///
/// # Spellings
/// - `Mutex`, `sync::Mutex`, `std::sync::Mutex`, `::std::sync::Mutex`, and `parking_lot::Mutex`;
/// - other names that an import inside of the item gives them (`use std::sync::Mutex as Lock`, `use std::sync as s`,
///   `use std as s`), glob imports (`use std::sync::*`), and what modules of the item take from each other
///   (`super::s::Mutex`, re-exports);
/// - other names that the attribute is told of: `#[traced(Lock)]` if `Lock` is a `Mutex`, else
///   `#[traced(Lock = RwLock)]` or `#[traced(Lock = parking_lot::Mutex)]`.
///
/// What was written or imported with another path, like `tokio::sync::Mutex` or `crate::locks::Mutex`, stays as
/// it is. The attribute cannot see what a name stands for, so the compiler checks it: a `Mutex` or `sync::Mutex`
/// that is not std's is an error that says so. Where an unannotated function still makes a std `Mutex`, the type
/// error suggests `.into()`, which converts it. Where conditions choose between std's and another
/// (`#[cfg(loom)] use loom::sync::Mutex; #[cfg(not(loom))] use std::sync::Mutex;`), std's is replaced and the other
/// left alone; as the name is either, locks made by it have none.
///
/// # Names
/// A lock gets the name of the place that it is made for, and traces and reports call it by that:
///
/// | made for | as in | name |
/// |---|---|---|
/// | a field | `Account { balance: Mutex::new(1) }`, `Self { .. }`, `self.balance = Mutex::new(1)` | `Account.balance` |
/// | a field of a tuple struct or variant | `Pair(Mutex::new(1))`, `Shape::Circle { lock: Mutex::new(1) }` | `Pair.0`, `Shape::Circle.lock` |
/// | a static, constant or thread-local | `static LEDGER: Mutex<u8> = Mutex::new(1);` | `program::bank::LEDGER` |
/// | an associated constant | `const SPARE: Mutex<u8> = Mutex::new(1);` | `Vault::SPARE` |
/// | a variable | `let queue = Mutex::new(1);` | `queue` |
///
/// It does where the type is named with `new`, `default` or `from`, alone or within what only passes it on: `Arc::new`,
/// `Box::new`, `Some` and their likes, `vec![..]`, arrays, tuples (`Account.pair.0`), closures of `map` or
/// `array::from_fn`, blocks and branches. `#[derive(Default)]` below the attribute, or in a module that has it, names
/// the fields that are locks. Any other lock has no name; where it was made is known all the same. Without
/// threadlink's feature `tracing` the names are in no binary. A `TracingMutex` or `TracingRwLock` is not replaced, and
/// gets its name all the same.
///
/// # Options
/// - `std` turns a whole program over, so that what was written for std runs as a guest. It is these five:
///   - `thread`: `std::thread`'s `spawn`, `scope`, `Builder`, `JoinHandle`, `current`, `sleep` and so on;
///   - `time`: `Instant`, `SystemTime` and `UNIX_EPOCH`;
///   - `mpsc`: `std::sync::mpsc`, whose `recv_timeout` panics on wasm;
///   - `print`: `println!`, `print!`, `eprintln!`, `eprint!` and `dbg!`; in the arguments of other macros with their whole
///     path only (`std::println!`); and `std::io::stdout` and `stderr`;
///   - `process`: `std::env::args`, `args_os` and `std::process::exit`.
///
///   They are recognised as `thread::spawn`, `std::thread::spawn`, or by an import inside of the item, of whatever kind;
///   one that stands outside of it under another name (`use std::thread as th`) is not seen. Of the bare
///   names, `JoinHandle`, `ScopedJoinHandle`, `ThreadId`, `Instant`, `SystemTime`, `Sender`, `SyncSender` and
///   `Receiver` count without one.
/// - `Name` and `Name = Type` tell of other names, see above.
/// - `crate = path` says where the threadlink crate is, when it is not `::threadlink`.
///
/// On parts of the item, `#[traced(skip)]` leaves a field, variant, value in a struct literal, `let`, method, or
/// an import or item in a module as it is; with `#[traced(only)]` on some fields, all others are left.
///
/// # Errors
/// Refused are: an item in which there is nothing to do; a module in a file of its own, also inside of a module
/// (put the attribute on the items in that file); a bare name hidden in a macro in type position; in bodies a glob
/// import from a module that was imported outside of the item (`use sync::*`); an import of std itself under some of the
/// options only; and `parking_lot::Condvar` beside a traced `parking_lot::Mutex`, which it cannot wait
/// with.
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
///
/// A program for std becomes one for guests:
///
/// ```
/// #[threadlink::traced(std)]
/// mod bank {
///     use std::sync::{Arc, Mutex};
///     use std::thread;
///
///     pub fn run() -> u64 {
///         let balance = Arc::new(Mutex::new(10));
///         let theirs = Arc::clone(&balance);
///         thread::spawn(move || *theirs.lock().unwrap() += 5).join().unwrap();
///         println!("{}", balance.lock().unwrap());
///         *balance.lock().unwrap()
///     }
/// }
/// # assert_eq!(bank::run(), 15);
/// ```
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    traced::traced(args.into(), &item.into()).into()
}
