//! A list in the document: [`List`], and [`Within`] for parts of something; each part is made when it is written.

use serde::{Serialize, Serializer};

/// What is made of each of these: a document of millions of locks is never there as a whole.
#[derive(Debug)]
pub(super) struct List<'a, T, U>(pub(super) &'a [T], pub(super) fn(&'a T) -> U);

impl<T, U> List<'_, T, U> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T, U: Serialize> Serialize for List<'_, T, U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

/// The same of parts that are told as shares of a whole.
#[derive(Debug)]
pub(super) struct Within<'a, W, T, U>(pub(super) W, pub(super) &'a [T], pub(super) fn(&W, &'a T) -> U);

impl<W, T, U: Serialize> Serialize for Within<'_, W, T, U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.1.iter().map(|part| self.2(&self.0, part)))
    }
}
