//! Live deadlocks: threads that wait for each other in a circle of traced locks and joins.
//!
//! A blocked thread waits for another one to do something:
//! - to get a lock alone, for its owner, or for each of those that hold it for reading;
//! - to get it for reading, for its owner, or, if it is held for reading, for a thread that waits to write: that one
//!   came first, and a lock that let readers pass would never let writers in;
//! - to join, for the thread that it joins.
//!
//! All of these have to happen, so a circle along any of them is a deadlock. [`search`] follows them from a thread
//! that begins to wait: the last to begin sees all the others' words (`Thread::wait_for` is sequentially consistent),
//! so no circle is missed. It costs O(threads) where only owners and joins are in the way. Where readers are, it takes
//! one look at the list of each thread; if there are more than a [`FEW`], a walk leaves that to a look at all that wait,
//! which comes soon after, once for all walks that left it.
//!
//! # From suspicion to verdict
//! What was followed was read at different moments, so it is a suspicion. It becomes a verdict if
//! 1. every thread of the circle has, after the whole walk, the step count that it had when it was passed: then
//!    there was one moment at which all of them waited as seen, and held for reading what they held; and
//! 2. the memory of each lock in it names the owner as its holder (`layout::lock::HOLDER`), or is that of the lock that the
//!    reader took (`layout::lock::INSTANCE`), and nobody has released it in another thread's name. So a lock whose
//!    address was reused, or a guard that was forgotten with its lock or handed to another thread, is not taken for held.
//!    Older modules count their readers (`layout::lock::READERS`).
//!
//! Two suspicions are looked at again later instead ([`Watch::look`], by whoever waits for the end of the run): still
//! the same, still waiting. One is of a module without holder words. The other has a reader that waits behind a writer,
//! who has said that it will wait but may not have reached the lock, however long ago that was. Of such a chain every
//! thread has to be asleep until another one wakes it, at both looks and all the time between them ([`Thread::nap`]).
//!
//! A lock whose owner, or reader, has died is never released: a chain that ends there is a deadlock as well. One whose
//! owner returned without releasing it (a forgotten guard) could still be released by somebody else, and is one only
//! when nothing moves any more. Waits for condition variables, and atomic waits of the program's own, are in no circle:
//! whoever runs may end them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use threadlink_trace::{Deadlock, Mode};

use crate::held::Holder;
use crate::hold::{Hold, edge};
use crate::memory::Memory;
use crate::readers::{Reader, Readers};
use crate::thread::{Thread, Wait};
use crate::verdict::{Suspicion, Verdict};
use crate::watch::Watch;

/// Threads that are looked through for readers at every attempt on a lock that is read. Where there are more, that would
/// cost a program with many threads at one lock too much: all attempts since the last look are looked at together.
const FEW: usize = 32;

/// Threads in all chains together that one search tells of. The first chain is all but always the verdict; a guest can
/// make as many others as it has pairs of threads, each as long as all of them.
const TOLD: usize = 1 << 16;

/// Why one thread waits for the next one.
#[derive(Clone, Copy)]
enum By {
    /// To join it; or this is where the walk began.
    Itself,
    /// For this lock, which the next one holds.
    Holds(Hold),
    /// To read what the next one wants to write.
    Queue,
}

/// One thread of a chain as it was seen.
#[derive(Clone)]
struct Link {
    thread: Arc<Thread>,
    steps: u64,
    waits: Option<Wait>,
    /// Why the one before waits for this thread.
    by: By,
}

/// How a chain ends.
enum Chain {
    Circle(Vec<Link>),
    Dead(Vec<Link>),
    Gone(Vec<Link>),
}

impl Chain {
    fn links(&self) -> &[Link] {
        let (Self::Circle(links) | Self::Dead(links) | Self::Gone(links)) = self;
        links
    }

    /// Whether it is true for sure if it is true of one moment.
    fn is_certain(&self) -> bool {
        !self.links().iter().any(|link| matches!(link.by, By::Queue))
    }

