//! The longest of any number of intervals: [`Longest`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::walk::Span;

/// Keeps the longest intervals, and of those of one length the first that came.
#[derive(Debug)]
pub(super) struct Longest {
    most: usize,
    heap: BinaryHeap<Reverse<(u64, Reverse<u64>, Span)>>,
    pub(super) all: u64,
}

impl Longest {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            heap: BinaryHeap::new(),
            all: 0,
        }
    }

    pub(super) fn add(&mut self, span: Span) {
        self.all += 1;
        let entry = Reverse((span.end - span.start, Reverse(self.all), span));
        if self.heap.len() < self.most {
            self.heap.push(entry);
        } else if let Some(mut shortest) = self.heap.peek_mut()
            && entry < *shortest
        {
            *shortest = entry;
        }
    }

    /// Whether none was left out.
    pub(super) fn has_all(&self) -> bool {
        self.heap.len() as u64 == self.all
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Span> {
        self.heap.iter().map(|Reverse((_, _, span))| *span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::Kind;

    #[test]
    fn the_longest_stay_and_of_equals_the_first() {
        let mut longest = Longest::new(2);
        for (start, length) in [(0, 5), (10, 3), (20, 5), (30, 9), (40, 5)] {
            longest.add(Span {
                start,
                end: start + length,
                thread: 0,
                kind: Kind::Lock,
                lock: None,
                site: 0,
                by: None,
                open: false,
            });
        }
        let mut starts: Vec<u64> = longest.iter().map(|span| span.start).collect();
        starts.sort_unstable();
        assert_eq!(starts, [0, 30]);
        assert_eq!((longest.all, longest.has_all()), (5, false));
    }
}
