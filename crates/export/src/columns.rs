//! What tables consist of: columns, and what stands in one of a row.

use threadlink_trace::Site;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) sort: Sort,
}

/// What may stand in a column, if anything does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    Number,
    Text,
    Flag,
}

/// A column of numbers.
pub(crate) const fn number(name: &'static str) -> Column {
    let sort = Sort::Number;
    Column { name, sort }
}

/// A column of texts.
pub(crate) const fn text(name: &'static str) -> Column {
    let sort = Sort::Text;
    Column { name, sort }
}

/// A column of what is true or false.
pub(crate) const fn flag(name: &'static str) -> Column {
    let sort = Sort::Flag;
    Column { name, sort }
}

/// What stands in a column of a row.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Number(u64),
    Text(&'a str),
    /// As `file:line:column`, in a column of texts.
    Place(&'a Site),
    Flag(bool),
}