    /// Its threads and how far they were, in an order that does not depend on where the walk began.
    fn seen(&self) -> Vec<Seen> {
        let certain = self.is_certain();
        let seen = |link: &Link| {
            let needs_no_sleep = certain || !link.thread.is_running();
            Seen {
                thread: link.thread.id,
                steps: link.steps,
                nap: if needs_no_sleep {
                    Some(0)
                } else {
                    link.thread.nap()
                },
            }
        };
        let mut all: Vec<_> = self.links().iter().map(seen).collect();
        all.sort_unstable();
        all
    }
}

/// How far a thread of a suspected chain was.
///
/// ```
/// fn count(suspicions: &threadlink_watch::Suspicions) -> usize {
///     suspicions.iter().map(|chain: &Vec<threadlink_watch::Seen>| chain.len()).sum()
/// }
/// assert_eq!(count(&threadlink_watch::Suspicions::new()), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seen {
    thread: u32,
    steps: u64,
    /// Which time it was that it slept, if it has to; `None` if it did not.
    nap: Option<u64>,
}

/// What was suspected at a look: the threads of each chain, and how far they were.
///
/// ```
/// let nothing_so_far = threadlink_watch::Suspicions::new();
/// assert!(nothing_so_far.is_empty());
/// ```
pub type Suspicions = HashSet<Vec<Seen>>;

impl<M: Memory, C> Watch<M, C> {
    /// Looks for a deadlock through `thread`, which has just said what it waits for.
    pub(crate) fn suspect(&self, thread: &Arc<Thread>) -> Suspicion {
        if self.waits_for_one_that_runs(thread) {
            return Suspicion::default();
        }
        let mut suspicion = Suspicion::default();
        let readers = if self.threads.len() <= FEW {
            Readers::Unknown
        } else {
            Readers::Left(false)
        };
        let readers = search(self, [thread.clone()], readers, |chain| {
            if self.has_holder_words() && chain.is_certain() {
                suspicion.verdict = verdict(self, &chain, Moves::Something);
                return suspicion.verdict.is_some();
            }
            suspicion.later = true;
            false
        });
        suspicion.later |= matches!(readers, Readers::Left(true));
        suspicion
    }

    /// Whether the walk from this thread would be over with the next one, as nearly all are: that one waits for nobody, for
    /// which no tables need to be made.
    fn waits_for_one_that_runs(&self, thread: &Thread) -> bool {
        let waits_not = |next: &Thread| matches!(next.waits_for(), None | Some(Wait::Condvar { .. }));
        match thread.waits_for() {
            Some(Wait::Thread(id)) => {
                let next = self.threads.get(id);
                next.is_none_or(|next| !next.is_running() || waits_not(&next))
            }
            Some(Wait::Lock(lock, _)) => {
                let holder = self.holder(lock);
                let next = holder.and_then(|holder| self.threads.get(holder.thread));
                // Whether it has ended is asked last, as ever.
                next.is_some_and(|next| waits_not(&next) && next.is_running())
            }
            None | Some(Wait::Condvar { .. }) => false,
        }
    }

    /// Looks at all threads that wait: for a deadlock that is certain, or that was suspected at the look `before` as well,
    /// when nothing in it has moved since. Remembers in `before` what it suspects now.
    pub fn look(&self, before: &mut Suspicions) -> Option<Verdict> {
        let mut suspicions = Suspicions::new();
        let mut found = None;
        search(self, self.waiting(), Readers::Unknown, |chain| {
            let seen = chain.seen();
            let sleep = seen.iter().all(|one| one.nap.is_some());
            if (self.has_holder_words() && chain.is_certain()) || (sleep && before.contains(&seen)) {
                found = verdict(self, &chain, Moves::Something);
                return found.is_some();
            }
            suspicions.insert(seen);
            false
        });
        *before = suspicions;
        found
    }

    /// Looks for threads that can never go on because `ended` has died. Costs nothing where nobody uses traced locks; where
    /// many threads are, it is left to a look, once for all that have died before.
    pub fn after_end(&self, ended: &Thread) -> Suspicion {
        let mut suspicions = Suspicions::new();
        if !ended.has_died() || self.addresses.is_empty() {
            return Suspicion::default();
        }
        if self.threads.len() > FEW {
            return Suspicion {
                verdict: None,
                later: true,
            };
        }
        let verdict = self.look(&mut suspicions);
        let later = !suspicions.is_empty();
        Suspicion { verdict, later }
    }

