struct Instant;

#[threadlink::traced(std)]
struct Timer {
    start: Instant,
}

fn main() {}
