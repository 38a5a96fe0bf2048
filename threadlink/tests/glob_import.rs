//! `use threadlink::*` leaves plain tests and printing possible, in the way that the crate's page says.

use std::prelude::v1::test;
use threadlink::println;
use threadlink::*;

thread_local! {
    static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(1) };
}

#[test]
fn a_plain_test_beside_a_glob_import() {
    assert_eq!(spawn(|| COUNT.get()).join().unwrap(), 1);
    println!("a macro that was named");
}

#[threadlink::test]
fn a_test_of_ours_beside_a_glob_import() {
    assert_eq!(spawn(|| 2).join().unwrap(), 2);
}
