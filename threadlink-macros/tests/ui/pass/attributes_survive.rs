// Attributes of other macros, visibility, generics and clauses stay as they are.
use std::fmt::Debug;
use std::sync::{Mutex, RwLock};


/// Documented.
#[threadlink::traced]
#[derive(Debug)]
#[non_exhaustive]
pub struct Shelf<'a, T: ?Sized + Debug, const N: usize = 2>
where
    Mutex<&'a u8>: Debug,
    T: 'a,
{
    #[allow(dead_code)]
    #[doc(alias = "lock")]
    pub(crate) books: Mutex<Option<&'a T>>,
    #[cfg(all())]
    pub magazines: RwLock<[u8; 1]>,
    #[cfg(any())]
    pub gone: nowhere::sync::Mutex<u8>,
}

#[threadlink::traced]
#[must_use]
#[inline]
pub(crate) const fn make<const N: usize>() -> [Mutex<u8>; N] {
    #[allow(clippy::declare_interior_mutable_const)]
    const LOCK: Mutex<u8> = Mutex::new(1);
    [LOCK; N]
}

fn main() {
    let shelf = Shelf::<'_, str> { books: threadlink::sync::Mutex::new(Some("one")), magazines: threadlink::sync::RwLock::new([1]) };
    println!("{shelf:?} {:?}", make::<2>());
}
