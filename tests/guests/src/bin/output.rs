//! Bytes to the standard streams: as they are, in their order, from many threads, and until nobody reads any more.

use std::io::Write;

use threadlink::io::{stderr, stdout};

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

#[threadlink::main]
fn main() -> std::io::Result<()> {
    match threadlink::env::args().nth(1).as_deref() {
        Some("order") => order()?,
        Some("locked") => locked(),
        Some("closed") => closed(),
        other => panic!("{other:?} is nothing that this program does"),
    }
    Ok(())
}
