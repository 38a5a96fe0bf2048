#[threadlink::export]
pub fn name() -> String {
    String::new()
}

fn main() {}
