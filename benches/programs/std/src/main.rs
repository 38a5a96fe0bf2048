//! The workloads as a program of std alone, which knows nothing of threadlink: `bench-std WORKLOAD ROUNDS THREADS`.
//! Built natively it is the peer, and over the threaded std the guest.

/// Where the workloads take threads, locks and time from.
mod platform {
    pub(crate) use std::{env, println, sync, thread, time};
}
#[path = "../../workloads/mod.rs"]
mod workloads;

fn main() {
    workloads::main(|_, _, _| None);
}
