//! What happens before what, but for locks: [`Order`]. Fork and join, notifications, tokens of parked threads, waits at addresses;
//! and the mutexes of condition variables, for what they guard is what the others wait for: a barrier, a queue.

use threadlink_trace::{AwakeKind, Event, EventKind};

use super::history::History;
use threadlink_trace::hash::{Map, Set};

/// An event: the thread, and the number of the event among its own.
type Place = (u32, u32);

/// Those that may have ended a wait: of each thread the last, in their order.
#[derive(Default)]
struct Wakers(Vec<(u64, Place)>);

impl Wakers {
    fn add(&mut self, time: u64, place: Place) {
        self.0.retain(|(_, (thread, _))| *thread != place.0);
        self.0.push((time, place));
    }

    fn since(&self, time: u64) -> impl Iterator<Item = Place> {
        let recent = self.0.iter().rev().take_while(move |(when, _)| *when >= time);
        recent.map(|(_, place)| *place)
    }
}

/// As far as the trace has been read.
#[derive(Default)]
pub(super) struct Order {
    guards: Set<u32>,
    forks: Map<u32, Place>,
    notified: Map<u32, Wakers>,
    /// Tokens of threads, and messages of channels.
    tokens: Map<u32, Wakers>,
    /// When each thread took a token last.
    taken: Map<(u32, u32), u64>,
    wakened: Map<u32, Wakers>,
    /// Since when each thread waits for a condition variable, or at an address.
    waits: Map<u32, u64>,
    sleeps: Map<u32, u64>,
    /// Threads that wait for something that is told by itself: a lock, a thread, a condition variable, a token.
    inside: Set<u32>,
    unlocked: Map<u32, Place>,
}

impl Order {
    pub(super) fn new(guards: Set<u32>) -> Self {
        Self {
            guards,
            ..Self::default()
        }
    }

    /// Tells the history what happened before this event, which is the thread's present one, and whether it is a point. `lock`
    /// is the number of the lock that it is about.
    pub(super) fn event(&mut self, history: &mut History, event: Event, lock: Option<u32>) {
        let Event { time, thread, .. } = event;
        let here = (thread, history.now(thread));
        if here.1 == 1
            && let Some(fork) = self.forks.remove(&thread)
        {
            history.after(thread, fork);
        }
        match event.kind {
            EventKind::Fork { child } => {
                self.forks.insert(child, here);
                history.point(thread);
            }
            EventKind::End { .. } => {
                self.inside.remove(&thread);
                history.point(thread);
            }
            EventKind::JoinRequest { .. } | EventKind::Request { .. } => {
                self.inside.insert(thread);
            }
            EventKind::Join { child, reaped, .. } => {
                self.inside.remove(&thread);
                if !reaped {
                    let last = history.now(child);
                    history.point(child);
                    history.after(thread, (child, last));
                }
            }
            EventKind::Acquire { .. } => {
                self.inside.remove(&thread);
                if let Some(&release) = lock.and_then(|lock| self.unlocked.get(&lock)) {
                    history.after(thread, release);
                }
            }
            EventKind::Release { .. } => {
                if let Some(lock) = lock.filter(|lock| self.guards.contains(lock)) {
                    self.unlocked.insert(lock, here);
                    history.point(thread);
                }
            }
            EventKind::Wait { .. } => {
                self.waits.insert(thread, time);
                self.inside.insert(thread);
            }
            EventKind::Wake { condvar, timed_out } => {
                self.inside.remove(&thread);
                let since = self.waits.remove(&thread);
                if let Some(since) = since.filter(|_| !timed_out) {
                    after_all(history, thread, self.notified.get(&condvar), since);
                }
            }
            EventKind::Notify { condvar, .. } => {
                self.notified.entry(condvar).or_default().add(time, here);
                history.point(thread);
            }
            EventKind::Park { .. } => {
                self.inside.insert(thread);
            }
            EventKind::ParkEnd { token, timed_out } => {
                self.inside.remove(&thread);
                if !timed_out {
                    // Not only those since anybody's last: a channel has many messages, and each receiver comes after all before.
                    let since = self.taken.insert((token, thread), time).unwrap_or(0);
                    after_all(history, thread, self.tokens.get(&token), since);
                }
            }
            EventKind::Unpark { token, .. } => {
                self.tokens.entry(token).or_default().add(time, here);
                history.point(thread);
            }
            EventKind::Sleep { .. } => {
                self.sleeps.insert(thread, time);
            }
            EventKind::Awake { address, how } => {
                let since = self.sleeps.remove(&thread);
                let waited = since.filter(|_| how == AwakeKind::Woken && !self.inside.contains(&thread));
                if let Some(since) = waited {
                    after_all(history, thread, self.wakened.get(&address), since);
                }
            }
            EventKind::Waken { address, .. } => {
                self.wakened.entry(address).or_default().add(time, here);
                history.point(thread);
            }
            _ => {}
        }
    }
}

fn after_all(history: &mut History, thread: u32, wakers: Option<&Wakers>, since: u64) {
    for place in wakers.into_iter().flat_map(|wakers| wakers.since(since)) {
        history.after(thread, place);
    }
}
