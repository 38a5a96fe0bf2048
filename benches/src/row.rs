//! What a row of the table is made of.

use threadlink_trace::testing::scenes::Scene;

use crate::programs::Program;

/// One figure beside its peer.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) ours: Side,
    /// What it is compared with, if anything.
    pub(crate) peer: Option<Side>,
    pub(crate) target: Option<Target>,
}

impl Row {
    /// What the row is known by, and filtered by.
    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.group, self.name)
    }

    /// Whether a side of it has to have one processor.
    pub(crate) fn is_pinned(&self) -> bool {
        let sides = std::iter::once(&self.ours).chain(&self.peer);
        sides
            .into_iter()
            .any(|side| matches!(side, Side::Work { pinned: true, .. }))
    }
}

/// One side of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A workload does so many rounds, with so many threads.
    Work {
        program: Program,
        workload: &'static str,
        rounds: u64,
        threads: u64,
        /// The run is recorded, in a trace that has to be right.
        record: bool,
        /// All of it has one processor, as on a machine that is busy.
        pinned: bool,
    },
    /// A program starts and ends; what it needs was made by a run before.
    Start { program: Program, fresh: bool },
    /// `/bin/true` starts and ends.
    True,
    /// The size of a module.
    Size(Program),
    /// A trace of so many events is reported on.
    Analyze { scene: Scene, events: u64 },
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Milliseconds for all of the work.
    Milliseconds,
    /// Microseconds a round.
    Microseconds,
    /// Nanoseconds a round.
    Nanoseconds,
    /// Milliseconds of the processor's time for all of the work.
    Processor,
    /// KiB.
    Size,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Unit::Milliseconds => "ms",
            Unit::Microseconds => "us",
            Unit::Nanoseconds => "ns",
            Unit::Processor => "cpu ms",
            Unit::Size => "KiB",
        }
    }
}

/// What must not be more than how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// Ours by the peer's.
    Ratio(f64),
    /// Ours less the peer's, in the row's unit.
    Difference(f64),
    /// Ours alone, in the row's unit.
    Ours(f64),
}
