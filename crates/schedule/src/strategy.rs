//! Who is chosen: one of the strategies at work.

mod listed;
mod pct;
mod walk;

use self::listed::Listed;
use self::pct::Pct;
use self::walk::Walk;
use crate::ThreadId;
use crate::plan::Strategy;
use crate::random::Random;

/// The most points that are handed out at once by strategies that draw at each of them.
const MOST: u64 = 1 << 12;

/// A choice that has to be made.
pub(crate) struct Question<'a> {
    /// Who can go on, in the order of their numbers; not none.
    pub(crate) ready: &'a [ThreadId],
    /// Who ran, and the steps that it had taken; `None` at the beginning.
    pub(crate) from: Option<(ThreadId, u64)>,
    /// Whether that thread can go on, and has not asked for others to.
    pub(crate) stays: bool,
    /// Who goes on if nobody wants anything else.
    pub(crate) default: ThreadId,
}

/// A strategy at work.
pub(crate) enum Chooser {
    Random {
        /// Steps until the running thread is to be stopped.
        leaves_in: Option<u64>,
    },
    Pct(Pct),
    Walk(Walk),
    Listed(Listed),
}

impl Chooser {
    pub(crate) fn new(strategy: &Strategy, random: &mut Random) -> Self {
        match strategy {
            Strategy::Random => Self::Random { leaves_in: None },
            Strategy::Pct { depth, steps } => Self::Pct(Pct::new(*depth, *steps, random)),
            Strategy::Walk { threads } => Self::Walk(Walk::new(threads)),
            Strategy::Listed { switches } => Self::Listed(Listed::new(switches)),
        }
    }

    /// Whether it only repeats what others have chosen.
    pub(crate) fn is_listed(&self) -> bool {
        matches!(self, Self::Listed(_))
    }

    /// There is another thread: the next number.
    pub(crate) fn added(&mut self, random: &mut Random) {
        match self {
            Self::Pct(pct) => pct.added(random),
            Self::Walk(walk) => walk.added(),
            Self::Random { .. } | Self::Listed(_) => {}
        }
    }

    /// The running thread has taken steps, at which nobody else could go on if it is `alone`.
    pub(crate) fn spent(&mut self, thread: ThreadId, steps: u64, alone: bool) {
        match self {
            Self::Random { leaves_in } => *leaves_in = leaves_in.map(|left| left.saturating_sub(steps)),
            Self::Pct(pct) if !alone => pct.spent(thread, steps),
            Self::Walk(walk) => walk.spent(thread, steps),
            Self::Pct(_) | Self::Listed(_) => {}
        }
    }

    /// A thread has run for long while others could, or has asked for others to.
    pub(crate) fn demote(&mut self, thread: ThreadId) {
        if let Self::Pct(pct) = self {
            pct.demote(thread);
        }
    }

    /// Who of those that are ready goes on.
    pub(crate) fn choose(&mut self, question: &Question<'_>, random: &mut Random) -> ThreadId {
        let others = |leaves: bool| {
            let from = question.from.map(|(from, _)| from);
            let without = |thread: &ThreadId| Some(*thread) != from;
            let others: Vec<ThreadId> = question.ready.iter().copied().filter(without).collect();
            if leaves && !others.is_empty() {
                others
            } else {
                question.ready.to_vec()
            }
        };
        let chosen = match self {
            Self::Random { leaves_in } => {
                let leaves = !question.stays || *leaves_in == Some(0);
                random.one_of(&others(leaves))
            }
            Self::Pct(pct) => pct.choose(question.ready),
            Self::Walk(walk) => {
                let leaves = !question.stays || walk.leaves();
                walk.choose(&others(leaves), random)
            }
            Self::Listed(listed) => listed.choose(question),
        };
        chosen.unwrap_or(question.default)
    }

    /// How many steps a thread may take that goes on, beside these that could as well; `taken` are those that it has.
    pub(crate) fn budget(
        &mut self,
        thread: ThreadId,
        taken: u64,
        ready: &[ThreadId],
        random: &mut Random,
    ) -> u64 {
        match self {
            Self::Random { leaves_in } if ready.len() <= 1 => {
                *leaves_in = None;
                u64::MAX
            }
            Self::Random { leaves_in } => {
                let (steps, leaves) = stay(random, |_| (1, ready.len() as u64));
                *leaves_in = leaves.then_some(steps);
                steps
            }
            Self::Pct(_) if ready.len() <= 1 => u64::MAX,
            Self::Pct(pct) => pct.budget(),
            Self::Walk(walk) => walk.budget(thread, ready, random),
            Self::Listed(listed) => listed.budget(thread, taken),
        }
    }
}

/// How many steps in a row a thread takes, at least 1, where it goes on after each with a likelihood that `odds` tells as a
/// fraction; and whether it then leaves. If not, somebody has to ask again.
fn stay(random: &mut Random, odds: impl Fn(u64) -> (u64, u64)) -> (u64, bool) {
    let mut steps = 1;
    while steps < MOST {
        let (stays, of) = odds(steps);
        if random.below(of) >= stays {
            return (steps, true);
        }
        steps += 1;
    }
    (steps, false)
}
