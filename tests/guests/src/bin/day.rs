//! Says which time it is: only the clock of the day is needed.

use threadlink::time::{Duration, SystemTime, UNIX_EPOCH};

#[threadlink::main]
fn main() {
    let now = SystemTime::now();
    let year_2000 = UNIX_EPOCH + Duration::from_secs(946_684_800);
    assert!(now > year_2000, "a clock that is set: {now:?}");
    assert_eq!(
        year_2000.duration_since(now).unwrap_err().duration(),
        now.duration_since(year_2000).unwrap()
    );
    assert!(now.checked_add(Duration::MAX).is_none());
}
