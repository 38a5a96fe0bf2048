#[threadlink::export]
pub fn count(number: impl Into<u64>) -> u64 {
    number.into()
}

fn main() {}
