//! Whether a candidate is a deadlock that another schedule of the same run meets: [`Check`].
//!
//! A *cut* says of each thread how many of its events have happened. It is closed if it holds, with each event, what happened
//! before that, and if of the sections in it that exclude each other all but the last are ended, where the order is that of the
//! trace. The events of a closed cut can happen in the order of the trace, whatever else does not. So if the least closed cut in
//! which each thread of the candidate stands before its acquire holds none of these acquires, all of them wait for each other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use threadlink_trace::Mode;

use super::buckets::Buckets;
use super::cycles::Cycle;
use super::history::{History, Instance, OPEN, Section};
use threadlink_trace::hash::Map;

/// What became of a candidate.
pub(super) enum Verdict {
    /// These acquires wait for each other after some cut.
    Predicted(Vec<Instance>),
    /// No sync-preserving reordering of the events so far leads there.
    Rejected,
}

/// Checks candidates, and counts what it has looked at for that.
pub(super) struct Check<'a> {
    history: &'a History,
    pub(super) looks: u64,
}

impl<'a> Check<'a> {
    pub(super) fn new(history: &'a History) -> Self {
        Self { history, looks: 0 }
    }

    pub(super) fn of(&mut self, buckets: &Buckets, cycle: &Cycle) -> Verdict {
        let mut cut = Cut::default();
        let mut cursors = vec![0; cycle.len()];
        loop {
            let mut stand = Vec::with_capacity(cycle.len());
            for (&bucket, &cursor) in cycle.iter().zip(&cursors) {
                match self.history.instances(bucket).get(cursor) {
                    Some(&instance) => stand.push(instance),
                    None => return Verdict::Rejected,
                }
            }
            let thread = |at: usize| buckets.all[cycle[at] as usize].thread;
            for (at, instance) in stand.iter().enumerate() {
                cut.work.push((thread(at), instance.at - 1));
            }
            let closed = cut.close(self.history);
            self.looks += std::mem::take(&mut cut.looks);
            if !closed {
                return Verdict::Rejected;
            }
            let mut advanced = false;
            for (at, cursor) in cursors.iter_mut().enumerate() {
                let end = cut.end(thread(at));
                let instances = &self.history.instances(cycle[at])[*cursor..];
                let passed = instances.partition_point(|instance| instance.at <= end);
                *cursor += passed;
                advanced |= passed > 0;
            }
            if !advanced {
                return Verdict::Predicted(stand);
            }
        }
    }
}

/// How far a cut goes in one thread, and which of its edges and sections are in.
#[derive(Clone, Copy, Default)]
struct Front {
    end: u32,
    edges: usize,
    sections: usize,
}

/// Of one lock, the sections in a cut that may be the last one.
#[derive(Default)]
struct Users {
    last: u32,
    /// The last that had it alone: rank, thread, release.
    alone: Option<(u32, u32, u32)>,
    /// Those that read it after that, the first on top.
    reads: BinaryHeap<Reverse<(u32, u32, u32)>>,
}

#[derive(Default)]
struct Cut {
    fronts: Map<u32, Front>,
    users: Map<u32, Users>,
    /// Threads, and how far the cut has to go in them.
    work: Vec<(u32, u32)>,
    looks: u64,
}

impl Cut {
    fn end(&self, thread: u32) -> u32 {
        self.fronts.get(&thread).map_or(0, |front| front.end)
    }

    /// Makes it closed; whether that is possible.
    fn close(&mut self, history: &History) -> bool {
        while let Some((thread, end)) = self.work.pop() {
            if end == OPEN {
                return false;
            }
            let front = self.fronts.entry(thread).or_default();
            let Some(line) = history.line(thread).filter(|_| front.end < end) else {
                continue;
            };
            front.end = end;
            let edges = line.edges[front.edges..].iter().take_while(|edge| edge.at <= end);
            for edge in edges {
                front.edges += 1;
                self.work.push((edge.thread, edge.source));
            }
            let from = front.sections;
            let entering = line.sections[from..]
                .iter()
                .take_while(|section| section.acquire <= end);
            let mut entered = 0;
            for section in entering {
                entered += 1;
                self.users
                    .entry(section.lock)
                    .or_default()
                    .enter(thread, section, &mut self.work);
            }
            front.sections += entered;
            self.looks += 1 + entered as u64;
        }
        true
    }
}

impl Users {
    fn enter(&mut self, thread: u32, section: &Section, work: &mut Vec<(u32, u32)>) {
        let own = (section.rank, thread, section.release);
        let alone = self.alone.map_or(0, |(rank, ..)| rank);
        let mut end = |(_, thread, release): (u32, u32, u32)| work.push((thread, release));
        match section.mode {
            Mode::Exclusive => {
                while let Some(&Reverse(read)) = self.reads.peek()
                    && read.0 < section.rank
                {
                    end(read);
                    self.reads.pop();
                }
                if self.last > section.rank {
                    end(own);
                }
                if alone < section.rank {
                    self.alone.replace(own).into_iter().for_each(end);
                }
            }
            Mode::Shared => {
                if alone > section.rank {
                    end(own);
                } else {
                    self.alone.into_iter().for_each(end);
                    self.reads.push(Reverse(own));
                }
            }
        }
        self.last = self.last.max(section.rank);
    }
}
