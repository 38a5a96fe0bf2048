//! What the copy of a program calls that tells of its accesses of memory. None of it makes a thread pause, or fail: an access out of
//! bounds is told by nobody, and traps where it is made.

use threadlink_races::{Access, Place};
use wasmtime::{AsContext, AsContextMut, Caller, Linker, Result, Val, WasmBacktrace};

use crate::load::HOST_MODULE;
use crate::load::races::calls::Call;
use crate::load::races::{Kind, Site};
use crate::run::context::Context;
use crate::run::races::{Races, Teller};
use crate::run::shared::Run;

/// Who tells, to whom, and where the thread is.
struct Told<'a> {
    run: &'a Run,
    races: &'a Races,
    teller: Teller,
}

/// `None` if nobody listens: the instance is being made, or what happens is the allocator's business.
fn told(context: &Context) -> Option<Told<'_>> {
    let teller = context.teller.filter(|teller| teller.allocates == 0)?;
    Some(Told {
        run: &context.run,
        races: context.run.races.get()?,
        teller,
    })
}

impl<'a> Told<'a> {
    /// What is known of this site, and the place of the access.
    fn at(&self, caller: &Caller<'_, Context>, site: u32, path: i64) -> Option<(&'a Site, Place)> {
        let known = self.run.program.telling()?.sites.get(site as usize)?;
        let place = self
            .races
            .place(site, path, || WasmBacktrace::force_capture(caller.as_context()));
        Some((known, place))
    }

    /// The address of what the site accesses from here on, if it is there.
    fn address(&self, base: u32, site: &Site) -> Option<u32> {
        let address = base.checked_add(site.offset)?;
        self.has(address, u32::from(site.bytes)).then_some(address)
    }

    fn has(&self, address: u32, len: u32) -> bool {
        self.run.memory().contains(address, len)
    }
}

pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(
        HOST_MODULE,
        Call::Access.name(),
        |caller: Caller<'_, Context>, base: u32, site: u32, path: i64| {
            let _ = access(&caller, base, site, path);
        },
    )?;
    linker.func_wrap(
        HOST_MODULE,
        Call::Range.name(),
        |caller: Caller<'_, Context>, to: u32, from: u32, len: u32, site: u32, path: i64| {
            let _ = range(&caller, (to, from, len), site, path);
        },
    )?;
    linker.func_wrap(
        HOST_MODULE,
        Call::Atomic.name(),
        |caller: Caller<'_, Context>, base: u32, site: u32, path: i64| {
            atomic(&caller, base, site, path, false).unwrap_or_else(|| moment(caller.data()))
        },
    )?;
    linker.func_wrap(
        HOST_MODULE,
        Call::Exchanged.name(),
        |caller: Caller<'_, Context>, base: u32, site: u32, succeeded: u32, path: i64| {
            atomic(&caller, base, site, path, succeeded == 0).unwrap_or_else(|| moment(caller.data()))
        },
    )?;
    linker.func_wrap(
        HOST_MODULE,
        Call::Fence.name(),
        |caller: Caller<'_, Context>, site: u32| {
            fence(caller.data(), site).unwrap_or_else(|| moment(caller.data()))
        },
    )?;
    linker.func_wrap(
        HOST_MODULE,
        Call::Enter.name(),
        |mut caller: Caller<'_, Context>| {
            deeper(caller.data_mut(), 1);
        },
    )?;
    linker.func_wrap(
        HOST_MODULE,
        Call::Leave.name(),
        |mut caller: Caller<'_, Context>| {
            deeper(caller.data_mut(), -1);
            moment(caller.data())
        },
    )?;
    linker.func_wrap(
        HOST_MODULE,
        Call::Allocated.name(),
        |mut caller: Caller<'_, Context>, address: u32, len: u32, site: u32, path: i64| {
            deeper(caller.data_mut(), -1);
            if address != 0
                && let Some(told) = told(caller.data())
                && told.has(address, len)
                && let Some((_, place)) = told.at(&caller, site, path)
            {
                told.races.allocated(told.teller.slot, address, len, place);
            }
            moment(caller.data())
        },
    )?;
    linker.func_wrap(
        HOST_MODULE,
        Call::Freed.name(),
        |mut caller: Caller<'_, Context>, address: u32, len: u32, site: u32, path: i64| {
            if let Some(told) = told(caller.data())
                && told.has(address, len)
                && let Some((_, place)) = told.at(&caller, site, path)
            {
                told.races
                    .freed(&told.run.program, told.teller.slot, address, len, place);
            }
            deeper(caller.data_mut(), 1);
        },
    )?;
    Ok(())
}

fn access(caller: &Caller<'_, Context>, base: u32, site: u32, path: i64) -> Option<()> {
    let told = told(caller.data())?;
    let at = told.at(caller, site, path)?;
    let address = told.address(base, at.0)?;
    told.races
        .access(&told.run.program, told.teller.slot, address, at);
    Some(())
}

fn range(caller: &Caller<'_, Context>, (to, from, len): (u32, u32, u32), site: u32, path: i64) -> Option<()> {
    let told = told(caller.data())?;
    let (site, place) = told.at(caller, site, path)?;
    let slot = told.teller.slot;
    if !told.has(to, len) {
        return None;
    }
    if site.kind == Kind::Copy {
        if !told.has(from, len) {
            return None;
        }
        let read = (from, len);
        told.races
            .range(&told.run.program, slot, read, Access::READ, place);
    }
    told.races
        .range(&told.run.program, slot, (to, len), Access::WRITE, place);
    Some(())
}

fn atomic(caller: &Caller<'_, Context>, base: u32, site: u32, path: i64, failed: bool) -> Option<i64> {
    let context = caller.data();
    let (races, teller) = (context.run.races.get()?, context.teller?);
    let told = Told {
        run: &context.run,
        races,
        teller,
    };
    let known = told.run.program.telling()?.sites.get(site as usize)?;
    let address = told.address(base, known)?;
    let place = if known.private || teller.allocates > 0 {
        None
    } else {
        Some(told.at(caller, site, path)?.1)
    };
    Some(races.atomic(&told.run.program, teller.slot, address, (known, place), failed))
}

fn fence(context: &Context, site: u32) -> Option<i64> {
    let told = told(context)?;
    let site = told.run.program.telling()?.sites.get(site as usize)?;
    (!site.private).then(|| told.races.fence(told.teller.slot, site.orders.0))
}

fn deeper(context: &mut Context, by: i32) {
    if let Some(teller) = &mut context.teller {
        teller.allocates = teller.allocates.saturating_add_signed(by);
    }
}

/// The moment that a thread goes on with: that of a new memory, if nobody listens.
fn moment(context: &Context) -> i64 {
    let told = context.teller.zip(context.run.races.get());
    told.map_or(0, |(teller, races)| races.moment(teller.slot))
}

/// The thread goes on with another moment.
pub(crate) fn renew(store: &mut impl AsContextMut<Data = Context>) -> Result<()> {
    let context = store.as_context();
    let global = context.data().moment;
    let now = moment(context.data());
    match global {
        Some(global) => global.set(store, Val::I64(now)),
        None => Ok(()),
    }
}
