//! A server in front of a slow store: clients put requests into a queue, workers answer them out of a cache that
//! forgets what was used longest ago.
//!
//! It is here twice: `plain.rs` is an ordinary program, `traced.rs` is the same with attributes on it.

/// A map of limited size.
mod lru {
    use std::collections::HashMap;
    use std::hash::Hash;

    /// No neighbour.
    const NONE: usize = usize::MAX;

    struct Node<K, V> {
        key: K,
        value: V,
        newer: usize,
        older: usize,
    }

    /// Forgets the least recently used entry when it is full. The entries form a list, by their indices.
    pub(crate) struct Lru<K, V> {
        nodes: Vec<Node<K, V>>,
        by_key: HashMap<K, usize>,
        newest: usize,
        oldest: usize,
        capacity: usize,
    }

    impl<K: Clone + Eq + Hash, V> Lru<K, V> {
        pub(crate) fn new(capacity: usize) -> Self {
            assert!(capacity > 0, "a cache has room for something");
            Self {
                nodes: Vec::with_capacity(capacity),
                by_key: HashMap::with_capacity(capacity),
                newest: NONE,
                oldest: NONE,
                capacity,
            }
        }

        pub(crate) fn get(&mut self, key: &K) -> Option<&V> {
            let index = *self.by_key.get(key)?;
            self.unlink(index);
            self.link(index);
            Some(&self.nodes[index].value)
        }

        /// Adds an entry; returns the one that was forgotten for it.
        pub(crate) fn insert(&mut self, key: K, value: V) -> Option<(K, V)> {
            if let Some(&index) = self.by_key.get(&key) {
                self.nodes[index].value = value;
                self.unlink(index);
                self.link(index);
                return None;
            }
            let node = Node {
                key: key.clone(),
                value,
                newer: NONE,
                older: NONE,
            };
            let (index, forgotten) = if self.nodes.len() < self.capacity {
                self.nodes.push(node);
                (self.nodes.len() - 1, None)
            } else {
                let index = self.oldest;
                self.unlink(index);
                let old = std::mem::replace(&mut self.nodes[index], node);
                self.by_key.remove(&old.key);
                (index, Some((old.key, old.value)))
            };
            self.by_key.insert(key, index);
            self.link(index);
            forgotten
        }

        /// Keys, the newest first.
        pub(crate) fn keys(&self) -> Vec<K> {
            let mut keys = Vec::new();
            let mut index = self.newest;
            while index != NONE {
                keys.push(self.nodes[index].key.clone());
                index = self.nodes[index].older;
            }
            keys
        }

        fn unlink(&mut self, index: usize) {
            let Node { newer, older, .. } = self.nodes[index];
            match newer {
                NONE => self.newest = older,
                newer => self.nodes[newer].older = older,
            }
            match older {
                NONE => self.oldest = newer,
                older => self.nodes[older].newer = newer,
            }
        }

        fn link(&mut self, index: usize) {
            self.nodes[index].newer = NONE;
            self.nodes[index].older = self.newest;
            match self.newest {
                NONE => self.oldest = index,
                newest => self.nodes[newest].newer = index,
            }
            self.newest = index;
        }
    }
}

/// The queue and the workers.
#[threadlink::traced(std)]
mod server {
    use super::lru::Lru;
    use std::collections::{BTreeMap, VecDeque};
    use std::sync::{Arc, Condvar, Mutex, RwLock};
    use std::thread::{self, JoinHandle};
    use std::time::{Duration, Instant};

    /// Where the answer to one request appears.
    #[derive(Default)]
    pub(crate) struct Reply {
        value: Mutex<Option<u64>>,
        there: Condvar,
    }

    impl Reply {
        fn set(&self, value: u64) {
            *self.value.lock().unwrap() = Some(value);
            self.there.notify_one();
        }

        /// Waits for the answer, but not for ever.
        pub(crate) fn wait(&self, limit: Duration) -> Option<u64> {
            let end = Instant::now() + limit;
            let mut value = self.value.lock().unwrap();
            while value.is_none() {
                let rest = end.checked_duration_since(Instant::now())?;
                let (guard, timeout) = self.there.wait_timeout(value, rest).unwrap();
                value = guard;
                if timeout.timed_out() {
                    break;
                }
            }
            *value
        }
    }

    struct Request {
        key: u32,
        reply: Arc<Reply>,
    }

    /// The queue: `None` is a worker's notice to quit.
    #[derive(Default)]
    struct Queue {
        requests: Mutex<VecDeque<Option<Request>>>,
        filled: Condvar,
    }

    impl Queue {
        fn put(&self, request: Option<Request>) {
            self.requests.lock().unwrap().push_back(request);
            self.filled.notify_one();
        }

        fn take(&self) -> Option<Request> {
            let requests = self.requests.lock().unwrap();
            let mut requests = self
                .filled
                .wait_while(requests, |requests| requests.is_empty())
                .unwrap();
            requests.pop_front().flatten()
        }
    }

    /// What the server has counted.
    #[derive(Debug, Default, Clone, Copy)]
    pub(crate) struct Counts {
        pub(crate) hits: u32,
        pub(crate) misses: u32,
        pub(crate) forgotten: u32,
    }

