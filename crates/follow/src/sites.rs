//! Sites that the host has found out itself, where std says nothing of the program: what they mean, the host is asked once.

use std::fmt;

use threadlink_trace::Site;
use threadlink_watch::Watch;

/// Knows the place that such a site stands for.
pub(crate) type Ask = Box<dyn Fn(u32) -> Option<Site> + Send>;

/// Whoever can be asked.
#[derive(Default)]
pub(crate) struct Sites(Option<Ask>);

impl Sites {
    pub(crate) fn of(ask: Option<Ask>) -> Self {
        Self(ask)
    }

    /// Lets the watch know the place of this site, if it is one of the host's.
    pub(crate) fn learn<M, C>(&self, watch: &Watch<M, C>, site: u32) {
        let Some(ask) = &self.0 else { return };
        if !threadlink_watch::Places::may_have(site) || watch.places.get(site).is_some() {
            return;
        }
        if let Some(place) = ask(site) {
            watch.places.insert(place, &watch.budget);
        }
    }
}

impl fmt::Debug for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sites").field(&self.0.is_some()).finish()
    }
}
