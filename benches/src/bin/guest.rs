//! The workloads as a guest: `bench-guest WORKLOAD ROUNDS`.

#[threadlink::main]
fn main() {
    let mut args = threadlink::env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let rounds = args.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    assert!(workloads::run(&name, rounds), "no workload {name:?}");
}
