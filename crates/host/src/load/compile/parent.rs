//! The process that compiles, as seen from the one that wants it done: started, asked, waited for, and gone in the end.

use std::io::{BufReader, Read};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::artifact::Artifact;
use super::protocol::{self, Answer, NoAnswer, Nonce, Settings};
use super::{Compiler, ToCompile, group};
use crate::load::LoadError;
use crate::run::StopHandle;

/// Bytes of what the program says on its standard error that a message repeats.
const SAID: u64 = 2 << 10;
/// How long the rest of that is waited for, once the program has ended: another process may have its end of the pipe.
const PATIENCE: Duration = Duration::from_secs(1);

/// What happens to a process that compiles.
enum Event {
    /// It was asked. Its input ends when this is dropped, and so does the process then.
    Asked(ChildStdin),
    Answer(Result<Answer, NoAnswer>),
    /// What it had to say on its standard error.
    Said(String),
    /// Nobody wants the module any more.
    Stopped,
}

/// Has a module compiled in a process of its own.
pub(super) fn compile(
    compiler: &Compiler,
    settings: Settings,
    module: &ToCompile<'_>,
    stop: &StopHandle,
) -> Result<Artifact, LoadError> {
    let failed = |message: String| LoadError::Compiler {
        program: compiler.name(),
        message,
    };
    let mut command = compiler.command();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    group::of_its_own(&mut command);
    let spawned = command.spawn();
    let mut process =
        Process(spawned.map_err(|error| failed(format!("cannot be started: {error}; is it there?")))?);
    let (sender, events) = mpsc::channel();
    let nonce = Nonce::new();
    converse(&mut process.0, settings, nonce, module.bytes, &sender)
        .map_err(|error| failed(format!("cannot be spoken to: {error}")))?;
    let _listening = stop.listen(move || {
        let _ = sender.send(Event::Stopped);
    });

    let deadline = compiler
        .time_limit()
        .and_then(|limit| module.since.checked_add(limit));
    // Until the answer is there.
    let mut input = None;
    let mut said = None;
    let answer = loop {
        let event = match deadline {
            None => events.recv().map_err(RecvTimeoutError::from),
            Some(deadline) => events.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        };
        match event {
            Ok(Event::Asked(open)) => input = Some(open),
            Ok(Event::Answer(answer)) => break answer,
            Ok(Event::Said(text)) => said = Some(text),
            Ok(Event::Stopped) => return Err(LoadError::Stopped),
            Err(RecvTimeoutError::Timeout) => {
                return Err(LoadError::CompileTime {
                    limit: compiler.time_limit().unwrap_or_default(),
                });
            }
            Err(RecvTimeoutError::Disconnected) => break Err(NoAnswer::Ended),
        }
    };
    drop(input);
    let ended = process.end();
    match answer {
        Ok(Ok(code)) => Ok(Artifact::of_answer(code)),
        Ok(Err(message)) => Err(LoadError::Invalid { message }),
        Err(NoAnswer::Other) => Err(failed(
            "answers something else than a compiled module: it has to call threadlink_host::compile_child when it is started so"
                .to_owned(),
        )),
        Err(NoAnswer::Damaged) => Err(failed("sent a compiled module that is damaged".to_owned())),
        Err(NoAnswer::Ended) => {
            let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            let said = said.or_else(|| rest(&events));
            let said = said.filter(|text| !text.is_empty());
            Err(failed(match said {
                None => format!("ended without an answer ({how})"),
                Some(said) => format!("ended without an answer ({how}), and says: {said}"),
            }))
        }
    }
}

/// Lets threads speak and listen: a process that does neither keeps none of ours.
fn converse(
    child: &mut Child,
    settings: Settings,
    nonce: Nonce,
    module: &[u8],
    events: &Sender<Event>,
) -> std::io::Result<()> {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut input), Some(output), Some(mut errors)) = (input, output, errors) else {
        return Err(std::io::ErrorKind::BrokenPipe.into());
    };
    let module = module.to_vec();
    let sender = events.clone();
    thread(move || {
        // One that does not listen has an answer, or ends.
        let _ = protocol::ask(&mut input, settings, nonce, &module);
        let _ = sender.send(Event::Asked(input));
    })?;
    let sender = events.clone();
    thread(move || {
        let answer = protocol::answered(&mut BufReader::new(output), nonce);
        let _ = sender.send(Event::Answer(answer));
    })?;
    let sender = events.clone();
    thread(move || {
        let mut said = Vec::new();
        let _ = errors.by_ref().take(SAID).read_to_end(&mut said);
        // More than that is nobody's, but must not keep the process waiting.
        let _ = std::io::copy(&mut errors, &mut std::io::sink());
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        let _ = sender.send(Event::Said(said));
    })
}

fn thread(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("compile".to_owned())
        .spawn(work)
        .map(drop)
}

/// What the process has said, if that is still to come.
fn rest(events: &mpsc::Receiver<Event>) -> Option<String> {
    let until = Instant::now() + PATIENCE;
    loop {
        match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Event::Said(text)) => return Some(text),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

/// A process that is no more when this is dropped, whatever it does.
struct Process(Child);

impl Process {
    /// Ends it if it has not ended, and says how it has.
    fn end(&mut self) -> std::io::Result<ExitStatus> {
        // A process that is on its way out keeps the way that it has taken.
        let _ = self.0.kill();
        self.0.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::load::compile::compile_child;
    use crate::reservation::Reserved;

    #[test]
    fn a_process_that_takes_more_memory_than_it_may_ends_and_says_so() {
        const COMPILES: &str = "THREADLINK_TEST_COMPILES";
        if std::env::var_os(COMPILES).is_some() {
            compile_child();
        }
        // No estimate stands in the way here.
        let text = format!("(module (func {}))", "(call 0)".repeat(500_000));
        let bytes = wat::parse_str(text).unwrap();
        let module = ToCompile {
            bytes: &bytes,
            reserved: Reserved::Whole,
            cost: 0,
            since: Instant::now(),
        };
        let compile = |max_memory: u64| {
            let name =
                "load::compile::parent::tests::a_process_that_takes_more_memory_than_it_may_ends_and_says_so";
            let compiler = Compiler::this_program()
                .unwrap()
                .args([name, "--exact", "--nocapture"])
                .env(COMPILES, "1");
            let settings = Settings {
                checks_epochs: true,
                reserved: Reserved::Whole,
                max_memory,
            };
            super::compile(&compiler, settings, &module, &StopHandle::new())
        };
        let Err(refused) = compile(1 << 20) else {
            panic!("it was compiled");
        };
        let refused = refused.to_string();
        assert!(refused.contains("memory allocation of"), "{refused}");
        assert!(compile(u64::MAX).is_ok());
    }
}
