//! parking_lot's attempts with a time limit and its readers that become writers, on a guest.

// xtask stress:

#[threadlink::traced]
mod locks {
    use std::sync::Barrier;
    use std::time::Duration;

    use parking_lot::{Mutex, RwLock, RwLockUpgradableReadGuard};

    const SOON: Duration = Duration::from_millis(5);
    const LATE: Duration = Duration::from_secs(60);

    /// A lock that somebody holds is given up in time, and had once it is free.
    pub(crate) fn attempts() {
        let (lock, met) = (Mutex::new(1), Barrier::new(2));
        threadlink::thread::scope(|scope| {
            let guard = lock.lock();
            scope.spawn(|| {
                assert!(lock.try_lock_for(SOON).is_none());
                met.wait();
                *lock.try_lock_for(LATE).expect("it will be free") += 1;
            });
            met.wait();
            drop(guard);
        });
        assert_eq!(lock.into_inner(), 2);
    }

    /// A reader becomes a writer when the other reader is gone.
    pub(crate) fn upgrades() {
        let (lock, met) = (RwLock::new(1), Barrier::new(2));
        threadlink::thread::scope(|scope| {
            scope.spawn(|| {
                let reader = lock.try_read_for(LATE).expect("nobody writes");
                met.wait();
                assert_eq!(*reader, 1);
            });
            let reader = lock.upgradable_read();
            met.wait();
            let mut writer = RwLockUpgradableReadGuard::upgrade(reader);
            *writer += 1;
        });
        assert!(lock.try_write_for(SOON).is_some());
        assert_eq!(lock.into_inner(), 2);
    }

    /// The same with time limits: one that passes while the other still reads, and one that does not.
    pub(crate) fn timed_upgrades() {
        let (lock, met) = (RwLock::new(1), Barrier::new(2));
        threadlink::thread::scope(|scope| {
            scope.spawn(|| {
                let reader = lock.read();
                met.wait();
                assert_eq!(*reader, 1);
                met.wait();
            });
            met.wait();
            let reader = lock.try_upgradable_read_for(LATE).expect("nobody writes");
            assert!(lock.try_upgradable_read_for(SOON).is_none());
            let reader = RwLockUpgradableReadGuard::try_upgrade_for(reader, SOON).expect_err("another reads");
            met.wait();
            *RwLockUpgradableReadGuard::try_upgrade_for(reader, LATE).expect("it goes") += 1;
        });
        assert_eq!(lock.into_inner(), 2);
    }
}

#[threadlink::main]
fn main() {
    locks::attempts();
    locks::upgrades();
    locks::timed_upgrades();
    threadlink::println!("done");
}
