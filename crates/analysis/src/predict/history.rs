//! What a check of a candidate needs to know of a run: [`History`]. Of each thread its critical sections, where it takes a lock as
//! a bucket of a candidate does, and what of other threads happened before its events.
//!
//! Not every section: a cut of the run ends, in each thread, at a *point*, that is before an event of a bucket, at something
//! that happens before an event of another thread, or at the release of a section with a point inside. Of the sections of one
//! lock between two points, only the last one tells more than those before it.

use threadlink_trace::Mode;
use threadlink_trace::hash::Map;

/// A section that its thread has not ended.
pub(super) const OPEN: u32 = u32::MAX;

/// From the acquire of a lock to its release, by the numbers of these among the thread's events.
#[derive(Clone, Copy)]
pub(super) struct Section {
    pub(super) acquire: u32,
    pub(super) release: u32,
    pub(super) lock: u32,
    /// The number of the acquire among all of this lock.
    pub(super) rank: u32,
    pub(super) site: u32,
    pub(super) mode: Mode,
}

/// The event of the thread with this number comes after that one of another thread.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) at: u32,
    pub(super) thread: u32,
    pub(super) source: u32,
}

/// An acquire of a bucket.
#[derive(Clone, Copy)]
pub(super) struct Instance {
    pub(super) at: u32,
    pub(super) site: u32,
}

/// A lock that a thread holds.
struct Held {
    section: Section,
    /// Its place in the line's sections, if there was a point in it.
    kept: Option<usize>,
}

/// What is known of one thread.
#[derive(Default)]
pub(super) struct Line {
    /// The number of its last event, from 1.
    now: u32,
    /// Ascending by acquire.
    pub(super) sections: Vec<Section>,
    /// Ascending.
    pub(super) edges: Vec<Edge>,
    held: Vec<Held>,
    /// The last section of each lock since the last point.
    fresh: Map<(u32, Mode), Section>,
}

#[derive(Default)]
pub(super) struct History {
    lines: Map<u32, Line>,
    instances: Map<u32, Vec<Instance>>,
    ranks: Map<u32, u32>,
    records: usize,
}

impl History {
    /// How much it remembers.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    pub(super) fn line(&self, thread: u32) -> Option<&Line> {
        self.lines.get(&thread)
    }

    pub(super) fn instances(&self, bucket: u32) -> &[Instance] {
        self.instances.get(&bucket).map_or(&[], Vec::as_slice)
    }

    /// The next event of a thread begins; its number. `None` if it has no more numbers.
    pub(super) fn event(&mut self, thread: u32) -> Option<u32> {
        let line = self.lines.entry(thread).or_default();
        line.now = line.now.checked_add(1).filter(|&now| now < OPEN)?;
        Some(line.now)
    }

    /// The number of the thread's last event.
    pub(super) fn now(&self, thread: u32) -> u32 {
        self.lines.get(&thread).map_or(0, |line| line.now)
    }

    /// The thread's present event is a point.
    pub(super) fn point(&mut self, thread: u32) {
        let Some(line) = self.lines.get_mut(&thread) else {
            return;
        };
        let before = line.sections.len();
        let held = line.held.iter_mut().filter(|held| held.kept.is_none());
        let mut batch: Vec<(Section, Option<&mut Held>)> =
            held.map(|held| (held.section, Some(held))).collect();
        batch.extend(line.fresh.drain().map(|(_, section)| (section, None)));
        batch.sort_unstable_by_key(|(section, _)| section.acquire);
        for (section, held) in batch {
            if let Some(held) = held {
                held.kept = Some(line.sections.len());
            }
            line.sections.push(section);
        }
        self.records += line.sections.len() - before;
    }

    /// The thread is about to do, in its next event, what this bucket does.
    pub(super) fn instance(&mut self, bucket: u32, thread: u32, site: u32) {
        let at = self.now(thread);
        self.records += 1;
        self.instances
            .entry(bucket)
            .or_default()
            .push(Instance { at, site });
    }

    /// The thread's present event comes after that of another one.
    pub(super) fn after(&mut self, thread: u32, (source_thread, source): (u32, u32)) {
        if source_thread == thread {
            return;
        }
        let Some(line) = self.lines.get_mut(&thread) else {
            return;
        };
        self.records += 1;
        line.edges.push(Edge {
            at: line.now,
            thread: source_thread,
            source,
        });
    }

    pub(super) fn acquired(&mut self, thread: u32, lock: u32, mode: Mode, site: u32) {
        let rank = self.ranks.entry(lock).or_default();
        *rank = rank.saturating_add(1);
        let rank = *rank;
        if mode == Mode::Exclusive {
            // One that is held already cannot be had again: the release is not in the trace.
            self.released(thread, lock, mode);
        }
        let Some(line) = self.lines.get_mut(&thread) else {
            return;
        };
        let section = Section {
            acquire: line.now,
            release: OPEN,
            lock,
            rank,
            site,
            mode,
        };
        line.held.push(Held { section, kept: None });
    }

    pub(super) fn released(&mut self, thread: u32, lock: u32, mode: Mode) {
        let Some(line) = self.lines.get_mut(&thread) else {
            return;
        };
        let is_it = |held: &Held| (held.section.lock, held.section.mode) == (lock, mode);
        let Some(at) = line.held.iter().rposition(is_it) else {
            return;
        };
        let Held { mut section, kept } = line.held.remove(at);
        section.release = line.now;
        match kept {
            None => {
                // Of reads within reads, that which began last ends first.
                let last = line.fresh.entry((lock, mode)).or_insert(section);
                if last.rank < section.rank {
                    *last = section;
                }
            }
            Some(place) => {
                line.sections[place].release = line.now;
                self.point(thread);
            }
        }
    }
}
