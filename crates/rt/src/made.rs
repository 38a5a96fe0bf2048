//! Where a lock was made, as the lock itself says it.
//!
//! A constructor knows its caller. One that is passed as a function (`map(Mutex::new)`), or that a collection calls, is called
//! from the source of the standard library, which says nothing of the program. It asks [`made_for`] then, which is exported: a
//! host that sees who calls puts itself in its place, in the copy that it runs. In a constant, and at a host that leaves the
//! function as it is, the answer is that nobody knows.

use core::panic::Location;
use core::ptr;

use threadlink_abi::made::is_of_std;

/// The word of a lock that says where it was made: the address of a `Location`, or a number that the host has given, which no such
/// address could be. 0 if nothing is known.
#[repr(transparent)]
pub struct Made(*const Location<'static>);

// SAFETY: it stands for a `&'static Location`, or for a number.
unsafe impl Send for Made {}
// SAFETY: as above.
unsafe impl Sync for Made {}

impl Made {
    /// Of a lock that was made from a constant.
    pub const UNKNOWN: Self = Self(ptr::null());

    /// The caller makes it.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn here() -> Self {
        Self::at(Location::caller())
    }

    /// It is made at this place.
    #[inline]
    #[must_use]
    pub const fn at(site: &'static Location<'static>) -> Self {
        if is_of_std(site.file()) {
            let known = made_for(ptr::from_ref(site));
            if known != 0 {
                return Self(ptr::without_provenance(known));
            }
        }
        Self(ptr::from_ref(site))
    }

    /// The `Location`, if it is one.
    #[must_use]
    pub fn location(&self) -> Option<&'static Location<'static>> {
        // SAFETY: what is aligned and not null was made of a `&'static Location`: a host gives no such numbers.
        (!self.0.is_null() && self.0.is_aligned()).then(|| unsafe { &*self.0 })
    }
}

/// Asks the host for whom a lock is made at this `Location` in the standard library's source: 0 if it does not know.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#[inline(never)]
// Where std has a copy of this function, the crate above std has its own, as it is called in constants.
// SAFETY: no other function is called so: of each copy of this crate there is one in a module.
#[cfg_attr(not(threadlink_std), unsafe(export_name = "__threadlink_made_for"))]
#[cfg_attr(threadlink_std, unsafe(export_name = "__threadlink_made_for_above_std"))]
const extern "C" fn made_for(site: *const Location<'static>) -> usize {
    // That the compiler knows neither what becomes of the one nor what the other is, is all that makes it call the function each
    // time. If it knew, places of some locks would be lost, and nothing else.
    core::hint::black_box(site);
    core::hint::black_box(0)
}

/// Outside of a guest nobody sees who calls.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
const fn made_for(_site: *const Location<'static>) -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_has_given_is_no_location() {
        let here = Made::here();
        assert_eq!(here.location().map(Location::file), Some(file!()));
        assert!(Made::UNKNOWN.location().is_none());
        assert!(Made(ptr::without_provenance(5)).location().is_none());
    }
}
