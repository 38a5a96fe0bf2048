//! How a verb fails: a message for a person and an exit code for a script.

/// Exit code for bad usage: of the command line, of a module, of a trace file.
pub(crate) const BAD_USAGE: i32 = 2;
/// Exit code for a panic of the command itself: a fault of ours.
pub(crate) const HOST_PANICKED: i32 = 70;
/// Exit code for a build that failed without saying how: what cargo itself exits with.
pub(crate) const BUILD_FAILED: i32 = 101;

/// Why a verb could not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: i32,
    /// Says what happened, where, and what to do; without a trailing newline.
    pub(crate) message: String,
}

impl Failure {
    /// The user can do something about it: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure {
            code: BAD_USAGE,
            message: message.into(),
        }
    }

    /// A failed build: exit code of the program that failed.
    pub(crate) fn build(code: Option<i32>, message: impl Into<String>) -> Failure {
        Failure {
            code: code.unwrap_or(BUILD_FAILED),
            message: message.into(),
        }
    }
}

/// What a verb gives back: the exit code, or why it could not be done.
pub(crate) type Done = Result<i32, Failure>;
