//! The table of what is replaced: each name's home, its twin in threadlink, and how its spelling is checked.

use proc_macro2::Ident;

/// Something that has a twin in threadlink.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its name.
    pub(crate) ident: &'static str,
    pub(crate) home: Home,
    pub(crate) kind: Kind,
    /// The twin's path in the threadlink crate.
    pub(crate) twin: &'static [&'static str],
    /// The function in `threadlink::__private::std_types` that compiles only for this type.
    pub(crate) check: &'static str,
    /// What has to be asked for before it is replaced.
    pub(crate) switch: Switch,
    /// Whether the name alone is taken for it. Not so for words that could be anyone's.
    pub(crate) bare: bool,
}

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// A module of std.
    Std(&'static str),
    ParkingLot,
    /// Threadlink itself: it gets a name, and is not replaced.
    Threadlink,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Type {
        /// How many lifetimes it takes.
        lifetimes: usize,
        /// How many types it takes.
        types: usize,
    },
    /// A function or a constant. It is its module that is checked, by a type in it.
    Value {
        /// The type.
        marker: &'static str,
        /// How many types that takes.
        types: usize,
    },
}

/// A part of std that is replaced on demand only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// The locks, which are what the attribute is for.
    Always,
    Thread,
    Time,
    Channels,
    Print,
    Process,
}

/// The switches that are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Switches {
    pub(crate) thread: bool,
    pub(crate) time: bool,
    pub(crate) channels: bool,
    pub(crate) print: bool,
    pub(crate) process: bool,
}

impl Switches {
    /// `#[traced(std)]`
    pub(crate) const ALL: Self = Self {
        thread: true,
        time: true,
        channels: true,
        print: true,
        process: true,
    };

    pub(crate) fn has(self, switch: Switch) -> bool {
        match switch {
            Switch::Always => true,
            Switch::Thread => self.thread,
            Switch::Time => self.time,
            Switch::Channels => self.channels,
            Switch::Print => self.print,
            Switch::Process => self.process,
        }
    }
}

impl Name {
    /// How many lifetimes and types the type takes that is it or is checked for it.
    pub(crate) fn arity(&self) -> (usize, usize) {
        match self.kind {
            Kind::Type { lifetimes, types } => (lifetimes, types),
            Kind::Value { types, .. } => (0, types),
        }
    }

    /// Whether natively the twin is std's own.
    pub(crate) fn is_std_natively(&self) -> bool {
        matches!(self.switch, Switch::Time | Switch::Channels) || self.home == Home::Std("io")
    }

    /// Whether it is a lock or condition variable, not a guard.
    pub(crate) fn is_lock(&self) -> bool {
        matches!(self.ident, "Mutex" | "RwLock" | "Condvar") || self.is_ours()
    }

    /// Whether it is one of threadlink's locks already.
    pub(crate) fn is_ours(&self) -> bool {
        self.home == Home::Threadlink
    }

    /// Whether it is std's.
    pub(crate) fn is_std(&self) -> bool {
        matches!(self.home, Home::Std(_))
    }

    pub(crate) fn is_type(&self) -> bool {
        matches!(self.kind, Kind::Type { .. })
    }

    /// Its path at home.
    pub(crate) fn original(&self) -> Vec<&'static str> {
        match self.home {
            Home::Std("mpsc") => vec!["std", "sync", "mpsc", self.ident],
            Home::Std(module) => vec!["std", module, self.ident],
            Home::ParkingLot => vec!["parking_lot", self.ident],
            Home::Threadlink => vec!["threadlink", self.twin[0], self.ident],
        }
    }
}

/// A type of std.
const fn ty(
    switch: Switch,
    twin: &'static [&'static str; 2],
    check: &'static str,
    lifetimes: usize,
    types: usize,
) -> Name {
    Name {
        ident: twin[1],
        home: Home::Std(twin[0]),
        kind: Kind::Type { lifetimes, types },
        twin,
        check,
        switch,
        bare: true,
    }
}

/// A type whose name alone says too little.
const fn word(mut name: Name) -> Name {
    name.bare = false;
    name
}

/// A function or constant of std. Alone, its name is a variable's as well.
const fn value(
    switch: Switch,
    twin: &'static [&'static str; 2],
    check: &'static str,
    marker: &'static str,
) -> Name {
    Name {
        ident: twin[1],
        home: Home::Std(twin[0]),
        kind: Kind::Value { marker, types: 0 },
        twin,
        check,
        switch,
        bare: false,
    }
}

/// A type of parking_lot.
const fn parking_lot(
    ident: &'static str,
    twin: &'static [&'static str; 2],
    check: &'static str,
    lifetimes: usize,
) -> Name {
    Name {
        ident,
        home: Home::ParkingLot,
        kind: Kind::Type { lifetimes, types: 1 },
        twin,
        check,
        switch: Switch::Always,
        bare: false,
    }
}

