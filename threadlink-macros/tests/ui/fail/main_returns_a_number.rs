#[threadlink::main]
fn main() -> u8 {
    1
}
