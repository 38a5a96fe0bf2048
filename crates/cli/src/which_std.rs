//! `--std`: which std a guest is built on.

use clap::ValueEnum;
use threadlink_sysroot::Std;

/// The kinds of std, as users name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhichStd {
    /// With threads of its own
    Threaded,
    /// As it is: threads come from the crate `threadlink`
    Plain,
}

impl From<WhichStd> for Std {
    fn from(value: WhichStd) -> Std {
        match value {
            WhichStd::Threaded => Std::Threaded,
            WhichStd::Plain => Std::Plain,
        }
    }
}
