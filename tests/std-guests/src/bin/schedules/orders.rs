//! Two things that belong together and are read or written one after the other; and threads that come too early.

use std::sync::Mutex;

use crate::parts::{Program, Var, panics, together, work};

pub(crate) const PROGRAMS: &[Program] = &[
    panics("reorder_3", || reorder(2)),
    panics("reorder_4", || reorder(3)),
    panics("reorder_5", || reorder(4)),
    panics("reorder_10", || reorder(9)),
    panics("reorder_20", || reorder(19)),
    panics("twostage", || two_stages(1)),
    panics("twostage_100", || two_stages(99)),
    panics("token_ring", token_ring),
    panics("bluetooth_driver", bluetooth),
    panics("fsbench", file_system),
    panics("streamcluster", barrier),
];

/// Many threads set two variables, and one looks whether both are set or none.
fn reorder(setters: usize) {
    let (a, b) = (Var::new(0), Var::new(0));
    let set = || {
        a.set(1);
        b.set(-1);
    };
    let mut works: Vec<_> = (0..setters)
        .map(|own| work(&format!("setter-{own}"), set))
        .collect();
    works.push(work("checker", || {
        let (a, b) = (a.get(), b.get());
        assert!((a, b) == (0, 0) || (a, b) == (1, -1), "one is set and one is not");
    }));
    together(works);
}

/// Many threads set one value under a lock and then the next one under another, and one looks at both.
fn two_stages(setters: usize) {
    let (first, second) = (Mutex::new(0), Mutex::new(0));
    let set = || {
        *first.lock().unwrap() = 1;
        *second.lock().unwrap() = *first.lock().unwrap() + 1;
    };
    let mut works: Vec<_> = (0..setters)
        .map(|own| work(&format!("setter-{own}"), set))
        .collect();
    works.push(work("checker", || {
        let one = *first.lock().unwrap();
        if one != 0 {
            assert_eq!(*second.lock().unwrap(), one + 1, "the second stage is missing");
        }
    }));
    together(works);
}

/// Each thread hands on what it has from the one before, and one looks whether all have the same.
fn token_ring() {
    let ring = Mutex::new([0, 0, 0]);
    let seen = Mutex::new([false; 3]);
    let hand = |own: usize| {
        let mut ring = ring.lock().unwrap();
        ring[own] = ring[(own + 2) % 3] + usize::from(own == 0);
        seen.lock().unwrap()[own] = true;
    };
    together([
        work("first", || hand(0)),
        work("second", || hand(1)),
        work("third", || hand(2)),
        work("checker", || {
            let ring = ring.lock().unwrap();
            if *seen.lock().unwrap() == [true; 3] {
                assert!(
                    ring[0] == ring[1] && ring[1] == ring[2],
                    "they handed on too early"
                );
            }
        }),
    ]);
}

/// A driver is asked for something while it is stopped.
fn bluetooth() {
    #[derive(Default)]
    struct Driver {
        pending: Var,
        stopping: Var,
        stopped: Var,
        idle: Var,
    }
    impl Driver {
        fn leave(&self) {
            if self.pending.add(-1) == 1 {
                self.idle.set(1);
            }
        }
    }
    let driver = Driver::default();
    driver.pending.set(1);
    together([
        work("stopper", || {
            driver.stopping.set(1);
            driver.leave();
            if driver.idle.get() == 1 {
                driver.stopped.set(1);
            }
        }),
        work("user", || {
            if driver.stopping.get() == 0 {
                driver.pending.add(1);
                assert_eq!(driver.stopped.get(), 0, "the driver is stopped");
                driver.leave();
            }
        }),
    ]);
}

/// Files look for a free block, from their own one on; whether it is free they ask before they take it.
fn file_system() {
    const BLOCKS: usize = 4;
    let owners: Vec<Mutex<Option<usize>>> = (0..BLOCKS).map(|_| Mutex::new(None)).collect();
    together((0..3).map(|file| {
        let owners = &owners;
        work(&format!("file-{file}"), move || {
            let mut block = file * 2 % BLOCKS;
            while owners[block].lock().unwrap().is_some() {
                block = (block + 1) % BLOCKS;
            }
            let before = owners[block].lock().unwrap().replace(file);
            assert_eq!(before, None, "two files have block {block}");
        })
    }));
}

/// A barrier that is used again before all have left it.
fn barrier() {
    #[derive(Default)]
    struct Barrier {
        came: Var,
        open: Var,
    }
    impl Barrier {
        fn wait(&self) {
            if self.came.add(1) == 1 {
                self.came.set(0);
                self.open.set(1);
            }
            while self.open.get() == 0 {
                std::thread::yield_now();
            }
        }
    }
    let (barrier, rounds) = (Barrier::default(), [Var::new(0), Var::new(0)]);
    together((0..2).map(|own: usize| {
        let (barrier, rounds) = (&barrier, &rounds);
        work(&format!("worker-{own}"), move || {
            for round in 1..=2 {
                rounds[own].set(round);
                barrier.wait();
                assert!(rounds[1 - own].get() >= round, "the other one is not there");
            }
        })
    }));
}
