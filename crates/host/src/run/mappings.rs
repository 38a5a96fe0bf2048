//! The mappings of the process. Linux allows it a number of them (`vm.max_map_count`, 65,530 unless told otherwise), and a
//! thread takes six or more: its stack, std's signal stack and the engine's, each with a guard.
//!
//! Looking how many there are takes the longer the more there are, so it is done seldom: the threads since the last look are
//! counted, and assumed to take a little more than they do.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};

use parking_lot::Mutex;

/// Mappings that a thread takes at most: those of its stacks, and one of the allocator's arenas.
const EACH: usize = 8;

/// Mappings that are left to all others, who could not say that there are none: big allocations, the engine's compiler.
const SLACK: usize = 2048;

/// Of all runs of this process.
static BOOK: Mutex<Book> = Mutex::new(Book::new());

/// The share of one thread, which has it from before its start until its end.
#[derive(Debug)]
pub(crate) struct Mapped {
    is_up: bool,
}

impl Mapped {
    /// A share, if there is one left.
    pub(super) fn take() -> Option<Self> {
        let is_there = BOOK.lock().take(look);
        is_there.then(|| Self { is_up: false })
    }

    /// The thread has taken all that it takes: the next look sees it.
    pub(super) fn comes_up(&mut self) {
        if !std::mem::replace(&mut self.is_up, true) {
            BOOK.lock().coming_up -= 1;
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        self.comes_up();
        BOOK.lock().ended += 1;
    }
}

/// What a look shows.
#[derive(Clone, Copy)]
struct Seen {
    mappings: usize,
    limit: usize,
}

/// What is known of the mappings.
struct Book {
    /// What the last look showed.
    seen: Option<Seen>,
    /// Threads that it did not show, or not all of what they take.
    since: usize,
    /// Threads that have not taken yet what they take.
    coming_up: usize,
    /// Threads that have ended, ever.
    ended: u64,
    /// The value of `ended` when a look showed that there is no room, and nobody was coming up: it is the same as long as
    /// nobody ends.
    full_at: Option<u64>,
}

impl Book {
    const fn new() -> Self {
        Self {
            seen: None,
            since: 0,
            coming_up: 0,
            ended: 0,
            full_at: None,
        }
    }

    /// Counts one more thread, if there is room for it. Where nobody can look there is no limit.
    fn take(&mut self, look: impl FnOnce() -> Option<Seen>) -> bool {
        if !self.has_room() {
            if self.full_at == Some(self.ended) {
                return false;
            }
            self.seen = look();
            self.since = self.coming_up;
            if self.seen.is_some() && !self.has_room() {
                self.full_at = (self.coming_up == 0).then_some(self.ended);
                return false;
            }
        }
        self.full_at = None;
        self.since += 1;
        self.coming_up += 1;
        true
    }

    fn has_room(&self) -> bool {
        self.seen.is_some_and(|seen| {
            let taken = (self.since + 1).saturating_mul(EACH).saturating_add(SLACK);
            seen.mappings.saturating_add(taken) <= seen.limit
        })
    }
}

/// The mappings of this process, and how many it may have; `None` on systems that do not say.
fn look() -> Option<Seen> {
    let limit = fs::read_to_string("/proc/sys/vm/max_map_count").ok()?;
    let limit = limit.trim().parse().ok()?;
    let mut maps = BufReader::new(File::open("/proc/self/maps").ok()?);
    let mut mappings = 0;
    while maps.skip_until(b'\n').ok()? > 0 {
        mappings += 1;
    }
    Some(Seen { mappings, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process with this many mappings of its own besides six for each thread of `threads`.
    fn seen(own: usize, threads: usize) -> Option<Seen> {
        Some(Seen {
            mappings: own + 6 * threads,
            limit: 65_530,
        })
    }

    fn all_up(book: &mut Book) {
        book.coming_up = 0;
    }

    #[test]
    fn there_are_ten_thousand_threads_before_it_is_full_and_few_looks() {
        let (mut book, mut threads, mut looks) = (Book::new(), 0, 0);
        while book.take(|| {
            looks += 1;
            seen(500, threads)
        }) {
            all_up(&mut book);
            threads += 1;
        }
        // The last one has to fit with all that it is assumed to take.
        assert_eq!(threads, (65_530 - SLACK - 500 - EACH) / 6 + 1);
        assert!(looks < 12, "{looks}");
    }

    #[test]
    fn who_is_coming_up_counts_as_not_seen() {
        let (mut book, mut threads) = (Book::new(), 0);
        // None of them has taken anything yet.
        while book.take(|| seen(500, 0)) {
            threads += 1;
        }
        assert_eq!(threads, (65_530 - SLACK - 500) / EACH);
    }

    #[test]
    fn a_full_process_is_looked_at_again_only_after_an_end() {
        let mut book = Book::new();
        assert!(!book.take(|| seen(64_000, 0)));
        assert!(!book.take(|| panic!("nothing has changed")));
        book.ended += 1;
        assert!(book.take(|| seen(60_000, 0)));
    }

    #[test]
    fn where_nobody_says_there_is_no_limit() {
        let mut book = Book::new();
        assert!((0..100_000).all(|_| book.take(|| None)));
    }

    #[test]
    fn this_system_says() {
        assert_eq!(look().is_some(), cfg!(target_os = "linux"));
    }
}
