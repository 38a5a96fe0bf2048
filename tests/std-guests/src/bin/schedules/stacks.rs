//! Stacks and buffers whose length was asked for before, and a stack without a lock.

use std::sync::Mutex;

use crate::parts::{Program, Var, panics, together, work};

pub(crate) const PROGRAMS: &[Program] = &[
    panics("stack", stack),
    panics("safestack", safe_stack),
    panics("stringbuffer", || append(false)),
];

/// Two threads ask whether there is something, and then take it.
fn stack() {
    let stack = Mutex::new(vec![1]);
    let pop = || {
        let is_empty = stack.lock().unwrap().is_empty();
        if !is_empty {
            assert!(stack.lock().unwrap().pop().is_some(), "the stack is empty");
        }
    };
    together([
        work("pusher", || stack.lock().unwrap().push(2)),
        work("popper-1", pop),
        work("popper-2", || {
            pop();
            pop();
        }),
    ]);
}

/// A stack of numbers, known for a fault that takes five changes of turn to show: a number may be had by two threads.
struct SafeStack {
    next: [Var; 3],
    head: Var,
    count: Var,
}

impl SafeStack {
    fn pop(&self) -> Option<usize> {
        while self.count.get() > 1 {
            let first = self.head.get();
            let slot = &self.next[usize::try_from(first).ok()?];
            let second = slot.swap(-1);
            if second >= 0 {
                if self.head.replace(first, second) {
                    self.count.add(-1);
                    return usize::try_from(first).ok();
                }
                slot.swap(second);
            }
        }
        None
    }

    fn push(&self, number: usize) {
        loop {
            let first = self.head.get();
            self.next[number].set(first);
            if self.head.replace(first, number as i64) {
                self.count.add(1);
                return;
            }
        }
    }
}

fn safe_stack() {
    let stack = SafeStack {
        next: [Var::new(1), Var::new(2), Var::new(-1)],
        head: Var::new(0),
        count: Var::new(3),
    };
    let owners = [const { Var::new(-1) }; 3];
    together((0..3).map(|own| {
        let (stack, owners) = (&stack, &owners);
        work(&format!("thread-{own}"), move || {
            for _ in 0..2 {
                if let Some(number) = stack.pop() {
                    owners[number].set(own);
                    assert_eq!(owners[number].get(), own, "two have number {number}");
                    stack.push(number);
                }
            }
        })
    }));
}

/// Text is appended whose length was asked for, while another thread makes it shorter; with one lock over both if it is `whole`.
pub(crate) fn append(whole: bool) {
    let (text, copy) = (Mutex::new("abc".to_owned()), Mutex::new(String::new()));
    let first = |text: &str, len: usize| text.get(..len).expect("it is that long").to_owned();
    together([
        work("appender", || {
            let part = if whole {
                let text = text.lock().unwrap();
                first(&text, text.len())
            } else {
                let len = text.lock().unwrap().len();
                first(&text.lock().unwrap(), len)
            };
            copy.lock().unwrap().push_str(&part);
        }),
        work("eraser", || text.lock().unwrap().clear()),
    ]);
}
