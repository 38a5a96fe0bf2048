//! A data race, as it is told.

use std::fmt;

/// Two accesses of the same bytes by two threads of which one writes, and which nothing orders.
///
/// ```no_run
/// # fn show(race: &threadlink_host::Race) {
/// eprintln!("{race}");
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Race {
    /// The first byte that both access.
    pub address: u32,
    /// The one that came first in this execution.
    pub earlier: RaceAccess,
    /// The one at which it was found.
    pub later: RaceAccess,
    /// What the byte is part of, if that is known.
    pub memory: Option<String>,
    /// What the two threads did that orders other things: sentences.
    pub nearby: Vec<String>,
}

/// One of the accesses of a race.
///
/// ```no_run
/// # fn show(access: &threadlink_host::RaceAccess) {
/// eprintln!("{} by {}", access.kind, access.thread);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RaceAccess {
    /// `read`, `write`, `atomic read`, `atomic write`, `allocation` or `free`.
    pub kind: String,
    /// How many bytes it accesses, if that is one number.
    pub bytes: Option<u32>,
    /// The ordering of an atomic one: `Relaxed`, `Acquire`, `Release`, `AcqRel` or `SeqCst`.
    pub order: Option<String>,
    /// The thread's name and number.
    pub thread: String,
    /// Where in the program's own source it is, or in whatever source.
    pub place: Option<String>,
    /// The calls that led there, innermost first, a line or two each.
    pub backtrace: Vec<String>,
    /// The locks that the thread had then, as far as they are known: a word of each and the place where it was taken.
    pub locks: Vec<(u32, String)>,
}

impl fmt::Display for RaceAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if let Some(order) = &self.order {
            write!(f, " ({order})")?;
        }
        if let Some(bytes) = self.bytes {
            write!(f, " of {bytes} byte{}", if bytes == 1 { "" } else { "s" })?;
        }
        write!(f, " by thread {}", self.thread)?;
        for line in &self.backtrace {
            write!(f, "\n  {line}")?;
        }
        for (address, place) in &self.locks {
            write!(f, "\n  with the lock at {address:#x}, taken at {place}")?;
        }
        Ok(())
    }
}

impl Race {
    /// What it is, in a line.
    ///
    /// ```no_run
    /// # fn show(race: &threadlink_host::Race) {
    /// eprintln!("{}", race.headline());
    /// # }
    /// ```
    #[must_use]
    pub fn headline(&self) -> String {
        let at = |access: &RaceAccess| {
            let place = access
                .place
                .as_ref()
                .map_or_else(String::new, |place| format!(" at {place}"));
            format!("{} by thread {}{place}", access.kind, access.thread)
        };
        format!("data race: {}, and {}", at(&self.later), at(&self.earlier))
    }
}

impl fmt::Display for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "data race at {:#x}: nothing orders these two accesses",
            self.address
        )?;
        if let Some(memory) = &self.memory {
            writeln!(f, "  it is {memory}")?;
        }
        for (when, access) in [("then", &self.later), ("first", &self.earlier)] {
            let text = access.to_string().replace('\n', "\n  ");
            writeln!(f, "  {when}: {text}")?;
        }
        for sentence in &self.nearby {
            writeln!(f, "  {sentence}")?;
        }
        Ok(())
    }
}
