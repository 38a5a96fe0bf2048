//! What std promises of threads, time and streams, case by case; the argument says which. Each prints lines that a test knows.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex};
use std::thread::{self, Builder, ThreadId};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Says that it goes.
struct Goes(&'static str);

impl Drop for Goes {
    fn drop(&mut self) {
        println!("{} goes on {:?}", self.0, thread::current().name());
    }
}

thread_local! {
    static LOCAL: RefCell<Option<Goes>> = const { RefCell::new(None) };
}

fn destructors() {
    let thread = Builder::new()
        .name("worker".to_owned())
        .spawn(|| LOCAL.set(Some(Goes("a local"))));
    thread.expect("there is room").join().expect("it ends well");
    println!("joined");
    LOCAL.set(Some(Goes("main's")));
}

fn threads() {
    println!("{:?}", thread::current().name());
    let named = Builder::new().name("named".to_owned()).stack_size(128 * 1024);
    let named = named.spawn(|| thread::current().name().map(str::to_owned));
    println!(
        "{:?}",
        named.expect("there is room").join().expect("it ends well")
    );
    let unnamed = thread::spawn(|| thread::current().name().map(str::to_owned));
    println!("{:?}", unnamed.join().expect("it ends well"));

    let id = || thread::current().id();
    let ids: Vec<ThreadId> = (0..4)
        .map(|_| thread::spawn(id).join().expect("it ends well"))
        .collect();
    let handle = thread::spawn(id);
    let told = handle.thread().id();
    let same = told == handle.join().expect("it ends well");
    let mut seen = vec![id()];
    for one in ids {
        assert!(!seen.contains(&one), "{one:?} has come back");
        seen.push(one);
    }
    println!("ids: {same} {}", seen.len());

    let mut numbers = [1, 2, 3, 4];
    let sum = thread::scope(|scope| {
        let halves = numbers.chunks_mut(2).map(|half| {
            scope.spawn(move || {
                half.iter_mut().for_each(|number| *number *= 10);
                half.iter().sum::<i32>()
            })
        });
        let halves: Vec<_> = halves.collect();
        halves
            .into_iter()
            .map(|half| half.join().expect("it ends well"))
            .sum::<i32>()
    });
    println!("scope: {sum} {numbers:?}");

    let parked = thread::spawn(thread::park);
    parked.thread().unpark();
    parked.join().expect("it ends well");
    println!("finished: {}", {
        let thread = thread::spawn(|| ());
        while !thread.is_finished() {
            thread::yield_now();
        }
        thread.join().is_ok()
    });
    println!("parallelism: {:?}", thread::available_parallelism());
}

fn time() {
    let wait = Duration::from_millis(20);
    let started = Instant::now();
    thread::sleep(wait);
    println!("sleep: {}", started.elapsed() >= wait);
    let earlier = Instant::now().checked_sub(Duration::from_secs(3600));
    println!("earlier: {}", earlier.is_some());
    // 2020 and 2200.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    println!("now: {}", (1_577_836_800..7_258_118_400).contains(&now));

    let (sender, receiver) = mpsc::channel::<u32>();
    let started = Instant::now();
    let nothing = receiver.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
    println!("recv_timeout: {nothing} {}", started.elapsed() >= wait);
    sender.send(7).expect("somebody listens");
    println!("received: {:?}", receiver.recv_timeout(Duration::from_secs(60)));
    drop(sender);
    println!("closed: {:?}", receiver.recv_timeout(Duration::from_secs(60)));

    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let started = Instant::now();
    let guard = mutex.lock().expect("nobody panicked");
    let (_guard, result) = condvar
        .wait_timeout_while(guard, wait, |()| true)
        .expect("nobody panicked");
    println!(
        "wait_timeout: {} {}",
        result.timed_out(),
        started.elapsed() >= wait
    );
    let started = Instant::now();
    thread::park_timeout(wait);
    println!("park_timeout: {}", started.elapsed() < Duration::from_secs(60));
}

fn surroundings() {
    println!("args: {:?}", std::env::args().skip(1).collect::<Vec<_>>());
    println!("vars: {:?}", std::env::vars().collect::<Vec<_>>());
    println!("GIVEN: {:?}", std::env::var("GIVEN"));
    println!("PATH: {:?}", std::env::var("PATH"));
}

/// The input backwards, whatever its bytes.
fn streams() {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .expect("it can be read");
    bytes.reverse();
    std::io::stdout().write_all(&bytes).expect("it can be written");
    eprintln!("{} bytes", bytes.len());
    let _ = dbg!(bytes.len());
}

fn seeds() {
    let hashes: BTreeSet<u64> = (0..3)
        .map(|_| {
            thread::spawn(|| RandomState::new().hash_one(7))
                .join()
                .expect("it ends well")
        })
        .collect();
    let map: HashMap<u32, u32> = (0..20).map(|number| (number, number)).collect();
    println!("{hashes:?} {:?}", map.keys().collect::<Vec<_>>());
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("destructors") => destructors(),
        Some("threads") => threads(),
        Some("time") => time(),
        Some("surroundings") => surroundings(),
        Some("streams") => streams(),
        Some("seeds") => seeds(),
        other => panic!("no such case: {other:?}"),
    }
}
