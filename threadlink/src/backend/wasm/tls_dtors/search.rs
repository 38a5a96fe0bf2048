//! Finds std's list of destructors, and proves that it is the list.
//!
//! 1. A thread-local with a destructor is used for the first time: std appends it to the list. Every place in the
//!    TLS area whose three words describe a vector that ends in this object is a candidate.
//! 2. A second one is used. A candidate stays only if its vector has grown by one and ends in both objects. That
//!    also tells length from capacity. Exactly one must be left.
//! 3. The second is taken off and its destructor run: it must be that object's. A third is used: std must put it
//!    where the second was, which shows that std sees our change.
//! 4. The third and the first are taken off and run likewise. The list is as it was before.

use std::cell::Cell;

use super::area::Area;
use super::list::{List, ORDERS};

/// An object whose destructor leaves a trace.
struct Probe(Cell<usize>);

impl Drop for Probe {
    fn drop(&mut self) {
        LAST_DROPPED.with(|last| last.set(self.0.get()));
    }
}

thread_local! {
    static FIRST: Probe = const { Probe(Cell::new(1)) };
    static SECOND: Probe = const { Probe(Cell::new(2)) };
    static THIRD: Probe = const { Probe(Cell::new(3)) };
    static LAST_DROPPED: Cell<usize> = const { Cell::new(0) };
}

/// Registers a probe's destructor and returns the object's address, as it stands in std's list.
#[inline(never)]
fn touch(probe: &'static std::thread::LocalKey<Probe>) -> Option<usize> {
    // The value is the first thing in std's storage of it, so that both have one address.
    probe
        .try_with(|probe| std::ptr::from_ref(probe).expose_provenance())
        .ok()
}

/// Where the list is; None if the proof fails, or was tried on this thread before.
pub(super) fn find_list(area: &Area) -> Option<List> {
    let first = touch(&FIRST)?;
    let candidates: Vec<(List, usize)> = places(area)
        .filter_map(|list| Some((list, ends_in(&list, area, &[first])?)))
        .collect();
    let second = touch(&SECOND)?;
    let mut left = candidates
        .into_iter()
        .filter(|(list, length)| ends_in(list, area, &[first, second]) == Some(length + 1));
    let (list, _) = left.next()?;
    if left.next().is_some() {
        return None;
    }
    take_off(&list, area, second, 2)?;
    let third = touch(&THIRD)?;
    ends_in(&list, area, &[first, third])?;
    take_off(&list, area, third, 3)?;
    take_off(&list, area, first, 1)?;
    Some(list)
}

/// Every place and layout that a list could have.
fn places(area: &Area) -> impl Iterator<Item = List> + use<> {
    (0..area.words().saturating_sub(2)).flat_map(|index| {
        (0..ORDERS.len()).flat_map(move |order| {
            [false, true].map(|function_first| List {
                index,
                order,
                function_first,
            })
        })
    })
}

/// The length of the vector, if its last elements are these objects.
fn ends_in(list: &List, area: &Area, objects: &[usize]) -> Option<usize> {
    let words = list.words(area)?;
    let start = words.length.checked_sub(objects.len())?;
    objects
        .iter()
        .zip(start..)
        .all(|(&object, number)| {
            list.element(words, number)
                .is_some_and(|element| element.object == object)
        })
        .then_some(words.length)
}

/// Takes the last destructor off the list and runs it; None if it wasn't this probe's.
fn take_off(list: &List, area: &Area, object: usize, number: usize) -> Option<()> {
    let pending = list.pop(area)?;
    if pending.object != object {
        return None;
    }
    pending.run();
    (LAST_DROPPED.with(Cell::get) == number).then_some(())
}
