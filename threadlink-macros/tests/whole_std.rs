//! `#[traced(std)]`: threads, time, printing, arguments and exit, by the types that result.

use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};
use std::{env, process, thread};

use threadlink::traced;

#[traced(std)]
struct Worker {
    handle: JoinHandle<u8>,
    id: thread::ThreadId,
    since: Instant,
    birth: SystemTime,
}

#[traced(std)]
impl Worker {
    fn new() -> Self {
        let handle = thread::Builder::new()
            .name("worker".to_owned())
            .spawn(|| {
                thread::sleep(Duration::ZERO);
                assert!(!thread::panicking());
                1
            })
            .unwrap();
        Self {
            id: handle.thread().id(),
            handle,
            since: Instant::now(),
            birth: SystemTime::now(),
        }
    }

    fn end(self) -> thread::Result<u8> {
        println!("{:?} {:?}", thread::current().id(), self.since.elapsed());
        std::eprintln!("{}", env::args().count());
        print!("{}", vec![std::thread::spawn(|| "done\n").join().unwrap()][0]);
        if self.birth < SystemTime::UNIX_EPOCH {
            process::exit(3);
        }
        self.handle.join()
    }
}

#[test]
fn paths_lead_to_threadlink() {
    let worker = Worker::new();
    let _: &threadlink::thread::JoinHandle<u8> = &worker.handle;
    let _: threadlink::thread::ThreadId = worker.id;
    assert_eq!(worker.end().unwrap(), 1);
}

#[traced(thread)]
mod module {
    use std::sync::Mutex;
    use std::thread::{self, JoinHandle, spawn};
    use std::time::Instant;

    pub(super) static LOCK: Mutex<u8> = Mutex::new(0);

    pub(super) fn start() -> [JoinHandle<Instant>; 2] {
        let work = || {
            *LOCK.lock().unwrap() += 1;
            Instant::now()
        };
        [spawn(work), thread::spawn(work)]
    }
}

#[test]
fn imports_of_functions_are_followed() {
    for handle in module::start() {
        let handle: threadlink::thread::JoinHandle<std::time::Instant> = handle;
        handle.join().unwrap();
    }
    let lock: &threadlink::sync::Mutex<u8> = &module::LOCK;
    assert_eq!(*lock.lock().unwrap(), 2);
}

#[traced(std)]
fn scoped() -> u8 {
    fn join(handle: thread::ScopedJoinHandle<'_, u8>) -> u8 {
        handle.join().unwrap()
    }
    let number = std::sync::Mutex::new(3);
    let sum = thread::scope(|scope: &thread::Scope<'_, '_>| {
        let handle = scope.spawn(|| *number.lock().unwrap());
        let _: threadlink::thread::ThreadId = handle.thread().id();
        join(handle)
    });
    let _: &threadlink::sync::Mutex<u8> = &number;
    sum
}

#[test]
fn scopes_are_followed() {
    assert_eq!(scoped(), 3);
}

/// Natively the twins of channels and streams are std's: that they compile says that they were followed well. That they
/// were followed at all, guests show.
#[traced(std)]
mod channels {
    use std::io::{self, Write};
    use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, sync_channel};
    use std::sync::{self, Mutex};
    use std::time::Duration;

    pub(super) struct Pipe {
        input: Sender<u8>,
        output: Receiver<u8>,
        bounded: sync::mpsc::SyncSender<u8>,
        last: Mutex<Option<u8>>,
    }

    impl Pipe {
        pub(super) fn new() -> (Self, mpsc::Receiver<u8>) {
            let (input, output) = mpsc::channel::<u8>();
            let (bounded, other) = sync_channel(1);
            let pipe = Self {
                input,
                output,
                bounded,
                last: Mutex::new(None),
            };
            (pipe, other)
        }

        pub(super) fn pass(&self, value: u8) -> Result<u8, RecvTimeoutError> {
            self.input
                .send(value)
                .map_err(|_| RecvTimeoutError::Disconnected)?;
            self.bounded
                .send(value)
                .map_err(|mpsc::SendError(_)| RecvTimeoutError::Timeout)?;
            let value = self.output.recv_timeout(Duration::from_secs(60))?;
            *self.last.lock().unwrap() = Some(value);
            let mut out: io::StdoutLock<'_> = io::stdout().lock();
            writeln!(out, "{value}").unwrap();
            std::io::stderr().write_all(b"passed\n").unwrap();
            Ok(value)
        }
    }
}

#[traced(mpsc)]
fn summed(values: &[u8]) -> u8 {
    let (sender, receiver): (std::sync::mpsc::Sender<u8>, _) = std::sync::mpsc::channel();
    values.iter().for_each(|value| sender.send(*value).unwrap());
    drop(sender);
    receiver.iter().sum()
}

#[test]
fn channels_and_streams_are_followed() {
    let (pipe, other) = channels::Pipe::new();
    assert_eq!(pipe.pass(3), Ok(3));
    assert_eq!(other.recv(), Ok(3));
    assert_eq!(summed(&[1, 2]), 3);
}

/// Without the option, only locks change.
#[traced]
mod only_locks {
    use std::sync::Mutex;
    use std::thread;

    pub(super) fn start(lock: &'static Mutex<u8>) -> thread::JoinHandle<u8> {
        thread::spawn(|| {
            println!("std's");
            *lock.lock().unwrap()
        })
    }
}

#[test]
fn what_was_not_asked_for_stays() {
    static LOCK: threadlink::sync::Mutex<u8> = threadlink::sync::Mutex::new(1);
    let handle: std::thread::JoinHandle<u8> = only_locks::start(&LOCK);
    assert_eq!(handle.join().unwrap(), 1);
}

/// Of the same names, what was defined here is meant.
#[traced(std)]
mod namesakes {
    use std::sync::Mutex;

    mod thread {
        pub(super) fn spawn(value: u8) -> u8 {
            value
        }
    }

    macro_rules! println {
        ($($part:tt)*) => {
            3
        };
    }

    pub(super) fn sum() -> u8 {
        let lock = Mutex::new(thread::spawn(1));
        let spawn = |value: u8| value;
        *lock.lock().unwrap() + spawn(2) + println!()
    }
}

#[test]
fn local_names_are_local() {
    assert_eq!(namesakes::sum(), 6);
}
