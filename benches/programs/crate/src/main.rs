//! The workloads over threadlink, for the plain std: `bench-crate WORKLOAD ROUNDS THREADS`.

mod own;

/// Where the workloads take threads, locks and time from.
mod platform {
    pub(crate) use threadlink::{env, println, sync, thread, time};
}
#[path = "../../workloads/mod.rs"]
mod workloads;

/// As docs/allocator.md tells programs over the plain std that allocate on several threads.
#[global_allocator]
static ALLOCATOR: threadlink::alloc::Allocator = threadlink::alloc::Allocator;

#[threadlink::main]
fn main() {
    workloads::main(own::run);
}
