//! The workloads over threadlink, for the plain std: `bench-crate WORKLOAD ROUNDS THREADS`.

mod own;

/// Where the workloads take threads, locks and time from.
mod platform {
    pub(crate) use threadlink::{env, println, sync, thread, time};
}
#[path = "../../workloads/mod.rs"]
mod workloads;

#[threadlink::main]
fn main() {
    workloads::main(own::run);
}
