//! Who has each lock when, on tracks: holds of several threads that read at once are on several.

use std::collections::{BTreeSet, HashMap};

use threadlink_trace::Mode;

/// A hold that is not over.
#[derive(Clone, Copy)]
pub(super) struct Hold {
    pub(super) thread: u32,
    pub(super) site: u32,
    pub(super) since: u64,
    pub(super) mode: Mode,
}

/// The holds of one lock, each in a lane, which has one at a time.
#[derive(Default)]
pub(super) struct Holds {
    lanes: Vec<Option<Hold>>,
    free: BTreeSet<usize>,
    /// The lanes with holds of each thread, the latest last.
    of: HashMap<u32, Vec<usize>>,
    owned: Option<usize>,
}

impl Holds {
    /// A thread has the lock: in which lane. What cannot go on beside that is in `ended`.
    pub(super) fn acquire(&mut self, hold: Hold, ended: &mut Vec<(usize, Hold)>) -> usize {
        // Whoever has it lets go of it, whatever the trace says.
        if hold.mode == Mode::Exclusive || self.owned.is_some() {
            self.end_all(ended);
        }
        let lane = self.free.pop_first().unwrap_or_else(|| {
            self.lanes.push(None);
            self.lanes.len() - 1
        });
        self.lanes[lane] = Some(hold);
        self.of.entry(hold.thread).or_default().push(lane);
        self.owned = (hold.mode == Mode::Exclusive).then_some(lane);
        lane
    }

    /// The thread's latest hold of this mode is over.
    pub(super) fn release(&mut self, thread: u32, mode: Mode) -> Option<(usize, Hold)> {
        let own = self.of.get_mut(&thread)?;
        let lane = *own.last()?;
        let hold = self.lanes[lane].filter(|hold| hold.mode == mode)?;
        own.pop();
        if own.is_empty() {
            self.of.remove(&thread);
        }
        self.lanes[lane] = None;
        self.free.insert(lane);
        self.owned = None;
        Some((lane, hold))
    }

    pub(super) fn end_all(&mut self, ended: &mut Vec<(usize, Hold)>) {
        if self.of.is_empty() {
            return;
        }
        self.of.clear();
        self.owned = None;
        for (lane, hold) in self.lanes.iter_mut().enumerate() {
            if let Some(hold) = hold.take() {
                ended.push((lane, hold));
                self.free.insert(lane);
            }
        }
    }
}
