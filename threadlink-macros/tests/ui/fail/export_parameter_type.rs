#[threadlink::export]
pub fn greet(times: u32, name: &str) {
    for _ in 0..times {
        println!("{name}");
    }
}

fn main() {}
