#[threadlink::export]
pub async fn count() -> u64 {
    1
}

fn main() {}
