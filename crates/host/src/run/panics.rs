//! Panics of the host's own: in a sink of the embedder's, or in the engine where it has no memory left for a stack. One of
//! them ends what it happened in, and somebody is told; nothing waits for a thread that is no more.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

/// Does `work`; a panic becomes its message. What the work had borrowed is in whatever state it was left in: callers drop it,
/// or use only what is whole after every step.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| message(&*payload))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(caught(|| 7), Ok(7));
        // Like `panic!`, but without a line on the standard error.
        let payloads: [Box<dyn Any + Send>; 3] =
            [Box::new("static"), Box::new("owned".to_owned()), Box::new(7)];
        let messages = payloads.map(|payload| caught(|| panic::resume_unwind(payload)).unwrap_err());
        assert_eq!(messages, ["static", "owned", "a panic without a message"]);
    }
}
