#[threadlink::traced]
fn start() {
    std::thread::spawn(|| println!("started"));
}

fn main() {
    start();
}
