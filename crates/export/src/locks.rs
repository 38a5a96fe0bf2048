//! Which lock or condition variable an address means, as a number: for events in the order of their times.

use std::collections::HashMap;
use std::sync::Arc;

use threadlink_trace::{LockInfo, Trace};

use crate::numbers::Numbers;

/// One lock or condition variable: its number in the run; of one without, its address and since when that means it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Identity {
    Instance(u32),
    Address(u32, u64),
}

/// Locks and condition variables in the order in which they were asked for.
#[derive(Default)]
pub(crate) struct Locks {
    /// What each address means now, and until when.
    current: HashMap<u32, (u32, Option<u64>)>,
    numbers: Numbers<Identity>,
    /// By number: what stands at which address.
    known: Vec<Known>,
}

/// What is known of one.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) address: u32,
    pub(crate) name: Option<Arc<str>>,
    /// The site where it was made; 0 if that is not known.
    pub(crate) made: u32,
    /// When it is known to be no more.
    pub(crate) ended: Option<u64>,
}

impl Locks {
    /// The number of what `address` means at `time`, which is none before that of the last call.
    pub(crate) fn number(&mut self, trace: &Trace, address: u32, time: u64) -> u32 {
        if let Some(&(number, until)) = self.current.get(&address)
            && until.is_none_or(|until| time < until)
        {
            return number;
        }
        let locks = trace.locks();
        let after = locks.partition_point(|info| (info.addr, info.since) <= (address, time));
        let of_address = |info: &&LockInfo| info.addr == address;
        let meant = locks[..after].last().filter(of_address);
        let until = locks.get(after).filter(of_address).map(|info| info.since);
        let identity = match meant {
            Some(info) if info.instance != 0 => Identity::Instance(info.instance),
            _ => Identity::Address(address, meant.map_or(0, |info| info.since)),
        };
        let number = self.numbers.of(identity);
        if number as usize == self.known.len() {
            self.known.push(Known {
                address,
                name: meant.and_then(|info| info.name.clone()),
                made: meant.map_or(0, |info| info.made),
                ended: meant.and_then(|info| info.ended),
            });
        }
        self.current.insert(address, (number, until));
        number
    }

    /// All that were asked for, by their numbers.
    pub(crate) fn all(&self) -> &[Known] {
        &self.known
    }

    /// What has this number.
    pub(crate) fn known(&self, number: u32) -> &Known {
        &self.known[number as usize]
    }
}