/// A lock of threadlink's. There are two of each name, in `mutex` or `rwlock` and in `sync`, and both are made from a raw
/// lock in the same words.
const fn ours(twin: &'static [&'static str; 2]) -> Name {
    Name {
        ident: twin[1],
        home: Home::Threadlink,
        kind: Kind::Type {
            lifetimes: 0,
            types: 1,
        },
        twin,
        check: "tracing_lock",
        switch: Switch::Always,
        bare: true,
    }
}

/// Something in `std::sync::mpsc`.
const fn channel(twin: &'static [&'static str; 3], kind: Kind, check: &'static str) -> Name {
    Name {
        ident: twin[2],
        home: Home::Std("mpsc"),
        kind,
        twin,
        check,
        switch: Switch::Channels,
        bare: matches!(kind, Kind::Type { .. }),
    }
}

const fn thread(twin: &'static [&'static str; 2]) -> Name {
    value(Switch::Thread, twin, "thread", "ThreadId")
}

/// One end of a channel.
const END: Kind = Kind::Type {
    lifetimes: 0,
    types: 1,
};
/// An iterator that borrows one.
const BORROWING: Kind = Kind::Type {
    lifetimes: 1,
    types: 1,
};
/// A function that makes both.
const ENDS: Kind = Kind::Value {
    marker: "Sender",
    types: 1,
};

pub(crate) static NAMES: [Name; 54] = {
    use Switch::{Always, Print, Process, Thread, Time};
    [
        ty(Always, &["sync", "Mutex"], "mutex", 0, 1),
        ty(Always, &["sync", "MutexGuard"], "mutex_guard", 1, 1),
        ty(Always, &["sync", "RwLock"], "rw_lock", 0, 1),
        ty(Always, &["sync", "RwLockReadGuard"], "rw_lock_read_guard", 1, 1),
        ty(Always, &["sync", "RwLockWriteGuard"], "rw_lock_write_guard", 1, 1),
        ty(Always, &["sync", "Condvar"], "condvar", 0, 0),
        ty(
            Always,
            &["sync", "WaitTimeoutResult"],
            "wait_timeout_result",
            0,
            0,
        ),
        parking_lot("Mutex", &["mutex", "TracingMutex"], "parking_lot_mutex", 0),
        parking_lot(
            "MutexGuard",
            &["mutex", "TracingMutexGuard"],
            "parking_lot_mutex_guard",
            1,
        ),
        parking_lot("RwLock", &["rwlock", "TracingRwLock"], "parking_lot_rw_lock", 0),
        parking_lot(
            "RwLockReadGuard",
            &["rwlock", "TracingRwLockReadGuard"],
            "parking_lot_rw_lock_read_guard",
            1,
        ),
        parking_lot(
            "RwLockWriteGuard",
            &["rwlock", "TracingRwLockWriteGuard"],
            "parking_lot_rw_lock_write_guard",
            1,
        ),
        parking_lot(
            "MappedMutexGuard",
            &["mutex", "TracingMappedMutexGuard"],
            "parking_lot_mapped_mutex_guard",
            1,
        ),
        parking_lot(
            "MappedRwLockReadGuard",
            &["rwlock", "TracingMappedRwLockReadGuard"],
            "parking_lot_mapped_rw_lock_read_guard",
            1,
        ),
        parking_lot(
            "MappedRwLockWriteGuard",
            &["rwlock", "TracingMappedRwLockWriteGuard"],
            "parking_lot_mapped_rw_lock_write_guard",
            1,
        ),
        parking_lot(
            "RwLockUpgradableReadGuard",
            &["rwlock", "TracingRwLockUpgradableReadGuard"],
            "parking_lot_rw_lock_upgradable_read_guard",
            1,
        ),
        ty(Thread, &["thread", "JoinHandle"], "join_handle", 0, 1),
        ty(
            Thread,
            &["thread", "ScopedJoinHandle"],
            "scoped_join_handle",
            1,
            1,
        ),
        ty(Thread, &["thread", "ThreadId"], "thread", 0, 0),
        word(ty(Thread, &["thread", "Thread"], "thread_handle", 0, 0)),
        word(ty(Thread, &["thread", "Builder"], "thread_builder", 0, 0)),
        word(ty(Thread, &["thread", "Scope"], "thread_scope", 2, 0)),
        thread(&["thread", "spawn"]),
        thread(&["thread", "scope"]),
        thread(&["thread", "current"]),
        thread(&["thread", "sleep"]),
        thread(&["thread", "yield_now"]),
        thread(&["thread", "park"]),
        thread(&["thread", "park_timeout"]),
        thread(&["thread", "park_timeout_ms"]),
        thread(&["thread", "sleep_ms"]),
        thread(&["thread", "available_parallelism"]),
        ty(Time, &["time", "Instant"], "instant", 0, 0),
        ty(Time, &["time", "SystemTime"], "system_time", 0, 0),
        value(Time, &["time", "UNIX_EPOCH"], "system_time", "SystemTime"),
        channel(&["sync", "mpsc", "Sender"], END, "sender"),
        channel(&["sync", "mpsc", "SyncSender"], END, "sync_sender"),
        channel(&["sync", "mpsc", "Receiver"], END, "receiver"),
        word(channel(&["sync", "mpsc", "Iter"], BORROWING, "channel_iter")),
        word(channel(
            &["sync", "mpsc", "TryIter"],
            BORROWING,
            "channel_try_iter",
        )),
        word(channel(&["sync", "mpsc", "IntoIter"], END, "channel_into_iter")),
        channel(&["sync", "mpsc", "channel"], ENDS, "mpsc"),
        channel(&["sync", "mpsc", "sync_channel"], ENDS, "mpsc"),
        value(Print, &["io", "stdout"], "io", "Stdout"),
        value(Print, &["io", "stderr"], "io", "Stdout"),
        word(ty(Print, &["io", "Stdout"], "stdout", 0, 0)),
        word(ty(Print, &["io", "Stderr"], "stderr", 0, 0)),
        word(ty(Print, &["io", "StdoutLock"], "stdout_lock", 1, 0)),
        word(ty(Print, &["io", "StderrLock"], "stderr_lock", 1, 0)),
        value(Process, &["process", "exit"], "process", "ExitCode"),
        value(Process, &["env", "args"], "env", "Args"),
        word(ty(Process, &["env", "Args"], "env", 0, 0)),
        value(Process, &["env", "args_os"], "env", "Args"),
        word(ty(Process, &["env", "ArgsOs"], "env_os", 0, 0)),
    ]
};

