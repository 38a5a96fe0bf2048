#[threadlink::main]
fn start() {}

fn main() {
    start();
}
