//! Which lock is which, where it was made, and which are none of the program's.

use std::collections::HashMap;
use std::sync::{Arc, Barrier, LazyLock, Mutex, Once, OnceLock, RwLock, mpsc};
use std::thread;

use super::{in_turn, locks, nest, part};

/// Lock after lock at one place of the stack, one after the other.
pub(crate) fn one_address() {
    for _ in 0..3 {
        let lock = std::hint::black_box(Mutex::new(0));
        *lock.lock().unwrap() += 1;
    }
}

/// The same on the heap, in two threads, in orders that would not fit if the locks were the same.
pub(crate) fn one_address_two_orders() {
    let [a] = locks(1) else { unreachable!() };
    thread::spawn(|| {
        let lock = Box::new(Mutex::new(0));
        nest(a, &lock);
    })
    .join()
    .unwrap();
    in_turn(vec![
        part(|| {
            let lock = Box::new(Mutex::new(0));
            nest(a, &lock);
        }),
        part(|| {
            let lock = Box::new(Mutex::new(0));
            nest(&lock, a);
        }),
    ]);
}

/// One that moves stays one.
pub(crate) fn moved() {
    let lock = Mutex::new(0);
    *lock.lock().unwrap() += 1;
    let lock = Box::new(lock);
    *lock.lock().unwrap() += 1;
    let lock = Vec::from([*lock]);
    *lock[0].lock().unwrap() += 1;
}

#[derive(Default)] // derived
struct Shelf {
    books: Mutex<u32>,
}

pub(crate) fn made() {
    let by_path: Vec<Mutex<u32>> = [1].into_iter().map(Mutex::new).collect(); // by path
    *by_path[0].lock().unwrap() += 1;
    let shelf = Shelf::default();
    *shelf.books.lock().unwrap() += 1;
    let shared: Arc<Mutex<u32>> = Arc::default(); // Arc::default
    *shared.lock().unwrap() += 1;
    let mut resized: Vec<Mutex<u32>> = Vec::new();
    resized.resize_with(1, Default::default); // resize_with
    *resized[0].lock().unwrap() += 1;
    let array: [Mutex<u32>; 1] = std::array::from_fn(|_| Mutex::new(0)); // from_fn
    *array[0].lock().unwrap() += 1;
    let into: Mutex<u32> = 5.into(); // into
    *into.lock().unwrap() += 1;
    let mut map: HashMap<u32, Mutex<u32>> = HashMap::new();
    let entry: &Mutex<u32> = map.entry(1).or_default(); // or_default
    *entry.lock().unwrap() += 1;
    let cell: OnceLock<Mutex<u32>> = OnceLock::new();
    *cell.get_or_init(Mutex::default).lock().unwrap() += 1; // get_or_init
    let option = std::hint::black_box(Some(3)).map(Mutex::new).unwrap(); // option
    *option.lock().unwrap() += 1;
    let cloned = Vec::from_iter(std::iter::repeat_n(Arc::new(Mutex::new(0)), 3)); // cloned
    *cloned[2].lock().unwrap() += 1;
    let closure = || Arc::new(Mutex::new(0)); // closure
    *closure().lock().unwrap() += 1;
    let rw: Vec<RwLock<u32>> = [1].into_iter().map(RwLock::new).collect(); // by path, to read
    *rw[0].write().unwrap() += 1;
    let lazy: LazyLock<Mutex<u32>> = LazyLock::new(Default::default);
    *lazy.lock().unwrap() += 1; // lazy
    let pointer: fn(u32) -> Mutex<u32> = Mutex::new;
    let by_pointer = std::hint::black_box(pointer)(1); // by pointer
    *by_pointer.lock().unwrap() += 1;
}

pub(crate) fn internals() {
    let lock = Arc::new(Mutex::new(0));
    let (sender, receiver) = mpsc::sync_channel(1);
    let barrier = Arc::new(Barrier::new(2));
    static ONCE: Once = Once::new();
    let other = {
        let (lock, barrier) = (Arc::clone(&lock), Arc::clone(&barrier));
        thread::Builder::new()
            .name("other".to_owned())
            .spawn(move || {
                barrier.wait();
                ONCE.call_once(|| eprintln!("once"));
                for number in 0..10 {
                    println!("sends {number}");
                    sender.send(number).unwrap();
                }
                *lock.lock().unwrap() += 1;
            })
            .unwrap()
    };
    barrier.wait();
    let sum: u32 = receiver.iter().sum();
    println!("{sum} {:?}", thread::current().id());
    other.join().unwrap();
    *lock.lock().unwrap() += 1;
    *lock.try_lock().unwrap() += 1;
    thread_local! { static LOCAL: Mutex<u32> = const { Mutex::new(0) }; }
    LOCAL.with(|local| *local.lock().unwrap() += 1);
}