    struct Inner {
        queue: Queue,
        store: RwLock<BTreeMap<u32, u64>>,
        cache: Mutex<Lru<u32, u64>>,
        counts: Mutex<Counts>,
    }

    impl Inner {
        fn answer(&self, key: u32) -> u64 {
            if let Some(&value) = self.cache.lock().unwrap().get(&key) {
                self.counts.lock().unwrap().hits += 1;
                return value;
            }
            // Others may find the same gap meanwhile. They will fill it with the same value.
            let value = self.look_up(key);
            let forgotten = self.cache.lock().unwrap().insert(key, value);
            let mut counts = self.counts.lock().unwrap();
            counts.misses += 1;
            counts.forgotten += u32::from(forgotten.is_some());
            value
        }

        /// What is not in the store yet is computed, slowly, and stays there.
        fn look_up(&self, key: u32) -> u64 {
            let known = self.store.read().unwrap().get(&key).copied();
            known.unwrap_or_else(|| {
                let value = super::slow(key);
                self.store.write().unwrap().insert(key, value);
                value
            })
        }
    }

    /// A server. Ending it is up to the caller.
    pub(crate) struct Server {
        inner: Arc<Inner>,
        workers: Vec<JoinHandle<u32>>,
    }

    impl Server {
        pub(crate) fn start(workers: u32, capacity: usize) -> Self {
            let inner = Arc::new(Inner {
                queue: Queue::default(),
                store: RwLock::new(BTreeMap::new()),
                cache: Mutex::new(Lru::new(capacity)),
                counts: Mutex::default(),
            });
            let work = |number: u32| {
                let inner = Arc::clone(&inner);
                let serve = move || {
                    let mut served = 0;
                    while let Some(Request { key, reply }) = inner.queue.take() {
                        reply.set(inner.answer(key));
                        served += 1;
                    }
                    served
                };
                thread::Builder::new()
                    .name(format!("server {number}"))
                    .spawn(serve)
            };
            let workers = (0..workers).map(|number| work(number).expect("there is room for a worker"));
            Self {
                workers: workers.collect(),
                inner,
            }
        }

        pub(crate) fn ask(&self, key: u32) -> Arc<Reply> {
            let reply = Arc::new(Reply::default());
            self.inner.queue.put(Some(Request {
                key,
                reply: Arc::clone(&reply),
            }));
            reply
        }

        pub(crate) fn counts(&self) -> Counts {
            *self.inner.counts.lock().unwrap()
        }

        pub(crate) fn cached(&self) -> Vec<u32> {
            self.inner.cache.lock().unwrap().keys()
        }

        pub(crate) fn stored(&self) -> usize {
            self.inner.store.read().unwrap().len()
        }

        /// Ends the workers; returns how many requests they have served.
        pub(crate) fn end(self) -> u32 {
            for _ in &self.workers {
                self.inner.queue.put(None);
            }
            let workers = self.workers.into_iter();
            workers
                .map(|worker| worker.join().expect("no worker panics"))
                .sum()
        }
    }
}

/// How many steps a number takes to get to 1 by halving and tripling (the Collatz problem), and how high it gets.
fn slow(key: u32) -> u64 {
    let (mut number, mut highest, mut steps) = (u64::from(key).max(1), 0, 0);
    while number != 1 {
        number = if number.is_multiple_of(2) {
            number / 2
        } else {
            3 * number + 1
        };
        highest = highest.max(number);
        steps += 1;
    }
    highest * 1_000 + steps
}

#[threadlink::traced(std)]
fn clients(server: &std::sync::Arc<server::Server>) -> u64 {
    use std::thread;

    let ask = |client: u32| {
        let server = std::sync::Arc::clone(server);
        thread::spawn(move || {
            let mut sum = 0;
            for round in 0..100_u32 {
                let key = 1 + (client * 31 + round * round) % 60;
                let reply = server.ask(key);
                let value = reply.wait(std::time::Duration::from_secs(60));
                let value = value.expect("the server answers in a minute");
                assert_eq!(value, slow(key), "the answer for {key}");
                sum += value;
            }
            sum
        })
    };
    let clients: Vec<_> = (0..5).map(ask).collect();
    clients
        .into_iter()
        .map(|client| client.join().expect("no client panics"))
        .sum()
}

#[threadlink::main]
#[threadlink::traced(std)]
fn main() {
    use std::sync::Arc;

    let server = Arc::new(server::Server::start(3, 16));
    println!("the clients' answers add up to {}", clients(&server));
    let counts = server.counts();
    println!("{} requests were answered", counts.hits + counts.misses);
    println!("the store knows {} keys", server.stored());
    println!("the cache is full: {}", server.cached().len() == 16);
    assert!(counts.forgotten <= counts.misses);

    // One at a time: now it is certain what the cache holds, and in which order.
    for key in [1, 2, 3, 2, 1] {
        let reply = server.ask(key);
        assert!(reply.wait(std::time::Duration::from_secs(60)).is_some());
    }
    println!("used last: {:?}", &server.cached()[..3]);
    let server = Arc::into_inner(server).expect("the clients have gone");
    println!("the workers served {}", server.end());
}
