//! For tests: that a type of ours implements the same marker traits as std's, whatever it is of.

use std::cell::Cell;
use std::marker::PhantomPinned;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::MutexGuard;

/// Whether a type implements a trait, as a constant.
macro_rules! implements {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code)]
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code)]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Otherwise for Probe<T> {}
        // An item of the type goes before one of a trait, where it applies.
        #[allow(dead_code)]
        impl<T: ?Sized + $($bound)+> Probe<T> {
            const ANSWER: bool = true;
        }
        <Probe<$type>>::ANSWER
    }};
}

/// Fails to compile unless both types implement the same of the marker traits.
macro_rules! same_markers {
    ($ours:ty, $stds:ty) => {
        const _: () = {
    assert!(implements!($ours: Send) == implements!($stds: Send), "Send");
    assert!(implements!($ours: Sync) == implements!($stds: Sync), "Sync");
            assert!(
        implements!($ours: Unpin) == implements!($stds: Unpin),
                "Unpin"
            );
            assert!(
        implements!($ours: std::panic::UnwindSafe) == implements!($stds: std::panic::UnwindSafe),
                "UnwindSafe"
            );
            assert!(
        implements!($ours: std::panic::RefUnwindSafe)
            == implements!($stds: std::panic::RefUnwindSafe),
                "RefUnwindSafe"
            );
    assert!(implements!($ours: Copy) == implements!($stds: Copy), "Copy");
            assert!(
        implements!($ours: Clone) == implements!($stds: Clone),
                "Clone"
            );
            assert!(
        implements!($ours: Default) == implements!($stds: Default),
                "Default"
            );
            assert!(
        implements!($ours: std::fmt::Debug) == implements!($stds: std::fmt::Debug),
                "Debug"
            );
            assert!(
        implements!($ours: std::fmt::Display) == implements!($stds: std::fmt::Display),
                "Display"
            );
    assert!(implements!($ours: Ord) == implements!($stds: Ord), "Ord");
            assert!(
        implements!($ours: std::hash::Hash) == implements!($stds: std::hash::Hash),
                "Hash"
            );
        };
    };
}

/// The same for generic types, of everything that tells the marker traits apart.
macro_rules! same_markers_of {
    ($ours:ident<$($lifetime:lifetime,)? T>, $($stds:ident)::+) => {
        same_markers_of!(@ $ours, ($($stds)::+), ($($lifetime,)?);
            i32,
            std::cell::Cell<i32>,
            std::rc::Rc<i32>,
            *const i32,
            &'static mut i32,
            &'static std::cell::Cell<i32>,
            std::sync::MutexGuard<'static, i32>,
            std::marker::PhantomPinned,
            std::panic::AssertUnwindSafe<&'static mut i32>,
            Box<dyn Fn() + Send>,
            fn()
        );
    };
    (@ $ours:ident, $stds:tt, $lifetimes:tt; $($of:ty),+) => {
        $(same_markers_of!(@@ $ours, $stds, $lifetimes, $of);)+
    };
    (@@ $ours:ident, ($($stds:ident)::+), ($($lifetime:lifetime,)?), $of:ty) => {
        same_markers!($ours<$($lifetime,)? $of>, $($stds)::+<$($lifetime,)? $of>);
    };
}

// The probe itself: one answer of each kind.
const _: () = {
    assert!(implements!(i32: Send) && !implements!(Rc<i32>: Send));
    assert!(implements!(MutexGuard<'static, i32>: Sync) && !implements!(MutexGuard<'static, i32>: Send));
    assert!(!implements!(Cell<i32>: Sync) && !implements!(PhantomPinned: Unpin));
    assert!(implements!(AssertUnwindSafe<&'static mut i32>: std::panic::UnwindSafe));
    assert!(!implements!(&'static mut i32: std::panic::UnwindSafe));
};
