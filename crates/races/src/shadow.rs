//! What is remembered of accesses, by address: for each granule of eight bytes the records that a later access could race with.

use std::ops::Range;

use crate::access::Record;
use crate::clock::Clock;

/// Bytes of a granule.
const GRANULE: u32 = 8;
/// Granules of a page.
const GRANULES: usize = 512;
/// Bytes of a page.
pub(crate) const PAGE: u64 = GRANULE as u64 * GRANULES as u64;

/// A granule: as a rule it has one record or none.
#[derive(Debug, Clone, Default)]
struct Granule {
    first: Option<Record>,
    #[expect(
        clippy::box_collection,
        reason = "few have more, and there are very many granules"
    )]
    more: Option<Box<Vec<Record>>>,
}

/// A page of them.
#[derive(Debug, Default)]
enum Page {
    #[default]
    Nothing,
    /// Each granule was accessed by this and nothing else.
    Whole(Record),
    Granules(Box<[Granule]>),
}

/// All that is remembered.
#[derive(Debug, Default)]
pub(crate) struct Shadow {
    pages: Vec<Page>,
    bytes: usize,
}

impl Granule {
    /// Adds a record; returns one that it races with, if there is such. `bytes` counts what that takes.
    fn access(&mut self, new: Record, clock: &Clock, bytes: &mut usize) -> Option<Record> {
        let mut races = None;
        let mut known = false;
        let mut look = |old: &mut Record| {
            let shared = old.mask & new.mask;
            if shared == 0 {
                return true;
            }
            let own = old.slot == new.slot;
            if own && old.epoch == new.epoch && old.access.covers(new.access) && shared == new.mask {
                known = true;
                return true;
            }
            let ordered = own || clock.get(old.slot.index()) >= old.epoch;
            if !ordered && old.access.conflicts(new.access) {
                races = races.or(Some(*old));
            } else if !ordered {
                return true;
            }
            // Told once, it is past.
            if new.access.covers(old.access) {
                old.mask &= !new.mask;
            }
            old.mask != 0
        };
        if let Some(first) = &mut self.first
            && !look(first)
        {
            self.first = None;
        }
        if let Some(more) = &mut self.more {
            more.retain_mut(look);
            if self.first.is_none() {
                self.first = more.pop();
            }
            if more.is_empty() {
                self.more = None;
                *bytes = bytes.saturating_sub(size_of::<Vec<Record>>());
            }
        }
        if known {
            return races;
        }
        if self.first.is_none() {
            self.first = Some(new);
        } else {
            let more = self.more.get_or_insert_with(|| {
                *bytes += size_of::<Vec<Record>>();
                Box::default()
            });
            let before = more.capacity();
            more.push(new);
            *bytes += (more.capacity() - before) * size_of::<Record>();
        }
        races
    }
}

/// The granules of this page that are in the range, and the mask of its bytes in each.
fn parts(page: u64, range: &Range<u64>) -> impl Iterator<Item = (usize, u8)> + use<> {
    let start = range.start.max(page * PAGE);
    let end = range.end.min((page + 1) * PAGE);
    let granule = u64::from(GRANULE);
    (start / granule..end.div_ceil(granule)).map(move |at| {
        let from = start.max(at * granule) - at * granule;
        let to = end.min((at + 1) * granule) - at * granule;
        let mask = ((1_u32 << to) - (1_u32 << from)) as u8;
        ((at % GRANULES as u64) as usize, mask)
    })
}

