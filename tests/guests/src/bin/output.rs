//! Bytes to the standard streams: as they are, in their order, from many threads, and until nobody reads any more.

use std::io::Write;
use std::sync::{Arc, Barrier};

use threadlink::io::{stderr, stdout};
use threadlink::thread::Builder;

/// All bytes there are, one standard stream after the other.
fn order() -> std::io::Result<()> {
    for byte in 0..=u8::MAX {
        if byte % 2 == 0 {
            stdout().write_all(&[byte, b'+'])?;
        } else {
            (&stderr()).write_all(&[byte, b'-'])?;
        }
    }
    Ok(())
}

const WRITERS: usize = 4;
const LINES: usize = 200;

/// Lines that each are several writes, and lines that are one, by several threads.
fn locked() {
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            threadlink::spawn(move || {
                for _ in 0..LINES {
                    let mut out = stdout().lock();
                    write!(out, "{writer}").unwrap();
                    // Whoever has the lock may print, and lock it again.
                    threadlink::print!("{writer}");
                    write!(stdout().lock(), "{writer}").unwrap();
                    out.write_all(b"\n").unwrap();
                    drop(out);
                    // Not locked, but one write, however many pieces it is made of.
                    let mut out = stdout();
                    writeln!(out, "{writer}{writer}{writer}").unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
}

/// Writes until that is an error.
fn closed() {
    let mut out = stdout();
    let error = loop {
        if let Err(error) = out.write_all(&[b'x'; 4096]) {
            break error;
        }
    };
    threadlink::eprintln!("{:?}: {error}", error.kind());
    assert!(
        write!(out, "more").is_err() && out.flush().is_ok(),
        "it stays an error, and nothing is kept"
    );
}

/// Threads trap with the output locked, and nobody ever joins them: whether somebody waits for the lock then or comes later.
fn unjoined() {
    for detached in [false, true] {
        let locked = Arc::new(Barrier::new(2));
        let theirs = Arc::clone(&locked);
        let owner = Builder::new().name("owner".into()).spawn(move || {
            let mut out = stdout().lock();
            let again = stdout().lock();
            out.write_all(b"locked\n").unwrap();
            theirs.wait();
            std::mem::forget((out, again));
            std::process::abort();
        });
        locked.wait();
        let owner = owner.unwrap();
        if detached {
            drop(owner);
            threadlink::println!("free");
        } else {
            threadlink::println!("free");
            std::mem::forget(owner);
        }
        // And it is a lock as before.
        locked_by_turns();
    }
}

/// A thread dies with the output locked, and others go on writing.
fn dead_owner(how: &str) {
    // Somebody waits for the lock already when its owner dies, unless the owner's end is found out by a join.
    let locked = Arc::new(Barrier::new(2));
    let theirs = Arc::clone(&locked);
    let trap = how == "trap";
    let owner = Builder::new().name("owner".into()).spawn(move || {
        let out = stdout().lock();
        let mut again = stdout().lock();
        again.write_all(b"locked\n").unwrap();
        theirs.wait();
        if trap {
            std::mem::forget((out, again));
            std::process::abort();
        }
        panic!("with the output locked");
    });
    locked.wait();
    if trap {
        assert!(owner.unwrap().join().is_err());
        threadlink::println!("free");
    } else {
        threadlink::println!("free");
        assert!(owner.unwrap().join().is_err());
    }
    // And it is a lock as before.
    locked_by_turns();
}

fn locked_by_turns() {
    let out = stdout().lock();
    let other = threadlink::spawn(|| threadlink::println!("then the other"));
    threadlink::println!("first this");
    drop(out);
    other.join().unwrap();
}

#[threadlink::main]
fn main() -> std::io::Result<()> {
    match threadlink::env::args().nth(1).as_deref() {
        Some("order") => order()?,
        Some("locked") => locked(),
        Some("closed") => closed(),
        Some("unjoined") => unjoined(),
        Some(how @ ("panic" | "trap")) => dead_owner(how),
        other => panic!("{other:?} is nothing that this program does"),
    }
    Ok(())
}
