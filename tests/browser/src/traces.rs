//! Traces for pages to show: written by hand, so that it is known what is in them.

use threadlink_trace::{AcquireOp, EndKind, EventKind, Mode, Recorder, Trace, TraceWriter};

const MODE: Mode = Mode::Exclusive;

/// What a name or a file of a hostile guest may be: it ends scripts, begins comments, makes elements, has no end.
pub const HOSTILE: [&str; 6] = [
    "</script><img src=x onerror=\"document.title='owned'\">",
    "<!--<script>",
    "\"><svg onload=\"document.title='owned'\">",
    "{{data}}{{script}}",
    "\u{202e}\u{2028}\u{0}\u{1b}[2J",
    "../../../../etc/passwd",
];

fn written(write: impl FnOnce(&TraceWriter)) -> Trace {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.trace");
    let writer = TraceWriter::create(&path).expect("a trace");
    write(&writer);
    writer.finish().expect("a whole trace");
    Trace::open(&path).expect("a trace that can be read")
}

/// One thread that takes locks.
struct Thread {
    recorder: Recorder,
    now: u64,
}

impl Thread {
    fn new(writer: &TraceWriter, id: u32, now: u64) -> Self {
        let recorder = writer.recorder(id);
        recorder.record(now, EventKind::Start);
        Self { recorder, now }
    }

    fn event(&mut self, after: u64, kind: EventKind) {
        self.now += after;
        self.recorder.record(self.now, kind);
    }

    /// Takes a lock after so long a wait, if it waits.
    fn lock(&mut self, lock: u32, site: u32, wait: Option<u64>) {
        let contended = wait.is_some();
        let request = EventKind::Request {
            lock,
            site,
            contended,
            mode: MODE,
        };
        self.event(10, request);
        let acquire = EventKind::Acquire {
            lock,
            site,
            op: AcquireOp::Blocking,
            mode: MODE,
        };
        self.event(wait.unwrap_or(20), acquire);
    }

    fn unlock(&mut self, lock: u32, after: u64) {
        self.event(after, EventKind::Release { lock, mode: MODE });
    }

    fn end(&mut self) {
        self.event(
            10,
            EventKind::End {
                how: EndKind::Returned,
            },
        );
    }
}

/// Two threads, one after the other, that take two locks in opposite order; twelve locks that were made at one place; waits for a
/// condition variable and for a thread.
#[must_use]
pub fn sample() -> Trace {
    let [accounts, journal, first]: [u32; 3] = [0x100, 0x200, 0x1000];
    written(|writer| {
        for (id, name) in [(0, "main"), (1, "left"), (2, "right")] {
            writer.define_thread(id, Some(name), (id > 0).then_some(0));
        }
        for (site, line) in (1..).zip([10, 11, 3, 4, 5, 6, 7, 12]) {
            writer.define_site(site, "src/transfer.rs", line, 9);
        }
        writer.define_lock(accounts, 0, 1, Some("accounts"));
        writer.define_lock(journal, 0, 2, Some("journal"));
        for lock in 0..12 {
            writer.define_lock(first + lock * 16, 0, 8, None);
        }
        let mut main = Thread::new(writer, 0, 100);
        main.event(100, EventKind::Fork { child: 1 });
        main.event(100, EventKind::Fork { child: 2 });
        main.event(100, EventKind::JoinRequest { child: 1, site: 7 });
        let mut left = Thread::new(writer, 1, 250);
        left.lock(accounts, 3, None);
        left.lock(journal, 4, None);
        left.unlock(journal, 5_000_000);
        left.unlock(accounts, 100);
        for lock in 0..12 {
            left.lock(first + lock * 16, 3, Some(100 + u64::from(lock) * 10));
            left.unlock(first + lock * 16, 1_000);
        }
        left.end();
        let mut right = Thread::new(writer, 2, 350);
        right.lock(journal, 5, Some(5_000_000));
        right.lock(accounts, 6, None);
        right.unlock(accounts, 2_000_000);
        right.unlock(journal, 300);
        right.end();
        main.now = left.now.max(right.now);
        let join = EventKind::Join {
            child: 1,
            reaped: false,
            failed: false,
        };
        main.event(50, join);
        main.end();
    })
}

/// A deadlock-free program that calls its threads, locks and files by each of [`HOSTILE`].
#[must_use]
pub fn hostile() -> Trace {
    written(|writer| {
        for (id, name) in (0..).zip(HOSTILE) {
            writer.define_thread(id, Some(name), None);
            writer.define_site(id + 1, name, u32::MAX, 0);
            writer.define_lock(0x100 + id * 16, 0, id + 1, Some(name));
            let mut thread = Thread::new(writer, id, 100 + u64::from(id));
            for (lock, next) in [(0, 1), (1, 0), (2, 3)] {
                let [lock, next] = [lock, next].map(|at| 0x100 + ((at + id) % 6) * 16);
                thread.now = thread.now.next_multiple_of(1_000) + u64::from(id) * 10_000;
                thread.lock(lock, id + 1, None);
                thread.lock(next, id + 1, None);
                thread.unlock(next, 100);
                thread.unlock(lock, 100);
            }
            thread.end();
        }
    })
}

/// So many events of 40 threads over 3,000 locks, 20 of which they wait for, with names that take much room.
#[must_use]
pub fn large(events: u64) -> Trace {
    let [count, locks, hot]: [u32; 3] = [40, 3_000, 20];
    written(|writer| {
        for lock in 0..locks {
            let name = format!(
                "a lock with quite a long name, as generic types have: {lock} {}",
                "<Vec<T>>".repeat(16)
            );
            writer.define_lock(0x1_0000 + lock * 8, 0, lock % 500, Some(&name));
        }
        for site in 1..500 {
            writer.define_site(
                site,
                &format!("src/{}/file_{site}.rs", "folder/".repeat(12)),
                site,
                5,
            );
        }
        let mut main = Thread::new(writer, 0, 100);
        for child in 1..=count {
            main.event(10, EventKind::Fork { child });
        }
        let mut threads: Vec<Thread> = (1..=count).map(|id| Thread::new(writer, id, 1_000)).collect();
        let mut free = vec![0u64; locks as usize];
        let mut state = 1u64;
        // Request, acquire and release each.
        for _ in 0..events / 3 {
            // Numbers that look like none: xorshift.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let most = if state.is_multiple_of(3) { hot } else { locks };
            let lock = (state >> 8) as u32 % most;
            let site = 1 + (state >> 20) as u32 % 499;
            // Whoever comes first is the next one: so a lock is free at once, or once who has it is through.
            let next = threads
                .iter_mut()
                .min_by_key(|thread| thread.now)
                .expect("there are some");
            let free = &mut free[lock as usize];
            let wait = free.checked_sub(next.now + 10).map(|wait| wait + 5);
            next.lock(0x1_0000 + lock * 8, site, wait);
            next.unlock(0x1_0000 + lock * 8, 50 + (state >> 40) % 2_000);
            *free = next.now;
            next.now += (state >> 50) % 4_000;
        }
        for thread in &mut threads {
            thread.end();
        }
        main.now = threads.iter().map(|thread| thread.now).max().unwrap_or(0);
        main.end();
    })
}
