//! Random programs of waits and notifications, run on wasmtime's instructions and on ours: the same results, the same
//! traps, at the same places.

use std::fmt::Write as _;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use wasmtime::Val;

use super::{BOTH, Came, Machine};

/// What no test takes unless something hangs.
const WATCHDOG: Duration = Duration::from_secs(100);
/// Static offsets, of all lengths in LEB128 and around all limits.
const OFFSETS: [u32; 12] = [
    0,
    4,
    8,
    63,
    64,
    128,
    65_532,
    65_536,
    0x7fff_fff8,
    0x8000_0000,
    0xffff_0008,
    0xffff_fff8,
];
/// The first of them, which are smaller than the addresses that are waited for.
const SMALL: usize = 6;
const PAGES: (u32, u32) = (1, 3);

/// A module with each instruction at each offset: `wait32-3`, say, has the fourth.
fn module() -> Vec<u8> {
    let mut text = String::from("(module (import \"env\" \"memory\" (memory 1 3 shared))\n");
    for (index, offset) in OFFSETS.iter().enumerate() {
        let _ = write!(
            text,
            r#"(func (export "wait32-{index}") (param i32 i32 i64) (result i32)
                (i32.xor (i32.const 0) (memory.atomic.wait32 offset={offset} (local.get 0) (local.get 1) (local.get 2))))
            (func (export "wait64-{index}") (param i32 i64 i64) (result i32)
                (memory.atomic.wait64 offset={offset} (local.get 0) (local.get 1) (local.get 2)))
            (func (export "notify-{index}") (param i32 i32) (result i32)
                (i32.xor (i32.const 0) (memory.atomic.notify offset={offset} (local.get 0) (local.get 1))))"#
        );
    }
    text.push_str(
        r#"(func (export "store") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#,
    );
    wat::parse_str(text).unwrap()
}

/// One call of a program of one thread.
#[derive(Debug, Clone)]
enum Step {
    Wait32(usize, i32, i32, i64),
    Wait64(usize, i32, i64, i64),
    Notify(usize, i32, i32),
    Store(i32, i64),
    Grow(i32),
}

impl Step {
    fn call(&self) -> (String, Vec<Val>) {
        match *self {
            Self::Wait32(offset, address, expected, timeout) => (
                format!("wait32-{offset}"),
                vec![Val::I32(address), Val::I32(expected), Val::I64(timeout)],
            ),
            Self::Wait64(offset, address, expected, timeout) => (
                format!("wait64-{offset}"),
                vec![Val::I32(address), Val::I64(expected), Val::I64(timeout)],
            ),
            Self::Notify(offset, address, count) => (
                format!("notify-{offset}"),
                vec![Val::I32(address), Val::I32(count)],
            ),
            Self::Store(address, value) => ("store".to_owned(), vec![Val::I32(address), Val::I64(value)]),
            Self::Grow(pages) => ("grow".to_owned(), vec![Val::I32(pages)]),
        }
    }
}

