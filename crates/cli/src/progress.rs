//! One line on a terminal while something takes long, which is gone when that is done.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// After how long people begin to wonder.
const LONG: Duration = Duration::from_millis(500);
/// How often the line is written anew.
const TICK: Duration = Duration::from_secs(1);

/// A line that says what is being done, and for how long.
pub(crate) struct Progress {
    /// `None` if nobody would see it.
    to: Option<Box<dyn Write + Send>>,
    what: String,
    shown: bool,
}

impl Progress {
    /// One on standard error, if that is a terminal.
    pub(crate) fn new(what: String, quiet: bool) -> Self {
        let terminal = !quiet && io::stderr().is_terminal();
        let to = terminal.then(|| Box::new(io::stderr()) as Box<dyn Write + Send>);
        Self::on(to, what)
    }

    fn on(to: Option<Box<dyn Write + Send>>, what: String) -> Self {
        Self {
            to,
            what,
            shown: false,
        }
    }

    /// How long to wait until there is something to say, when so much time has passed; `None` if there never is.
    pub(crate) fn until(&self, passed: Duration) -> Option<Duration> {
        self.to.as_ref()?;
        Some(if self.shown {
            TICK
        } else {
            LONG.saturating_sub(passed)
        })
    }

    /// What is being done from here on.
    pub(crate) fn say(&mut self, what: String) {
        self.what = what;
    }

    /// Says how long it has taken, if that is long.
    pub(crate) fn show(&mut self, passed: Duration) {
        let Some(to) = &mut self.to else { return };
        if passed >= LONG {
            // A terminal that takes nothing sees nothing.
            let _ = write!(to, "\r{} ({} s)\x1b[K", self.what, passed.as_secs());
            let _ = to.flush();
            self.shown = true;
        }
    }
}

/// Does something, and says meanwhile how long it has taken.
pub(crate) fn during<T>(mut progress: Progress, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    if progress.until(Duration::ZERO).is_none() {
        return work();
    }
    let (done, over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while let Some(next) = progress.until(begun.elapsed()) {
                match over.recv_timeout(next) {
                    Err(mpsc::RecvTimeoutError::Timeout) => progress.show(begun.elapsed()),
                    _ => break,
                }
            }
        });
        let result = work();
        // Also if it panics: the other thread waits for this.
        drop(done);
        result
    })
}

/// The line is gone.
impl Drop for Progress {
    fn drop(&mut self) {
        if let (true, Some(to)) = (self.shown, &mut self.to) {
            let _ = write!(to, "\r\x1b[K");
            let _ = to.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Terminal(Arc<Mutex<Vec<u8>>>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panics").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn shown(passed: &[u64]) -> String {
        let terminal = Terminal::default();
        let mut progress = Progress::on(Some(Box::new(terminal.clone())), "compiling a".to_owned());
        for passed in passed {
            progress.show(Duration::from_millis(*passed));
        }
        drop(progress);
        let bytes = terminal.0.lock().expect("nobody panics").clone();
        String::from_utf8(bytes).expect("it is text")
    }

    #[test]
    fn what_takes_long_is_said_and_then_gone() {
        assert_eq!(shown(&[]), "");
        assert_eq!(shown(&[100, 499]), "");
        let line = "\rcompiling a (0 s)\x1b[K\rcompiling a (1 s)\x1b[K\r\x1b[K";
        assert_eq!(shown(&[500, 1501]), line);
    }

    #[test]
    fn it_is_asked_for_when_there_is_something_to_say_and_never_if_nobody_sees_it() {
        let mut progress = Progress::on(Some(Box::new(io::sink())), String::new());
        assert_eq!(
            progress.until(Duration::from_millis(100)),
            Some(Duration::from_millis(400))
        );
        progress.show(LONG);
        assert_eq!(progress.until(LONG), Some(TICK));
        assert_eq!(Progress::on(None, String::new()).until(LONG), None);
    }
}
