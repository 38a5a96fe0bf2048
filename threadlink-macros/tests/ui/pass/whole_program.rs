// A program of one module: one attribute turns it over.
#[threadlink::traced(std)]
mod program {
    use std::collections::HashMap;
    use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc};
    use std::thread::{self, JoinHandle};
    use std::time::{Duration, Instant};

    #[derive(Debug, Default)]
    struct Shared {
        map: RwLock<HashMap<u32, String>>,
        queue: Mutex<Vec<u32>>,
        filled: Condvar,
    }

    impl Shared {
        fn read(&self) -> RwLockReadGuard<'_, HashMap<u32, String>> {
            self.map.read().unwrap()
        }

        fn write(&self) -> RwLockWriteGuard<'_, HashMap<u32, String>> {
            self.map.write().unwrap()
        }

        fn take(&self) -> u32 {
            let mut queue: MutexGuard<'_, Vec<u32>> = self.queue.lock().unwrap();
            loop {
                if let Some(number) = queue.pop() {
                    return number;
                }
                let (guard, timeout) =
                    self.filled.wait_timeout(queue, Duration::from_secs(100)).unwrap();
                assert!(!timeout.timed_out());
                queue = guard;
            }
        }
    }

    pub fn run() {
        let start = Instant::now();
        let shared = Arc::new(Shared::default());
        let (sender, receiver) = mpsc::channel();
        let theirs = Arc::clone(&shared);
        let worker: JoinHandle<()> = thread::Builder::new()
            .name("worker".into())
            .spawn(move || {
                let number = theirs.take();
                theirs.write().insert(number, format!("{number}"));
                sender.send(number).unwrap();
            })
            .unwrap();
        shared.queue.lock().unwrap().push(7);
        shared.filled.notify_one();
        assert_eq!(receiver.recv(), Ok(7));
        worker.join().unwrap();
        assert_eq!(shared.read()[&7], "7");
        assert!(start.elapsed() < Duration::from_secs(100));
        println!("{:?} is {:?}", thread::current().name(), shared);
    }
}

fn main() {
    program::run();
}
