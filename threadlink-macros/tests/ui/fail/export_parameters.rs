#[threadlink::export]
pub fn render(width: u32) {
    drop(width);
}

fn main() {}
