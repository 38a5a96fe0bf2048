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

#[threadlink::main]
#[threadlink::traced(std)]
fn main() -> io::Result<()> {
    let echo = Echo::new();
    let mut out = io::stdout().lock();
    writeln!(out, "{}", echo.ask("anybody there?").expect("an answer comes"))?;
    drop(out);
    let (_sender, receiver) = mpsc::channel::<()>();
    let silence = receiver.recv_timeout(Duration::ZERO);
    writeln!(std::io::stderr(), "{silence:?}")
}
