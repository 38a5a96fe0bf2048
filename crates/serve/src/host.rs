//! Whom a request is for, as its header `Host` says.
//!
//! A page of somebody else's can let its own name mean this machine, and then read whatever is served here as if it were its own. The
//! browser says that name.

use std::net::IpAddr;

/// Whether a line of a request's head is no `Host`, or names this machine: `localhost`, or an address, which nobody else can let
/// mean another one.
pub(crate) fn is_local(line: &str) -> bool {
    let Some((name, host)) = line.split_once(':') else {
        return true;
    };
    if !name.trim().eq_ignore_ascii_case("host") {
        return true;
    }
    let host = host.trim();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_others_can_give_are_not_this_machine() {
        for line in [
            "Host: localhost",
            "host:localhost:8080",
            "HOST: LocalHost.:80",
            "Host: app.localhost:8080",
            "Host: 127.0.0.1:8080",
            "Host: [::1]:8080",
            "Accept: evil.example",
            "nonsense",
            "",
        ] {
            assert!(is_local(line), "{line}");
        }
        for line in [
            "Host: evil.example",
            "Host: evil.example:8080",
            "host: localhost.evil.example",
            "Host: notlocalhost",
            "Host: 127.0.0.1.evil.example",
            "Host: [evil.example]",
            "Host:",
            "Host : evil.example",
        ] {
            assert!(!is_local(line), "{line}");
        }
    }
}
