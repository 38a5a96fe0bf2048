// A name that comes from std by a detour, and an alias: the compiler decides, not the spelling.
mod prelude {
    pub(crate) use std::sync::Mutex as Lock;
    pub(crate) type Condvar = std::sync::Condvar;
}

use prelude::{Condvar, Lock as Mutex};

#[threadlink::traced]
#[derive(Default)]
struct Locks {
    lock: Mutex<u8>,
    bell: Condvar,
}

fn main() {
    let locks = Locks::default();
    let _: (&threadlink::sync::Mutex<u8>, &threadlink::sync::Condvar) = (&locks.lock, &locks.bell);
}
