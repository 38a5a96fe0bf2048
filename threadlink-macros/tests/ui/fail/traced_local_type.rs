struct Condvar;

#[threadlink::traced]
struct Locks {
    bell: Option<Condvar>,
}

fn main() {}