    /// Looks for threads that wait in a circle, or for one that is gone, where nothing moves any more.
    pub(crate) fn still_circle(&self) -> Option<Verdict> {
        let mut found = None;
        search(self, self.waiting(), Readers::Unknown, |chain| {
            found = verdict(self, &chain, Moves::Nothing);
            found.is_some()
        });
        found
    }

    /// Of the threads that wait for the same, one each: they wait for the same threads.
    fn waiting(&self) -> Vec<Arc<Thread>> {
        let mut waits = HashSet::new();
        let mut threads = self.threads.running();
        threads.sort_by_key(|thread| thread.id);
        threads.retain(|thread| thread.waits_for().is_some_and(|wait| waits.insert(wait)));
        threads
    }
}

/// Whether any thread of the run can still do something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moves {
    Something,
    Nothing,
}

/// A thread that another one waits for.
struct Next {
    thread: Arc<Thread>,
    by: By,
    /// Its step count before it was seen to hold the lock or to wait for it.
    steps: Option<u64>,
}

/// Those that a thread waits for, one after the other: they may be as many as there are threads, on each of as many.
enum Following {
    /// At most one.
    One(Option<Next>),
    /// Those that hold this lock for reading, from this place on.
    Readers(u32, Rc<[Reader]>, usize),
}

impl Iterator for Following {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        match self {
            Self::One(next) => next.take(),
            Self::Readers(lock, readers, at) => {
                let reader = readers.get(*at)?;
                *at += 1;
                Some(Next {
                    thread: reader.thread.clone(),
                    by: By::Holds(Hold {
                        lock: *lock,
                        site: reader.site,
                        mode: Mode::Shared,
                    }),
                    steps: Some(reader.steps),
                })
            }
        }
    }
}

/// A thread on the way of a walk, and those that it waits for and that are still to be visited.
struct Visited {
    link: Link,
    next: Following,
}

/// Follows who waits for whom, depth first from each of `starts`, and gives each chain that closes or ends to `found`
/// until that says true. Returns what it came to know of readers. Takes time in proportion to the threads and to who waits
/// for whom, and for a bounded number of chains.
fn search<M: Memory, C>(
    watch: &Watch<M, C>,
    starts: impl IntoIterator<Item = Arc<Thread>>,
    mut readers: Readers,
    mut found: impl FnMut(Chain) -> bool,
) -> Readers {
    // For all starts together: what was followed from one of them need not be followed again.
    let mut seen: HashSet<u32> = HashSet::new();
    let mut way = Way::default();
    let mut left = TOLD;
    let mut starts = starts.into_iter().map(|thread| Next {
        thread,
        by: By::Itself,
        steps: None,
    });
    while let Some(next) = way.next().or_else(|| starts.next()) {
        if watch.is_over() || left == 0 {
            return readers;
        }
        if let Some(first) = way.position(next.thread.id) {
            let mut circle = way.from(first);
            circle[0].by = next.by;
            left = left.saturating_sub(circle.len());
            if next.steps.is_none_or(|steps| steps == circle[0].steps) && found(Chain::Circle(circle)) {
                return readers;
            }
            continue;
        }
        if !seen.insert(next.thread.id) {
            continue;
        }
        let thread = next.thread;
        let link = Link {
            steps: next.steps.unwrap_or_else(|| thread.steps()),
            waits: thread.waits_for(),
            by: next.by,
            thread,
        };
        // Ended or not, and how, is asked after what it held was seen.
        let (running, died) = (link.thread.is_running(), link.thread.has_died());
        if !running {
            // A finished thread ends a chain only if a lock led to it; a join of it is about to return.
            if matches!(link.by, By::Holds(_)) {
                let mut links = way.from(0);
                links.push(link);
                left = left.saturating_sub(links.len());
                if found(if died {
                    Chain::Dead(links)
                } else {
                    Chain::Gone(links)
                }) {
                    return readers;
                }
            }
            continue;
        }
        let next = waits_for(watch, link.waits, &mut readers);
        way.push(Visited { link, next });
    }
    readers
}

