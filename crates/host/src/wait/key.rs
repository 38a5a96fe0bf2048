//! What a thread waits for, as one number.

/// What a thread waits for. Words of the guest's memory have the first 2³² keys: their addresses.
pub(crate) type Key = u64;

/// The end of the guest thread with this id.
pub(crate) fn end_of(thread: u32) -> Key {
    1 << 32 | Key::from(thread)
}

/// The next job of the worker with this number.
pub(crate) fn job_of(worker: u32) -> Key {
    2 << 32 | Key::from(worker)
}

/// Standard input.
pub(crate) const INPUT: Key = 3 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_things_have_one_key() {
        let edges = [0, 1, u32::MAX - 1, u32::MAX];
        let mut keys: Vec<Key> = edges
            .iter()
            .flat_map(|&number| [Key::from(number), end_of(number), job_of(number)])
            .chain([INPUT])
            .collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 3 * edges.len() + 1);
    }
}
