//! The words for a deadlock: what ends a run, and stands in the report on a trace.

use std::collections::HashMap;
use std::fmt;

use super::names::LockOrigin;
use super::report::{DeadlockReport, ReportEdge, Waiting};
use crate::event::Mode;

impl fmt::Display for DeadlockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headline(f)?;
        let known: HashMap<u32, &LockOrigin> = self.locks.iter().map(|lock| (lock.address, lock)).collect();
        let labels = Labels(known);
        for (index, edge) in self.edges.iter().enumerate() {
            let next = &self.edges[(index + 1) % self.edges.len()];
            labels.edge(f, edge, next)?;
        }
        if self.more > 0 {
            writeln!(f, "  ({} threads more)", self.more)?;
        }
        for lock in &self.locks {
            if let Some(made) = &lock.made {
                writeln!(f, "  {lock} was made at {made}")?;
            }
        }
        Ok(())
    }
}

/// Locks as the text shows them, by their addresses.
struct Labels<'a>(HashMap<u32, &'a LockOrigin>);

impl Labels<'_> {
    fn of(&self, address: u32) -> String {
        let known = self.0.get(&address);
        known.map_or_else(|| format!("{address:#x}"), ToString::to_string)
    }

    /// The lines of one thread; `next` is the one that it waits for in a circle.
    fn edge(&self, f: &mut fmt::Formatter<'_>, edge: &ReportEdge, next: &ReportEdge) -> fmt::Result {
        write!(f, "  thread {} (id {})", edge.thread, edge.thread.id)?;
        if let Some(hold) = &edge.holds {
            let what_for = match hold.mode {
                None => "",
                Some(Mode::Shared) => " for reading",
                Some(Mode::Exclusive) => " for writing",
            };
            write!(f, "\n    holds lock {}{what_for}", self.of(hold.lock))?;
            if let Some(taken) = &hold.taken {
                write!(f, " taken at {taken}")?;
            }
        }
        match &edge.waits {
            Waiting::Lock(lock, _) => write!(f, "\n    waits for lock {}", self.of(*lock))?,
            Waiting::Read(lock, _) => write!(f, "\n    waits for lock {} for reading", self.of(*lock))?,
            Waiting::Write(lock, _) => write!(f, "\n    waits for lock {} for writing", self.of(*lock))?,
            Waiting::Condvar(condvar, _) => {
                write!(f, "\n    waits for condition variable {}", self.of(*condvar))?;
            }
            Waiting::Address(address, _) => write!(f, "\n    waits to be woken at address {address:#x}")?,
            Waiting::Thread(thread, _) => write!(f, "\n    waits for the end of thread {thread}")?,
            Waiting::Died => write!(f, "\n    has died, so what it holds is never released")?,
            Waiting::Never => write!(f, "\n    has returned without releasing the lock")?,
        }
        if let Some(site) = edge.waits.site() {
            write!(f, " at {site}")?;
        }
        if let Waiting::Read(lock, _) = edge.waits
            && next.holds.is_none()
            && matches!(next.waits, Waiting::Write(wanted, _) if wanted == lock)
        {
            write!(f, ", behind thread {}", next.thread)?;
        }
        writeln!(f)?;
        if edge.waits.site().is_none() {
            for line in edge.places.iter().flat_map(|place| place.lines()) {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

impl DeadlockReport {
    fn headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.edges.as_slice() {
            [_] if self.more == 0 && !self.is_chain() => {
                writeln!(
                    f,
                    "deadlock: the only thread left waits, and none is left to wake it"
                )
            }
            edges if !self.is_chain() => writeln!(
                f,
                "deadlock: all {} threads wait, and none is left to wake them",
                self.more.saturating_add(edges.len() as u64)
            ),
            [.., last] if matches!(last.waits, Waiting::Died | Waiting::Never) => {
                writeln!(f, "deadlock: a thread waits for a lock whose owner is gone")
            }
            [_] if self.more == 0 => writeln!(f, "deadlock: a thread waits for itself"),
            edges => writeln!(
                f,
                "deadlock: {} threads wait for each other, and none can go on",
                self.more.saturating_add(edges.len() as u64)
            ),
        }
    }

    /// Whether each thread waits for what the next one has, and the last one for what the first one has, or it is gone.
    /// Otherwise these are all threads that are left.
    fn is_chain(&self) -> bool {
        let [first, ..] = self.edges.as_slice() else {
            return false;
        };
        let ends =
            |last: &ReportEdge| matches!(last.waits, Waiting::Died | Waiting::Never) || leads(last, first);
        self.more == 0
            && self.edges.windows(2).all(|pair| leads(&pair[0], &pair[1]))
            && self.edges.last().is_some_and(ends)
    }
}

/// Whether a thread waits for what another one has, or behind it.
fn leads(edge: &ReportEdge, next: &ReportEdge) -> bool {
    let holds = |lock: u32| next.holds.as_ref().is_some_and(|hold| hold.lock == lock);
    match &edge.waits {
        Waiting::Lock(lock, _) | Waiting::Write(lock, _) => holds(*lock),
        Waiting::Read(lock, _) => {
            holds(*lock) || matches!(next.waits, Waiting::Write(wanted, _) if wanted == *lock)
        }
        Waiting::Thread(thread, _) => thread.id == next.thread.id,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadlock::names::Names;
    use crate::deadlock::record::{Deadlock, DeadlockEdge, HeldLock, Waits};
    use crate::site::Site;

    /// The main thread has a name, lock 1 too, lock 2 was read, and site N is line N of a file.
    struct Known;

    impl Names for Known {
        fn thread_name(&self, thread: u32) -> Option<String> {
            (thread == 0).then(|| "main\u{7}".to_owned())
        }

        fn has_died(&self, thread: u32) -> bool {
            thread == 9
        }

        fn lock(&self, address: u32) -> LockOrigin {
            let mut origin = LockOrigin::new(address);
            if address == 1 {
                origin.name = Some("first".into());
                origin.made = self.site(5);
            }
            origin
        }

        fn was_read(&self, lock: u32) -> bool {
            lock == 2
        }

        fn site(&self, address: u32) -> Option<Site> {
            (address != 0).then(|| Site::new(address, "a.rs", address, 1))
        }
    }

    fn lock(lock: u32, site: u32, mode: Mode) -> Waits {
        Waits::Lock { lock, site, mode }
    }

    fn report(edges: &[(u32, Option<HeldLock>, Waits)]) -> DeadlockReport {
        let edges = edges
            .iter()
            .map(|&(thread, holds, waits)| DeadlockEdge::new(thread, holds, waits));
        DeadlockReport::resolve(&Deadlock::new(edges.collect()), &Known)
    }

    fn held(lock: u32, site: u32, mode: Mode) -> Option<HeldLock> {
        Some(HeldLock::new(lock, site, mode))
    }

    #[test]
    fn threads_that_do_not_wait_for_each_other_are_all_that_are_left() {
        let alone = Mode::Exclusive;
        for edges in [
            // Nobody of them has what the other one wants.
            [(0, None, lock(4, 0, alone)), (7, None, lock(5, 0, alone))],
            // The chain does not close.
            [
                (0, None, Waits::Thread { thread: 7, site: 0 }),
                (7, None, lock(5, 0, alone)),
            ],
            [
                (0, held(4, 0, alone), lock(5, 0, alone)),
                (7, held(6, 0, alone), lock(4, 0, alone)),
            ],
        ] {
            let text = report(&edges).to_string();
            assert!(text.starts_with("deadlock: all 2 threads wait,"), "{text}");
        }
        let text = report(&[(3, None, lock(4, 0, alone))]).to_string();
        assert!(
            text.starts_with("deadlock: the only thread left waits,"),
            "{text}"
        );
    }

    #[test]
    fn a_circle_names_threads_locks_and_places() {
        let (alone, shared) = (Mode::Exclusive, Mode::Shared);
        let report = report(&[
            (0, held(1, 3, alone), lock(2, 4, alone)),
            (7, held(2, 0, alone), lock(3, 0, shared)),
            (8, None, lock(3, 6, alone)),
            (6, held(3, 0, shared), Waits::Thread { thread: 0, site: 8 }),
        ]);
        assert_eq!(
            report.to_string(),
            "deadlock: 4 threads wait for each other, and none can go on\n  \
             thread 'main\\u{7}' (id 0)\n    holds lock first 0x1 taken at a.rs:3:1\n    \
             waits for lock 0x2 for writing at a.rs:4:1\n  \
             thread #7 (id 7)\n    holds lock 0x2 for writing\n    \
             waits for lock 0x3 for reading, behind thread #8\n  \
             thread #8 (id 8)\n    waits for lock 0x3 for writing at a.rs:6:1\n  \
             thread #6 (id 6)\n    holds lock 0x3 for reading\n    \
             waits for the end of thread 'main\\u{7}' at a.rs:8:1\n  \
             first 0x1 was made at a.rs:5:1\n"
        );
        let addresses: Vec<u32> = report.locks.iter().map(|lock| lock.address).collect();
        assert_eq!(addresses, [1, 2, 3]);
    }

    #[test]
    fn whoever_is_gone_has_died_or_returned() {
        let alone = Mode::Exclusive;
        for (gone, says) in [(9, "has died"), (4, "has returned without releasing")] {
            let waits = lock(1, 0, alone);
            let text = report(&[(0, None, waits), (gone, held(1, 0, alone), Waits::Dead)]).to_string();
            assert!(text.starts_with("deadlock: a thread waits for a lock whose owner is gone\n"));
            assert!(text.contains(says), "{text}");
        }
        let itself = report(&[(0, held(1, 0, alone), lock(1, 0, alone))]).to_string();
        assert!(itself.starts_with("deadlock: a thread waits for itself\n"));
    }

    #[test]
    fn who_waits_where_no_hook_tells_is_shown_by_a_backtrace() {
        let address = |site| Waits::Address { address: 0x40, site };
        let mut report = report(&[(0, None, address(0)), (1, None, address(2))]);
        for edge in &mut report.edges {
            edge.places = vec!["0: park\n     at b.rs:1:1".to_owned(), "1: main".to_owned()];
        }
        assert_eq!(
            report.to_string(),
            "deadlock: all 2 threads wait, and none is left to wake them\n  \
             thread 'main\\u{7}' (id 0)\n    waits to be woken at address 0x40\n    \
             0: park\n         at b.rs:1:1\n    1: main\n  \
             thread #1 (id 1)\n    waits to be woken at address 0x40 at a.rs:2:1\n"
        );
        assert!(report.locks.is_empty());
    }

    #[test]
    fn threads_that_are_not_shown_are_counted() {
        let condvar = Waits::Condvar { condvar: 1, site: 0 };
        let record = Deadlock::new(vec![DeadlockEdge::new(3, None, condvar)]);
        let only = DeadlockReport::resolve(&record, &Known).to_string();
        assert!(only.starts_with("deadlock: the only thread left waits, and none is left to wake it\n"));
        let text = DeadlockReport::resolve(&record.and_more(70), &Known).to_string();
        assert!(text.starts_with("deadlock: all 71 threads wait, and none is left to wake them\n"));
        assert!(text.contains("\n  (70 threads more)\n"), "{text}");
    }
}
