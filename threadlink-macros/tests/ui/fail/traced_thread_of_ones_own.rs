mod thread {
    pub struct ThreadId;

    pub fn spawn(work: impl FnOnce()) {
        work();
    }
}

#[threadlink::traced(std)]
fn start() {
    thread::spawn(|| ());
}

fn main() {
    start();
}