/// The threads between where a walk began and where it is.
#[derive(Default)]
struct Way {
    visited: Vec<Visited>,
    positions: HashMap<u32, usize>,
}

impl Way {
    fn push(&mut self, visited: Visited) {
        self.positions.insert(visited.link.thread.id, self.visited.len());
        self.visited.push(visited);
    }

    /// The next thread to visit: of the last one on the way that has any left.
    fn next(&mut self) -> Option<Next> {
        loop {
            match self.visited.last_mut()?.next.next() {
                Some(next) => return Some(next),
                None => {
                    let left = self.visited.pop()?;
                    self.positions.remove(&left.link.thread.id);
                }
            }
        }
    }

    fn position(&self, thread: u32) -> Option<usize> {
        self.positions.get(&thread).copied()
    }

    fn from(&self, first: usize) -> Vec<Link> {
        self.visited[first..]
            .iter()
            .map(|visited| visited.link.clone())
            .collect()
    }
}

/// The threads that one waits for that waits for this.
fn waits_for<M: Memory, C>(watch: &Watch<M, C>, wait: Option<Wait>, readers: &mut Readers) -> Following {
    let one = |thread, by| Next {
        thread,
        by,
        steps: None,
    };
    match wait {
        None | Some(Wait::Condvar { .. }) => Following::One(None),
        Some(Wait::Thread(id)) => {
            let thread = watch.threads.get(id);
            Following::One(thread.map(|thread| one(thread, By::Itself)))
        }
        Some(Wait::Lock(lock, mode)) => {
            if let Some(Holder { thread, site }) = watch.holder(lock) {
                let hold = Hold {
                    lock,
                    site,
                    mode: Mode::Exclusive,
                };
                // Joined long ago, with the lock still in its name.
                let gone = || Arc::new(Thread::long_gone(thread));
                let holder = watch.threads.get(thread).unwrap_or_else(gone);
                return Following::One(Some(one(holder, By::Holds(hold))));
            }
            if !watch.is_read(lock) {
                return Following::One(None);
            }
            match (readers.known(watch), mode) {
                (None, _) => Following::One(None),
                (Some(known), Mode::Exclusive) => {
                    known.holding(lock).map_or(Following::One(None), |readers| {
                        Following::Readers(lock, readers.clone(), 0)
                    })
                }
                (Some(known), Mode::Shared) => {
                    Following::One(known.wanting_to_write(lock).map(|writer| Next {
                        thread: writer.thread.clone(),
                        by: By::Queue,
                        steps: Some(writer.steps),
                    }))
                }
            }
        }
    }
}

/// The verdict, if the chain is true of one moment.
fn verdict<M: Memory, C>(watch: &Watch<M, C>, chain: &Chain, moves: Moves) -> Option<Verdict> {
    let links = chain.links();
    let stable = |link: &Link| link.thread.steps() == link.steps && link.thread.waits_for() == link.waits;
    if matches!(chain, Chain::Gone(_)) && moves == Moves::Something
        || !links.iter().all(|link| is_held(watch, link))
        || !links.iter().all(stable)
    {
        return None;
    }
    let hold_of = |link: &Link| match link.by {
        By::Holds(hold) => Some(hold),
        By::Itself | By::Queue => None,
    };
    let edges = links
        .iter()
        .map(|link| edge(&link.thread, link.waits, hold_of(link)));
    Some(Verdict {
        deadlock: Deadlock::new(edges.collect()),
        threads: links.iter().map(|link| link.thread.clone()).collect(),
    })
}

/// Whether the lock's own memory says that this thread holds it.
fn is_held<M: Memory, C>(watch: &Watch<M, C>, link: &Link) -> bool {
    let By::Holds(hold) = link.by else { return true };
    if !watch.has_holder_words() {
        return true;
    }
    match hold.mode {
        Mode::Exclusive => watch.names_holder(hold.lock, &link.thread),
        Mode::Shared => watch.names_reader(hold.lock, &link.thread),
    }
}
