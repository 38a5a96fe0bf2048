//! Access to the whole value of a lock without a guard: `get_cloned`, `set`, `replace`.
//!
//! std has them behind its unstable feature `lock_value_accessors`; what that promises may change, and these with it.

use std::sync::{LockResult, PoisonError};

use super::{TracingMutex, TracingRwLock};

/// The accessors of one lock, called `$name` in their examples, by its ways to read and to write.
macro_rules! whole_value {
    ($lock:ident, $name:literal, $read:ident, $write:ident) => {
        impl<T> $lock<T> {
            /// A copy of the data. Unstable in std (`lock_value_accessors`).
            ///
            /// # Errors
            /// If the lock is poisoned.
            ///
            /// ```
            #[doc = concat!("assert_eq!(threadlink::sync::", $name, "::new(7).get_cloned().unwrap(), 7);")]
            /// ```
            #[track_caller]
            pub fn get_cloned(&self) -> Result<T, PoisonError<()>>
            where
                T: Clone,
            {
                match self.$read() {
                    Ok(guard) => Ok((*guard).clone()),
                    Err(_) => Err(PoisonError::new(())),
                }
            }

            /// Puts `value` in place of the data, which is dropped after the release. Unstable in std
            /// (`lock_value_accessors`).
            ///
            /// # Errors
            /// If the lock is poisoned; the error holds `value`.
            ///
            /// ```
            #[doc = concat!("let lock = threadlink::sync::", $name, "::new(7);")]
            /// lock.set(8).unwrap();
            /// assert_eq!(lock.into_inner().unwrap(), 8);
            /// ```
            #[track_caller]
            pub fn set(&self, value: T) -> Result<(), PoisonError<T>> {
                self.replace(value).map(drop)
            }

            /// Puts `value` in place of the data, and returns the latter. Unstable in std (`lock_value_accessors`).
            ///
            /// # Errors
            /// If the lock is poisoned; the error holds `value`.
            ///
            /// ```
            #[doc = concat!("assert_eq!(threadlink::sync::", $name, "::new(7).replace(8).unwrap(), 7);")]
            /// ```
            #[track_caller]
            pub fn replace(&self, value: T) -> LockResult<T> {
                match self.$write() {
                    Ok(mut guard) => Ok(std::mem::replace(&mut *guard, value)),
                    Err(_) => Err(PoisonError::new(value)),
                }
            }
        }
    };
}

whole_value!(TracingMutex, "Mutex", lock, lock);
whole_value!(TracingRwLock, "RwLock", read, write);

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn whole_values_go_in_and_out_unless_poisoned() {
        let mutex = Arc::new(TracingMutex::new(String::from("a")));
        assert_eq!(mutex.get_cloned().unwrap(), "a");
        mutex.set(String::from("b")).unwrap();
        assert_eq!(mutex.replace(String::from("c")).unwrap(), "b");
        let theirs = Arc::clone(&mutex);
        std::thread::spawn(move || {
            let _guard = theirs.lock();
            panic!("while held");
        })
        .join()
        .unwrap_err();
        assert!(mutex.get_cloned().is_err());
        assert_eq!(mutex.set(String::from("d")).unwrap_err().into_inner(), "d");
        assert_eq!(mutex.replace(String::from("e")).unwrap_err().into_inner(), "e");
        assert_eq!(*mutex.lock().unwrap_err().into_inner(), "c");
    }
}
