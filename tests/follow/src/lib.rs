//! What `threadlink-follow` exports, as a module: `cargo xtask web-watch` and the tests put it beside `hosts/js/src`. What
//! `threadlink build --web` gives to pages is made the same way, in the user's cache.

extern crate threadlink_follow as _;
