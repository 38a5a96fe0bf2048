#[threadlink::export]
pub fn count<T: Into<u64>>(number: T) -> u64 {
    number.into()
}

fn main() {}
