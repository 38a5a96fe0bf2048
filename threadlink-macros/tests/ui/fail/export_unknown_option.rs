#[threadlink::export(name = "count")]
pub fn count() -> u64 {
    1
}

fn main() {}
