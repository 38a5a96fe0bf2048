//! A main that returns a `Result`, and a thread's output beside another's.

use std::fmt::Write as _;

use threadlink::process::ExitCode;

#[threadlink::main]
fn main() -> Result<ExitCode, String> {
    match threadlink::env::args().nth(1).as_deref() {
        Some("error") => Err("nothing works".to_owned()),
        Some("code") => Ok(ExitCode::from(42)),
        Some("lines") => {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    threadlink::spawn(move || {
                        let mut line = String::new();
                        for _ in 0..60 {
                            write!(line, "{number}").expect("strings take everything");
                        }
                        for _ in 0..200 {
                            threadlink::println!("{line}");
                            threadlink::eprintln!("{}-{}", &line[..30], &line[30..]);
                        }
                    })
                })
                .collect();
            threads
                .into_iter()
                .for_each(|thread| thread.join().expect("a thread died"));
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