static OURS: [Name; 2] = [
    ours(&["mutex", "TracingMutex"]),
    ours(&["rwlock", "TracingRwLock"]),
];

/// The lock of threadlink's that stands at the head of a path, and how many segments it takes: alone, or in its module.
pub(crate) fn ours_in(segments: &[&Ident]) -> Option<(&'static Name, usize)> {
    let find = |ident: &Ident| OURS.iter().find(|name| ident == name.ident);
    match segments {
        [ident, ..] if find(ident).is_some() => Some((find(ident)?, 1)),
        [module, ident, ..] if is_ours(module) => Some((find(ident)?, 2)),
        [_, module, ident, ..] if is_ours(module) => Some((find(ident)?, 3)),
        _ => None,
    }
}

/// Whether a module of this name has locks of threadlink's.
fn is_ours(module: &Ident) -> bool {
    ["sync", "mutex", "rwlock"].iter().any(|ours| module == ours)
}

/// The modules of std that have names in the table, each with the module that it is in.
pub(crate) const MODULES: [(&str, Option<&str>); 7] = [
    ("sync", None),
    ("mpsc", Some("sync")),
    ("thread", None),
    ("time", None),
    ("io", None),
    ("process", None),
    ("env", None),
];

/// The printing macros.
pub(crate) const PRINTERS: [&str; 5] = ["println", "print", "eprintln", "eprint", "dbg"];

/// The name that `ident` alone is.
pub(crate) fn bare(ident: &Ident) -> Option<&'static Name> {
    NAMES.iter().find(|name| name.bare && ident == name.ident)
}

/// The name that is called `ident` at `home`.
pub(crate) fn at(home: Home, ident: &Ident) -> Option<&'static Name> {
    NAMES.iter().find(|name| name.home == home && ident == name.ident)
}

/// What an import of a module of std, or with `None` of std itself, is made to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Facade {
    /// The module of that name in `threadlink::__private::std_facade`.
    Module(&'static str),
    /// Nothing in it is replaced.
    None,
    /// It takes all options, and there are some.
    NeedsAll,
}

/// See [`Facade`].
pub(crate) fn facade(module: Option<&'static str>, switches: Switches) -> Facade {
    match module {
        None if switches == Switches::ALL => Facade::Module("whole"),
        None if switches == Switches::default() => Facade::Module("locks"),
        None => Facade::NeedsAll,
        Some("sync") if !switches.channels => Facade::Module("sync_locks"),
        Some(module) => {
            let mut names = NAMES.iter();
            let replaced = names.any(|name| name.home == Home::Std(module) && switches.has(name.switch));
            if replaced {
                Facade::Module(module)
            } else {
                Facade::None
            }
        }
    }
}

/// The module that is called `ident`, where an import may have brought it.
pub(crate) fn module(ident: &Ident) -> Option<&'static str> {
    let mut modules = MODULES.into_iter().map(|(module, _)| module);
    modules.find(|module| ident == module)
}

/// The module that is called `ident` in std itself, or in this module of it.
pub(crate) fn module_in(outer: Option<&str>, ident: &Ident) -> Option<&'static str> {
    let found = MODULES
        .into_iter()
        .find(|(module, within)| *within == outer && ident == module);
    found.map(|(module, _)| module)
}