/// Addresses around which something changes, as often as any others.
fn address() -> impl Strategy<Value = i32> {
    let around =
        |point: u32| (0..=24_u32).prop_map(move |by| point.wrapping_add(by).wrapping_sub(12).cast_signed());
    prop_oneof![
        around(12),
        around(65_536),
        around(2 * 65_536),
        around(3 * 65_536),
        around(0x8000_0000),
        around(0),
        any::<i32>(),
        // So that with a large offset it comes to a word inside, which in 33 bits it is not.
        prop::sample::select(&OFFSETS[..]).prop_flat_map(move |offset| around(0_u32.wrapping_sub(offset))),
        prop::sample::select(&OFFSETS[..])
            .prop_flat_map(move |offset| around(65_536_u32.wrapping_sub(offset))),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let offset = || 0..OFFSETS.len();
    // Words are mostly one of these, and so is what is expected of them.
    let value =
        || prop_oneof![4 => Just(0_i64), 2 => Just(-1), 1 => Just(0x7777_ffff_ffff), 1 => any::<i64>()];
    let timeout = || prop_oneof![Just(0_i64), Just(1), 0..3000_i64];
    prop_oneof![
        3 => (offset(), address(), value(), timeout())
            .prop_map(|(offset, at, value, limit)| Step::Wait32(offset, at, value as i32, limit)),
        3 => (offset(), address(), value(), timeout())
            .prop_map(|(offset, at, value, limit)| Step::Wait64(offset, at, value, limit)),
        2 => (offset(), address(), any::<i32>()).prop_map(|(offset, at, count)| Step::Notify(offset, at, count)),
        2 => (address(), value()).prop_map(|(at, value)| Step::Store(at, value)),
        1 => (0..2).prop_map(Step::Grow),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn programs_of_one_thread(steps in prop::collection::vec(step(), 1..120)) {
        let machines = MACHINES.with(Clone::clone);
        let [wasmtimes, ours] = machines.each_ref().map(|machine| {
            let machine = machine.afresh(PAGES);
            let mut running = machine.start();
            let came = steps.iter().map(|step| {
                let (name, arguments) = step.call();
                machine.call(&mut running, &name, &arguments)
            });
            came.collect::<Vec<Came>>()
        });
        for (index, step) in steps.iter().enumerate() {
            prop_assert_eq!(&ours[index], &wasmtimes[index], "step {}: {:?}", index, step);
        }
    }

    /// Threads wait without a limit, each by an instruction and a sum of its own; one thread notifies each address until
    /// it has woken all of them. Who waits for what is not to be seen from outside, so it tries until then.
    #[test]
    fn waits_for_ever_end_when_they_are_notified(
        words in prop::collection::vec((0..3_usize, any::<bool>(), 0..SMALL), 1..7),
        at_once in 1..4,
    ) {
        let machines = MACHINES.with(Clone::clone);
        for machine in machines.iter() {
            let machine = machine.afresh(PAGES);
            let (send, receive) = mpsc::channel();
            thread::scope(|scope| {
                for (word, wide, offset) in &words {
                    let (base, offset) = split(address_of(*word), *offset);
                    let (machine, send) = (&machine, send.clone());
                    scope.spawn(move || {
                        let address = Val::I32(base.cast_signed());
                        let mut running = machine.start();
                        let came = if *wide {
                            let arguments = [address, Val::I64(0), Val::I64(-1)];
                            machine.call(&mut running, &format!("wait64-{offset}"), &arguments)
                        } else {
                            let arguments = [address, Val::I32(0), Val::I64(i64::MIN)];
                            machine.call(&mut running, &format!("wait32-{offset}"), &arguments)
                        };
                        send.send(came).unwrap();
                    });
                }
                let mut running = machine.start();
                for word in 0..3 {
                    let mut left = words.iter().filter(|wait| wait.0 == word).count();
                    let start = Instant::now();
                    while left > 0 {
                        assert!(start.elapsed() < WATCHDOG, "{left} were never woken");
                        let address = Val::I32(address_of(word).cast_signed());
                        let came = machine.call(&mut running, "notify-0", &[address, Val::I32(at_once)]);
                        let Came::Back(woken) = came else { panic!("{came:?}") };
                        assert!(woken[0] <= at_once.into());
                        left -= usize::try_from(woken[0]).unwrap();
                        thread::yield_now();
                    }
                }
                for _ in &words {
                    let came = receive.recv_timeout(WATCHDOG).expect("it was not woken");
                    assert_eq!(came, Came::Back(vec![0]));
                }
            });
        }
    }
}

/// The address of one of the words that are waited for.
fn address_of(word: usize) -> u32 {
    128 + 8 * u32::try_from(word).unwrap()
}

/// An operand and a static offset (as its place in [`OFFSETS`]) that come to this address.
fn split(address: u32, offset: usize) -> (u32, usize) {
    (address - OFFSETS[offset], offset)
}

thread_local! {
    /// Compiled once: there are many programs.
    static MACHINES: std::sync::Arc<[Machine; 2]> = {
        let bytes = module();
        std::sync::Arc::new(BOTH.map(|whose| Machine::new(whose, &bytes, PAGES)))
    };
}
