//! What the kernel says of a process's memory.

/// A line of a process's status in KiB: `VmRSS:` is what is in memory, `VmHWM:` the most that was.
pub fn status_kib(pid: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
