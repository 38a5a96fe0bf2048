//! Asks std for what a guest has not, and says what it gets for an answer.

use std::fmt::Debug;
use std::io;

#[inline(never)]
fn opens_a_file() -> io::Result<impl Debug> {
    std::fs::File::open("some-file").map(|_| ())
}

#[inline(never)]
fn connects() -> io::Result<impl Debug> {
    std::net::TcpStream::connect("127.0.0.1:1").map(|_| ())
}

#[inline(never)]
fn starts_a_process() -> io::Result<impl Debug> {
    std::process::Command::new("true").output().map(|_| ())
}

#[inline(never)]
fn finds_itself() -> io::Result<impl Debug> {
    std::env::current_exe()
}

/// The place has a name, and there is nothing: whoever uses it gets an error.
#[inline(never)]
fn makes_a_file() -> io::Result<impl Debug> {
    std::fs::File::create(std::env::temp_dir().join("some-file")).map(|_| ())
}

fn say(what: &str, answer: io::Result<impl Debug>) {
    match answer {
        Ok(found) => println!("{what}: {found:?}"),
        Err(error) => println!("{what}: {:?}: {error}", error.kind()),
    }
}

fn main() {
    say("file", opens_a_file());
    say("network", connects());
    say("process", starts_a_process());
    say("executable", finds_itself());
    say("temporary file", makes_a_file());
}
