//! The limit of Linux (`ulimit -v`).

/// Lets this process have so many bytes more than it has now, or fewer if it was allowed fewer. An allocation beyond that fails,
/// and most end the process.
pub(crate) fn limit(more: u64) {
    let Some(limit) = taken().and_then(|taken| taken.checked_add(more)) else {
        return;
    };
    let mut now = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `now` can be written to.
    if unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut now) } != 0 {
        return;
    }
    now.rlim_cur = now.rlim_cur.min(limit);
    // SAFETY: `now` can be read. A limit of addresses makes calls fail and changes nothing that is there. Where the system
    // refuses it, there is none, as on other systems.
    let _ = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const now) };
}

/// Bytes of addresses that this process has.
fn taken() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}
