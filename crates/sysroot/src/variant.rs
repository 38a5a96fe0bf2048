//! The kinds of std that there are.

use std::fmt;

use threadlink_toolchain::Panic;

/// Where a program's threads come from.
///
/// ```
/// use threadlink_sysroot::Std;
///
/// assert_eq!(Std::parse("plain"), Some(Std::Plain));
/// assert_eq!(Std::Threaded.to_string(), "threaded");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Std {
    /// From std itself.
    Threaded,
    /// From the crate `threadlink`: std is as it was written, compiled with atomics.
    Plain,
}

impl Std {
    /// The one that is taken where nobody chooses.
    pub const DEFAULT: Std = Std::Threaded;

    /// The one of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Std> {
        [Std::Threaded, Std::Plain]
            .into_iter()
            .find(|std| std.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Std::Threaded => "threaded",
            Std::Plain => "plain",
        }
    }
}

impl fmt::Display for Std {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One of the sysroots that a compiler can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Where threads come from.
    pub std: Std,
    /// What a panic does.
    pub panic: Panic,
    /// Whether std's own locks tell the host what they do. A plain std's never do.
    pub traced: bool,
}

impl Variant {
    /// The one that is made: of a plain std there is nothing to trace.
    #[must_use]
    pub(crate) fn normal(self) -> Variant {
        Variant {
            traced: self.traced && self.std == Std::Threaded,
            ..self
        }
    }
}

impl fmt::Display for Variant {
    /// As a part of a folder's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let panic = match self.panic {
            Panic::Abort => "abort",
            Panic::Unwind => "unwind",
        };
        let traced = if self.traced { "-traced" } else { "" };
        write!(f, "{panic}{traced}")
    }
}
