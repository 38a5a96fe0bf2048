//! Programs as people write them for any machine, by name: each prints the same here as natively, and ends with the same code.

mod everyday {
    pub(crate) mod actors;
    pub(crate) mod lazies;
    pub(crate) mod life;
    pub(crate) mod queues;
    pub(crate) mod shown;
}

use everyday::{actors, lazies, life, queues, shown};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("actors") => actors::run(),
        Some("lazies") => lazies::run(),
        Some("life") => life::run(),
        Some("queues") => queues::run(),
        Some("shown") => shown::run(),
        other => panic!("there is no program {other:?}"),
    }
}
