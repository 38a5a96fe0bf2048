//! What a case is, and running many of them, each on a thread of its own.

use std::io::Write;

use crate::api::thread::Builder;
use crate::support::message;

/// Something that std documents, as code that panics where it isn't so.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// The topic and the function's name.
    pub(crate) name: &'static str,
    /// Whether a panic in it has to unwind.
    pub(crate) unwinds: bool,
    /// The case itself.
    pub(crate) run: fn(),
}

/// The list of a module's cases: its topic, its functions, and those that make no sense without unwinding.
macro_rules! cases {
    ($topic:literal: $($case:ident),* $(,)? $(; unwinding: $($unwinding:ident),* $(,)?)?) => {
        pub(crate) const CASES: &[$crate::case::Case] = &[
            $($crate::case::Case {
                name: concat!($topic, "::", stringify!($case)),
                unwinds: false,
                run: $case,
            },)*
            $($($crate::case::Case {
                name: concat!($topic, "::", stringify!($unwinding)),
                unwinds: true,
                run: $unwinding,
            },)*)?
        ];
    };
}
pub(crate) use cases;

/// How many cases there were of each kind.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) not_applicable: usize,
}

impl Count {
    /// Runs a case so many times, or until it fails.
    ///
    /// Its name is printed first, so that a case which never ends is the last line of the output.
    pub(crate) fn run(&mut self, case: Case, times: usize) {
        threadlink::print!("{} ... ", case.name);
        // Natively a line that has begun would stay in its buffer.
        let _ = threadlink::io::stdout().flush();
        if case.unwinds && cfg!(panic = "abort") {
            threadlink::println!("not applicable");
            self.not_applicable += 1;
            return;
        }
        for round in 1..=times {
            let thread = Builder::new().name(case.name.to_owned()).spawn(case.run);
            if let Err(payload) = thread.expect("a thread for the case").join() {
                threadlink::println!("FAILED in round {round}: {}", message(&*payload));
                self.failed += 1;
                return;
            }
        }
        threadlink::println!("ok");
        self.passed += 1;
    }
}
