#[threadlink::export]
pub fn count() -> u8 {
    1
}

fn main() {}
