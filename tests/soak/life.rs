//! What a process holds, as the kernel tells it.

use std::fs;

/// What a process holds.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Memory that is in use, in KiB.
    pub rss_kib: u64,
    /// Open handles.
    pub handles: usize,
    /// Threads.
    pub threads: usize,
}

impl Held {
    /// What process `pid` holds now.
    pub fn of(pid: u32) -> Held {
        let count = |part: &str| fs::read_dir(format!("/proc/{pid}/{part}")).unwrap().count();
        Held {
            rss_kib: crate::memory::status_kib(pid, "VmRSS:").unwrap(),
            handles: count("fd"),
            threads: count("task"),
        }
    }

    /// Fails where this is more than `before`, but for `slack_kib` of memory.
    #[track_caller]
    pub fn assert_flat_since(self, before: Held, slack_kib: u64) {
        println!("{before:?} → {self:?}");
        assert!(self.rss_kib <= before.rss_kib + slack_kib, "memory: {before:?} → {self:?}");
        assert!(self.handles <= before.handles, "handles: {before:?} → {self:?}");
        assert!(self.threads <= before.threads, "threads: {before:?} → {self:?}");
    }
}
