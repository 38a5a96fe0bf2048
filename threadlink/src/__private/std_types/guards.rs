//! The checks of parking_lot's guards of parts and of readers that may write.

/// Implemented by [`parking_lot::MappedMutexGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `MappedMutexGuard`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::MappedMutexGuard`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotMappedMutexGuard {}

impl<T: ?Sized> ParkingLotMappedMutexGuard for parking_lot::MappedMutexGuard<'_, T> {}
impl<T: ?Sized> ParkingLotMappedMutexGuard for crate::mutex::TracingMappedMutexGuard<'_, T> {}

/// Compiles only for [`parking_lot::MappedMutexGuard`], or its twin.
pub fn parking_lot_mapped_mutex_guard<T: ParkingLotMappedMutexGuard>() {}

/// Implemented by [`parking_lot::MappedRwLockReadGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `MappedRwLockReadGuard`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::MappedRwLockReadGuard`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotMappedRwLockReadGuard {}

impl<T: ?Sized> ParkingLotMappedRwLockReadGuard for parking_lot::MappedRwLockReadGuard<'_, T> {}
impl<T: ?Sized> ParkingLotMappedRwLockReadGuard for crate::rwlock::TracingMappedRwLockReadGuard<'_, T> {}

/// Compiles only for [`parking_lot::MappedRwLockReadGuard`], or its twin.
pub fn parking_lot_mapped_rw_lock_read_guard<T: ParkingLotMappedRwLockReadGuard>() {}

/// Implemented by [`parking_lot::MappedRwLockWriteGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `MappedRwLockWriteGuard`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::MappedRwLockWriteGuard`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotMappedRwLockWriteGuard {}

impl<T: ?Sized> ParkingLotMappedRwLockWriteGuard for parking_lot::MappedRwLockWriteGuard<'_, T> {}
impl<T: ?Sized> ParkingLotMappedRwLockWriteGuard for crate::rwlock::TracingMappedRwLockWriteGuard<'_, T> {}

/// Compiles only for [`parking_lot::MappedRwLockWriteGuard`], or its twin.
pub fn parking_lot_mapped_rw_lock_write_guard<T: ParkingLotMappedRwLockWriteGuard>() {}

/// Implemented by [`parking_lot::RwLockUpgradableReadGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `RwLockUpgradableReadGuard`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::RwLockUpgradableReadGuard`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotRwLockUpgradableReadGuard {}

impl<T: ?Sized> ParkingLotRwLockUpgradableReadGuard for parking_lot::RwLockUpgradableReadGuard<'_, T> {}
impl<T: ?Sized> ParkingLotRwLockUpgradableReadGuard
    for crate::rwlock::TracingRwLockUpgradableReadGuard<'_, T>
{
}

/// Compiles only for [`parking_lot::RwLockUpgradableReadGuard`], or its twin.
pub fn parking_lot_rw_lock_upgradable_read_guard<T: ParkingLotRwLockUpgradableReadGuard>() {}
