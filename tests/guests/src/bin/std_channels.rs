//! Channels and output in std's words, under `#[traced(std)]`: std's own `recv_timeout` panics on wasm, and std's own
//! standard output goes nowhere.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

#[threadlink::traced(std)]
struct Echo {
    questions: Sender<String>,
    answers: Receiver<String>,
}

#[threadlink::traced(std)]
impl Echo {
    fn new() -> Self {
        let (questions, asked) = mpsc::channel::<String>();
        let (answer, answers) = std::sync::mpsc::sync_channel(0);
        thread::spawn(move || {
            for question in asked {
                answer
                    .send(question.to_uppercase())
                    .expect("somebody waits for the answer");
            }
        });
        Self { questions, answers }
    }

    fn ask(&self, question: &str) -> Result<String, RecvTimeoutError> {
        self.questions
            .send(question.to_owned())
            .expect("the thread waits for questions");
        self.answers.recv_timeout(Duration::from_secs(60))
    }
}

/// The same by detours, each of which ends in a panic if it leads to std.
#[threadlink::traced(std)]
mod detours {
    use std::sync::mpsc as chan;
    use std::{env, thread as th};

    pub(crate) struct Inbox(chan::Receiver<u8>);

    impl IntoIterator for Inbox {
        type Item = u8;
        type IntoIter = chan::IntoIter<u8>;

        fn into_iter(self) -> chan::IntoIter<u8> {
            self.0.into_iter()
        }
    }

    impl Inbox {
        fn waiting(&self) -> chan::TryIter<'_, u8> {
            self.0.try_iter()
        }

        fn all(&self) -> chan::Iter<'_, u8> {
            self.0.iter()
        }
    }

    fn numbers(arguments: env::Args) -> usize {
        assert!(same(env::args_os()));
        arguments.count()
    }

    fn same(arguments: env::ArgsOs) -> bool {
        arguments.eq(env::args().map(std::ffi::OsString::from))
    }

    mod by_glob {
        use std::sync::mpsc::*;
        use std::time::*;

        pub(super) fn silence() -> RecvTimeoutError {
            let (_sender, receiver) = channel::<()>();
            assert!(UNIX_EPOCH < SystemTime::now());
            receiver.recv_timeout(Duration::ZERO).expect_err("nobody sends")
        }
    }

    mod by_parent {
        use super::*;

        pub(super) fn started() -> u8 {
            th::spawn(|| 1).join().expect("it returns") + super::th::spawn(|| 2).join().expect("it returns")
        }
    }

    pub(crate) fn run() -> String {
        let (sender, receiver) = chan::channel();
        let inbox = Inbox(receiver);
        sender.send(3).expect("there is a receiver");
        let waiting = inbox.waiting().count();
        drop(sender);
        let left = inbox.all().count() + inbox.into_iter().count();
        let silence = by_glob::silence();
        let started = by_parent::started();
        dbg!(started);
        format!("{waiting} {left} {silence:?} {started} {}", numbers(env::args()))
    }
}

#[threadlink::main]
#[threadlink::traced(std)]
fn main() -> io::Result<()> {
    let echo = Echo::new();
    let mut out = io::stdout().lock();
    writeln!(out, "{}", echo.ask("anybody there?").expect("an answer comes"))?;
    writeln!(out, "{}", detours::run())?;
    drop(out);
    let (_sender, receiver) = mpsc::channel::<()>();
    let silence = receiver.recv_timeout(Duration::ZERO);
    writeln!(std::io::stderr(), "{silence:?}")
}
