mod mpsc {
    pub struct Sender<T>(pub T);

    pub fn channel<T>() {}
}

#[threadlink::traced(std)]
fn start() {
    mpsc::channel::<u8>();
}

fn main() {
    start();
}
