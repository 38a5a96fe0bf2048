#[threadlink::traced(thread)]
mod app {
    use std as s;

    pub fn run() {
        s::thread::spawn(|| ()).join().unwrap();
    }
}

fn main() {
    app::run();
}
