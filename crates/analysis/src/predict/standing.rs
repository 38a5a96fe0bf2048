//! Deadlocks that a trace ends in, though nobody says so: threads that have asked for locks which the others hold. Who waits in a
//! circle waits for ever, also where the last events of some threads are missing.

use std::collections::{BTreeMap, HashMap};

use threadlink_trace::Mode;

use super::Link;
use super::buckets::Buckets;
use super::sets::conflict;

/// What a thread has asked for when the trace ends.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) thread: u32,
    /// By its number in the table.
    pub(crate) lock: u32,
    pub(crate) mode: Mode,
    pub(crate) site: u32,
}

/// The circles, each thread in one at most. The order is that of [`Candidate::links`](super::Candidate): a link holds what the
/// one before it waits for.
pub(super) fn circles(buckets: &Buckets, asked: impl Iterator<Item = Asked>) -> Vec<Vec<Link>> {
    let asked: BTreeMap<u32, Asked> = asked.map(|asked| (asked.thread, asked)).collect();
    let mut holders: HashMap<u32, Vec<(u32, Mode, u32)>> = HashMap::new();
    for &thread in asked.keys() {
        for (lock, mode, site) in buckets.held_by(thread) {
            holders.entry(lock).or_default().push((thread, mode, site));
        }
    }
    // Of each thread, the first of those that keep it from going on and wait themselves; not itself, as other tools know locks
    // that a thread can have twice.
    let behind: BTreeMap<u32, Link> = asked
        .values()
        .filter_map(|own| {
            let keeps_out =
                |(thread, mode, _): &&(u32, Mode, u32)| *thread != own.thread && conflict(*mode, own.mode);
            let &(thread, held_mode, held_site) = holders.get(&own.lock)?.iter().find(keeps_out)?;
            let other = asked.get(&thread)?;
            let link = Link {
                thread,
                held: own.lock,
                held_mode,
                held_site,
                wanted: other.lock,
                wanted_mode: other.mode,
                wanted_site: other.site,
            };
            Some((own.thread, link))
        })
        .collect();
    let mut seen: HashMap<u32, u32> = HashMap::new();
    let mut circles = Vec::new();
    for (walk, &start) in (0..).zip(behind.keys()) {
        let mut at = start;
        while !seen.contains_key(&at)
            && let Some(next) = behind.get(&at)
        {
            seen.insert(at, walk);
            at = next.thread;
        }
        if seen.get(&at) != Some(&walk) {
            continue;
        }
        let mut circle = Vec::new();
        let end = at;
        while let Some(next) = behind.get(&at) {
            circle.push(*next);
            at = next.thread;
            if at == end {
                circles.push(circle);
                break;
            }
        }
    }
    circles
}
