//! Handles of the operating system's threads: they are joined once the threads have ended, and never just dropped.
//!
//! Dropping a handle detaches its thread, and to do that in the moment in which the thread ends is a use after free in
//! glibc: `pthread_detach` marks the thread, which then frees its own memory, and looks into that memory once more (bug
//! 19951 of the GNU C library). The end of a run is such a moment, for all its idle workers.

use std::mem;
use std::thread::JoinHandle;

use parking_lot::Mutex;

/// Threads that somebody still has to join.
#[derive(Default)]
pub(crate) struct Handles {
    inner: Mutex<Vec<JoinHandle<()>>>,
}

impl Handles {
    /// Keeps one more. Now and then this joins those that have ended, so that there are never many more than threads.
    pub(crate) fn keep(&self, handle: JoinHandle<()>) {
        let mut handles = self.inner.lock();
        if handles.len() == handles.capacity() {
            join_ended(&mut handles);
        }
        handles.push(handle);
    }

    /// Waits for all of them.
    pub(crate) fn join_all(&self) {
        mem::take(&mut *self.inner.lock()).into_iter().for_each(join);
    }

    /// Joins those that have ended, and leaves the others to `other`, which does the same with those that it has already.
    pub(crate) fn leave_to(&self, other: &Self) {
        let mut left = mem::take(&mut *self.inner.lock());
        join_ended(&mut left);
        let mut others = other.inner.lock();
        join_ended(&mut others);
        others.append(&mut left);
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        join_ended(self.inner.get_mut());
        // Nobody will join the rest: what the system keeps of a thread that was not joined stays until the process ends.
        self.inner.get_mut().drain(..).for_each(mem::forget);
    }
}

fn join_ended(handles: &mut Vec<JoinHandle<()>>) {
    handles
        .extract_if(.., |handle| handle.is_finished())
        .for_each(join);
}

fn join(handle: JoinHandle<()>) {
    // A panic of ours in it has been seen where it happened.
    let _ = handle.join();
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn who_has_ended_is_joined_and_the_others_are_left() {
        let (handles, left) = (Handles::default(), Handles::default());
        let (end, ended) = mpsc::channel::<()>();
        for _ in 0..100 {
            handles.keep(thread::spawn(|| ()));
        }
        handles.keep(thread::spawn(move || ended.recv().unwrap_or_default()));
        while handles
            .inner
            .lock()
            .iter()
            .filter(|handle| !handle.is_finished())
            .count()
            > 1
        {
            thread::yield_now();
        }
        handles.leave_to(&left);
        assert_eq!((handles.inner.lock().len(), left.inner.lock().len()), (0, 1));
        drop(end);
        left.join_all();
        assert_eq!(left.inner.lock().len(), 0);
    }
}
