//! What a thread writes down where it calls its host: a record of [`SIZE`] words. A host's threads leave them in one ring, whose
//! order is that in which they were written.
//!
//! Whoever reads a record does so later, when the thread is further and its words in memory say something else. So a record has
//! all the words that its meaning depends on.

use threadlink_abi::Hook;

/// Words of a record.
pub const SIZE: usize = 16;

/// The word with the kind: a hook's place in [`Hook::ALL`], or another one of [`Kind`].
pub const KIND: usize = 0;
/// The id of the thread.
pub const THREAD: usize = 1;
/// The lock, condition variable or token, the address that is waited at, or another thread.
pub const ADDRESS: usize = 2;
/// What the kind adds.
pub const SECOND: usize = 3;
/// The thread's word for the place in the source.
pub const SITE: usize = 4;
/// Its word for the operation.
pub const OP: usize = 5;
/// Its count of locks that it has dropped.
pub const ENDED: usize = 6;
/// Nanoseconds since the run began: the lower half, and the upper one.
pub const TIME: usize = 7;
/// The number of the lock.
pub const INSTANCE: usize = 9;
/// What the lock says of its origin: place, name, and the name's length.
pub const MADE: usize = 10;
/// See [`MADE`].
pub const NAME: usize = 11;
/// See [`MADE`].
pub const NAME_LEN: usize = 12;
/// For the ring: which record it is.
pub const TICKET: usize = 15;

/// The first number that is no hook.
const OTHERS: u32 = 64;

/// Makes [`Kind`], and the names of its numbers.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:ident,)*) => {
        /// What a record can be of besides hooks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All of them, with their names.
            pub const ALL: &[(Self, &str)] = &[$((Self::$kind, stringify!($name))),*];
        }
    };
}

kinds! {
    /// Bytes of a name: how many, in the word [`ADDRESS`], and then those. The next fork is of a thread that is called so.
    Named = NAMED,
    /// The thread starts another one, which has this id; the second word is where its control block is, or 0.
    Fork = FORK,
    /// The thread begins.
    Start = START,
    /// The thread ends; it died, or it returned.
    End = END,
    /// It is about to wait for the end of another one, with this id.
    JoinRequest = JOIN_REQUEST,
    /// It has waited; that one died, or it returned.
    Join = JOIN,
    /// It has dropped the lock at an address, which had this number.
    Dropped = DROPPED,
    /// It is about to wait at an address until another thread wakes it.
    Sleep = SLEEP,
    /// The same, for some time at most.
    Nap = NAP,
    /// It does not wait any more: it was woken (0), has not found what it expected (1), or its time is over (2).
    Awake = AWAKE,
    /// It is about to wake so many that wait at an address.
    Waken = WAKEN,
}

impl Kind {
    /// The number that stands for it in the word [`KIND`].
    #[must_use]
    pub const fn number(self) -> u32 {
        OTHERS + self as u32
    }

    fn of(number: u32) -> Option<Self> {
        let place = usize::try_from(number.checked_sub(OTHERS)?).ok()?;
        Self::ALL.get(place).map(|(kind, _)| *kind)
    }
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Hook(Hook),
    Other(Kind),
}

/// A record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a>(pub &'a [u32; SIZE]);

impl Record<'_> {
    /// `None` if this knows nothing like it.
    pub(crate) fn what(&self) -> Option<What> {
        let number = self.word(KIND);
        let hook = usize::try_from(number)
            .ok()
            .and_then(|place| Hook::ALL.get(place));
        hook.map(|hook| What::Hook(*hook))
            .or_else(|| Kind::of(number).map(What::Other))
    }

    pub(crate) fn word(&self, place: usize) -> u32 {
        self.0.get(place).copied().unwrap_or(0)
    }

    pub(crate) fn time(&self) -> u64 {
        u64::from(self.word(TIME)) | u64::from(self.word(TIME + 1)) << 32
    }

    /// The bytes of a [`Kind::Named`].
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> {
        let count = usize::try_from(self.word(ADDRESS)).unwrap_or(0);
        let words = self.0[SECOND..TICKET].iter();
        words.flat_map(|word| word.to_le_bytes()).take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_one_thing() {
        for (place, hook) in (0..).zip(Hook::ALL) {
            let mut words = [0; SIZE];
            words[KIND] = place;
            assert_eq!(Record(&words).what(), Some(What::Hook(hook)));
        }
        for (kind, _) in Kind::ALL {
            let mut words = [0; SIZE];
            words[KIND] = kind.number();
            assert_eq!(Record(&words).what(), Some(What::Other(*kind)));
        }
        for number in [14, 63, 64 + 11, u32::MAX] {
            let mut words = [0; SIZE];
            words[KIND] = number;
            assert_eq!(Record(&words).what(), None, "{number}");
        }
    }

    #[test]
    fn a_name_is_no_longer_than_its_record() {
        let mut words = [0x4141_4141; SIZE];
        words[ADDRESS] = 5;
        assert_eq!(Record(&words).bytes().count(), 5);
        words[ADDRESS] = u32::MAX;
        assert_eq!(Record(&words).bytes().count(), 4 * (TICKET - SECOND));
    }
}
