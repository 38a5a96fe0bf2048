//! Crates of others on threads of ours: each argument names one, and is repeated once it has done what it should.

#[path = "ecosystem/channel.rs"]
mod channel;
#[path = "ecosystem/deque.rs"]
mod deque;
#[path = "ecosystem/map.rs"]
mod map;
#[path = "ecosystem/mpsc.rs"]
mod mpsc;
#[path = "ecosystem/rayon.rs"]
mod rayon_pool;

#[threadlink::main]
fn main() {
    for name in threadlink::env::args().skip(1) {
        match name.as_str() {
            "channel" => channel::all(),
            "channel-timeout" => channel::timeout(),
            "deque" => deque::steal(),
            "map" => map::contended(),
            "mpsc" => mpsc::all(),
            "rayon" => rayon_pool::all(),
            "rayon-untold" => rayon_pool::untold(),
            "rayon-panic" => rayon_pool::panic(),
            "rayon-death" => rayon_pool::death(),
            other => panic!("{other:?} is nothing that this program does"),
        }
        threadlink::println!("{name}");
    }
}