impl Shadow {
    /// Bytes that all of it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.pages.len() * size_of::<Page>()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn page(&mut self, page: u64) -> Option<&mut Page> {
        let page = usize::try_from(page).ok()?;
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, Page::default);
        }
        self.pages.get_mut(page)
    }

    /// The granules of a page, one by one.
    fn granules<'a>(page: &'a mut Page, bytes: &mut usize) -> &'a mut [Granule] {
        if !matches!(page, Page::Granules(_)) {
            let first = match page {
                Page::Whole(record) => Some(*record),
                _ => None,
            };
            *bytes += GRANULES * size_of::<Granule>();
            *page = Page::Granules(vec![Granule { first, more: None }; GRANULES].into());
        }
        match page {
            Page::Granules(granules) => granules,
            _ => &mut [],
        }
    }

    /// Some bytes are accessed: `record` says how, but for its mask. Returns the first that race, and with what.
    pub(crate) fn access(
        &mut self,
        range: Range<u64>,
        record: Record,
        clock: &Clock,
    ) -> Option<(u32, Record)> {
        let mut found = None;
        if range.is_empty() {
            return None;
        }
        let mut bytes = self.bytes;
        for number in range.start / PAGE..range.end.div_ceil(PAGE) {
            let Some(page) = self.page(number) else { break };
            let all = range.start <= number * PAGE && range.end >= (number + 1) * PAGE;
            if all && matches!(page, Page::Nothing) {
                *page = Page::Whole(Record { mask: 0xFF, ..record });
                continue;
            }
            let granules = Self::granules(page, &mut bytes);
            for (at, mask) in parts(number, &range) {
                let Some(granule) = granules.get_mut(at) else {
                    continue;
                };
                let raced = granule.access(Record { mask, ..record }, clock, &mut bytes);
                if let Some(old) = raced
                    && found.is_none()
                {
                    let byte = (old.mask & mask).trailing_zeros();
                    let address = number * PAGE + at as u64 * u64::from(GRANULE) + u64::from(byte);
                    found = Some((u32::try_from(address).unwrap_or(u32::MAX), old));
                }
            }
        }
        self.bytes = bytes;
        found
    }

    /// What was done with these bytes is of no interest any more; then `record` was, if there is one, but for its mask.
    pub(crate) fn reset(&mut self, range: Range<u64>, record: Option<Record>) {
        if range.is_empty() {
            return;
        }
        let mut bytes = self.bytes;
        for number in range.start / PAGE..range.end.div_ceil(PAGE) {
            if record.is_none() && number >= self.pages.len() as u64 {
                break;
            }
            let Some(page) = self.page(number) else { break };
            if range.start <= number * PAGE && range.end >= (number + 1) * PAGE {
                if let Page::Granules(granules) = page {
                    bytes = bytes.saturating_sub(GRANULES * size_of::<Granule>());
                    let more = granules.iter().filter_map(|granule| granule.more.as_ref());
                    let of =
                        |more: &Vec<Record>| size_of::<Vec<Record>>() + more.capacity() * size_of::<Record>();
                    bytes = bytes.saturating_sub(more.map(|more| of(more)).sum());
                }
                *page = record.map_or(Page::Nothing, |record| {
                    Page::Whole(Record { mask: 0xFF, ..record })
                });
                continue;
            }
            if record.is_none() && matches!(page, Page::Nothing) {
                continue;
            }
            let granules = Self::granules(page, &mut bytes);
            for (at, mask) in parts(number, &range) {
                let Some(granule) = granules.get_mut(at) else {
                    continue;
                };
                let keep = |old: &mut Record| {
                    old.mask &= !mask;
                    old.mask != 0
                };
                if let Some(more) = &mut granule.more {
                    more.retain_mut(keep);
                }
                granule.first = granule
                    .first
                    .filter(|first| first.mask & !mask != 0)
                    .map(|first| Record {
                        mask: first.mask & !mask,
                        ..first
                    });
                if let Some(record) = record {
                    // Nothing that it could race with is left.
                    granule.access(Record { mask, ..record }, &Clock::default(), &mut bytes);
                }
            }
        }
        self.bytes = bytes;
    }

    /// Whether any of these bytes were accessed in a way that races with this one: which, and how.
    pub(crate) fn find(&self, range: Range<u64>, record: Record, clock: &Clock) -> Option<(u32, Record)> {
        for number in range.start / PAGE..range.end.div_ceil(PAGE).min(self.pages.len() as u64) {
            let page = self.pages.get(usize::try_from(number).ok()?)?;
            let races = |old: &&Record| {
                old.slot != record.slot
                    && clock.get(old.slot.index()) < old.epoch
                    && old.access.conflicts(record.access)
            };
            for (at, mask) in parts(number, &range) {
                let found = match page {
                    Page::Nothing => break,
                    Page::Whole(old) => Some(old).filter(races),
                    Page::Granules(granules) => granules.get(at).and_then(|granule| {
                        let more = granule.more.iter().flat_map(|more| more.iter());
                        granule
                            .first
                            .iter()
                            .chain(more)
                            .filter(|old| old.mask & mask != 0)
                            .find(races)
                    }),
                };
                if let Some(old) = found {
                    let byte = (old.mask & mask).trailing_zeros();
                    let address = number * PAGE + at as u64 * u64::from(GRANULE) + u64::from(byte);
                    return Some((u32::try_from(address).unwrap_or(u32::MAX), *old));
                }
                if matches!(page, Page::Whole(_)) {
                    break;
                }
            }
        }
        None
    }
}
