//! What the numbers of a verdict mean, as the guest's memory and the tables of the run tell it.

use threadlink_abi::made::is_of_std;
use threadlink_trace::{LockOrigin, Names, Site};

use crate::guest::descriptor::LocationLayout;
use crate::guest::origin::{self, OriginWords};
use crate::guest::site;
use crate::memory::Memory;
use crate::places::Places;
use crate::verdict::Verdict;
use crate::watch::Watch;

impl<M: Memory, C> Watch<M, C> {
    /// Names for the numbers of a verdict, for [`DeadlockReport::resolve`](threadlink_trace::DeadlockReport::resolve).
    pub fn names_for<'a>(&'a self, verdict: &'a Verdict) -> impl Names + 'a {
        Known { watch: self, verdict }
    }

    /// What the lock or condition variable at this address is called, and where it was made, if that is not in std's source.
    #[must_use]
    pub fn lock(&self, address: u32) -> LockOrigin {
        let words = self
            .has_holder_words()
            .then(|| OriginWords::of(&self.memory, address))
            .flatten();
        let mut known = LockOrigin::new(address);
        if let Some(words) = words {
            known.name = origin::name(&self.memory, address).map(Into::into);
            known.made = match self.is_of_std(words.made) {
                true => None,
                false => self.site(words.made),
            };
        }
        known
    }

    /// What a site means: a `Location` in the guest's memory, or one of the [`places`](Self::places).
    #[must_use]
    pub fn site(&self, address: u32) -> Option<Site> {
        let known = self.places.get(address);
        known.or_else(|| site::read(&self.memory, self.location_layout(), address))
    }

    /// Whether this site is in the source of the standard library. One that the host has given is the program's, whatever that calls
    /// its folders.
    pub(crate) fn is_of_std(&self, site: u32) -> bool {
        !Places::may_have(site) && self.site(site).is_some_and(|site| is_of_std(&site.file))
    }

    /// How the guest's compiler lays source locations out, if that is known.
    #[must_use]
    pub fn location_layout(&self) -> Option<LocationLayout> {
        self.descriptor()?.location
    }
}

/// What a run knows of the threads of a verdict, and of all else by its tables.
struct Known<'a, M, C> {
    watch: &'a Watch<M, C>,
    /// Has its threads, for one that has ended may be joined and forgotten at any time.
    verdict: &'a Verdict,
}

impl<M: Memory, C> Names for Known<'_, M, C> {
    fn thread_name(&self, thread: u32) -> Option<String> {
        match self.verdict.threads.iter().find(|known| known.id == thread) {
            Some(known) => known.name(),
            None => self.watch.threads.get(thread)?.name(),
        }
    }

    fn has_died(&self, thread: u32) -> bool {
        let mut threads = self.verdict.threads.iter();
        threads.any(|known| known.id == thread && known.has_died())
    }

    fn lock(&self, address: u32) -> LockOrigin {
        self.watch.lock(address)
    }

    fn was_read(&self, lock: u32) -> bool {
        self.watch.was_read(lock)
    }

    fn site(&self, address: u32) -> Option<Site> {
        self.watch.site(address)
    }
}
