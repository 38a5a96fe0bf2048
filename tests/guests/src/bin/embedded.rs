//! A program for an embedder: it calls functions of its host from many threads, and says what it knows of its surroundings.

use threadlink::time::{Instant, SystemTime};

/// The host's functions.
#[cfg(target_family = "wasm")]
mod game {
    #[link(wasm_import_module = "game")]
    unsafe extern "C" {
        pub(crate) safe fn score(points: u32) -> u64;
        #[link_name = "title"]
        fn title_to(at: *mut u8, room: usize) -> usize;
    }

    pub(crate) fn title() -> String {
        let mut bytes = [0; 64];
        // SAFETY: the host writes as many bytes as there is room for at most.
        let len = unsafe { title_to(bytes.as_mut_ptr(), bytes.len()) };
        String::from_utf8_lossy(&bytes[..len]).into_owned()
    }
}

/// Natively nobody provides them.
#[cfg(not(target_family = "wasm"))]
mod game {
    pub(crate) fn score(points: u32) -> u64 {
        points.into()
    }

    pub(crate) fn title() -> String {
        "nothing".to_owned()
    }
}

#[threadlink::main]
fn main() {
    let threads: Vec<_> = (0..8)
        .map(|_| {
            threadlink::spawn(|| {
                for points in 1..=100 {
                    game::score(points);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a thread died");
    }
    threadlink::println!("{}: {}", game::title(), game::score(0));
    let start = Instant::now();
    threadlink::thread::sleep(std::time::Duration::from_millis(2));
    threadlink::println!(
        "time {} {}, arguments {}, processors {}",
        start.elapsed().as_millis() >= 2,
        SystemTime::now()
            .duration_since(threadlink::time::UNIX_EPOCH)
            .is_ok_and(|since| since.as_secs() > 0),
        threadlink::env::args().count(),
        threadlink::thread::available_parallelism().map_or(0, std::num::NonZero::get)
    );
}
