//! Which lock or condition variable stood at an address when, as the events tell: from the first use of each up to the next
//! one's at the same address.

use std::collections::HashMap;

use super::trace::LockInfo;

/// What the events of a trace say of instances.
#[derive(Default)]
pub(super) struct Lives {
    begun: Vec<Life>,
    /// When instances were no more, wherever they stood then.
    ended: HashMap<u32, u64>,
}

/// From some time on an address means this instance.
struct Life {
    addr: u32,
    since: u64,
    instance: u32,
}

impl Lives {
    pub(super) fn begin(&mut self, addr: u32, instance: u32, since: u64) {
        self.begun.push(Life {
            addr,
            since,
            instance,
        });
    }

    pub(super) fn end(&mut self, instance: u32, time: u64) {
        self.ended.insert(instance, time);
    }

    /// What each address means from when on: the definitions, which are ascending and unique by address and time, and
    /// each instance with the definition that was the last one at its beginning.
    pub(super) fn into_locks(mut self, definitions: Vec<LockInfo>) -> Vec<LockInfo> {
        if self.begun.is_empty() {
            return definitions;
        }
        self.begun.sort_by_key(|life| (life.addr, life.since));
        let mut lives = self.begun.into_iter().peekable();
        let mut defined = definitions.into_iter().peekable();
        let mut locks: Vec<LockInfo> = Vec::with_capacity(lives.len().max(defined.len()));
        loop {
            let life = lives.peek().map(|life| (life.addr, life.since));
            let definition = defined.peek().map(|info| (info.addr, info.since));
            let Some((addr, since)) = [life, definition].into_iter().flatten().min() else {
                return locks;
            };
            let before = locks.last().filter(|info| info.addr == addr);
            let instance = lives
                .next_if(|life| (life.addr, life.since) == (addr, since))
                .map(|life| life.instance);
            let defined = defined.next_if(|info| (info.addr, info.since) == (addr, since));
            let (made, name) = match (&defined, before) {
                (Some(info), _) | (None, Some(info)) => (info.made, info.name.clone()),
                (None, None) => (0, None),
            };
            let instance = instance.or(before.map(|info| info.instance)).unwrap_or(0);
            locks.push(LockInfo {
                addr,
                since,
                instance,
                ended: self.ended.get(&instance).copied(),
                made,
                name,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defined(addr: u32, since: u64, name: &str) -> LockInfo {
        LockInfo {
            addr,
            since,
            instance: 0,
            ended: None,
            made: 0,
            name: Some(name.into()),
        }
    }

    /// Address, time, instance, end and name.
    type Seen<'a> = (u32, u64, u32, Option<u64>, Option<&'a str>);

    fn seen(locks: &[LockInfo]) -> Vec<Seen<'_>> {
        let all = locks.iter();
        all.map(|info| {
            (
                info.addr,
                info.since,
                info.instance,
                info.ended,
                info.name.as_deref(),
            )
        })
        .collect()
    }

    #[test]
    fn an_instance_has_the_last_definition_before_it() {
        let mut lives = Lives::default();
        // In the order of the file, which is nobody's order of time.
        lives.begin(8, 3, 70);
        lives.begin(8, 1, 10);
        lives.begin(4, 2, 30);
        lives.begin(8, 5, 90);
        lives.end(1, 75);
        lives.end(4, 75);
        let definitions = vec![
            defined(8, 10, "first"),
            defined(8, 90, "other"),
            defined(12, 5, "alone"),
        ];
        let locks = lives.into_locks(definitions);
        assert_eq!(
            seen(&locks),
            [
                (4, 30, 2, None, None),
                (8, 10, 1, Some(75), Some("first")),
                (8, 70, 3, None, Some("first")),
                (8, 90, 5, None, Some("other")),
                (12, 5, 0, None, Some("alone")),
            ]
        );
    }

    #[test]
    fn two_claims_of_one_moment_are_no_trouble() {
        let mut lives = Lives::default();
        lives.begin(8, 1, 10);
        lives.begin(8, 2, 10);
        let locks = lives.into_locks(Vec::new());
        assert_eq!(seen(&locks), [(8, 10, 1, None, None), (8, 10, 2, None, None)]);
    }
}
