struct Sender<T>(T);

#[threadlink::traced(std)]
fn send(sender: Sender<u8>) {
    drop(sender);
}

fn main() {
    let _ = send;
    let _ = Sender(1).0;
}
