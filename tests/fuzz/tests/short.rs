//! Each way in with the inputs that were found to do harm once, and some that follow from a seed.

use fuzz::inputs::all;

#[test]
fn modules() {
    all("module", 1, 300, fuzz::module::check);
}

#[test]
fn guests() {
    all("guest", 2, 300, fuzz::guest::check);
}

#[test]
fn traces() {
    all("trace", 3, 500, fuzz::trace::check);
}
