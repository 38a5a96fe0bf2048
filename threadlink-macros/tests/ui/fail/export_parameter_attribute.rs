#[threadlink::export]
pub fn count(#[cfg(unix)] number: u64) -> u64 {
    number
}

fn main() {}
