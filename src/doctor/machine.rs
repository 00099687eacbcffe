//! Memory to spare, and the clock.

use super::{Check, Finding};
use crate::config::Config;
use crate::daemon::control::status::Status;
use crate::daemon::parts;
use crate::domain::calendar::{SHANGHAI, Timestamp};
use crate::domain::clock_trust::NOT_BEFORE;
use crate::store::Reader;
use std::fs;
use std::path::Path;

/// Memory to spare, in MiB, below which a browser beside the service may be ended by the kernel.
const SPARE_MIB_LOW: u64 = 256;
/// Memory to spare, in MiB, below which the service itself is in danger.
const SPARE_MIB_MIN: u64 = 96;
/// Where systemd's time service says that the clock was set from the network.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";
/// The clock that runs on a battery: seconds since 1970.
const BATTERY_CLOCK: &str = "/sys/class/rtc/rtc0/since_epoch";
/// By how many seconds it may differ from the system's.
const BATTERY_S_MAX: u64 = 120;
/// Where the kernel says to what disk or file it may move memory.
const SWAPS: &str = "/proc/swaps";

/// Memory.
pub(super) fn memory() -> Finding {
    // Its first line is a heading.
    let swaps = fs::read_to_string(SWAPS).is_ok_and(|swaps| swaps.lines().count() > 1);
    match fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(spare_mib) {
        Some(mib) => judge_memory(mib, swaps),
        None => Check::Memory.warning("the kernel does not tell", "see: free -m"),
    }
}

/// What the kernel calls available, in MiB.
fn spare_mib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib >> 10)
}

fn judge_memory(mib: u64, swaps: bool) -> Finding {
    let seen = format!("{mib} MiB to spare");
    let remedy = "see what takes it: systemd-cgtop -m; restart the touchscreen's browser";
    match mib {
        SPARE_MIB_LOW.. if swaps => Check::Memory.warning(
            format!("{seen}; the kernel may swap, and so carry what the screen shows to the disk"),
            "swapoff -a, and take the swap out of /etc/fstab; the service itself is never swapped",
        ),
        SPARE_MIB_LOW.. => Check::Memory.ok(seen),
        SPARE_MIB_MIN.. => Check::Memory.warning(seen, remedy),
        _ => Check::Memory.fault(seen, remedy),
    }
}

/// What is known of the clock.
struct Known {
    now: Timestamp,
    /// The last time that the ledger believes, and whether it believes the clock.
    ledger: Option<(Option<Timestamp>, bool)>,
    synchronised: bool,
    battery: Option<Timestamp>,
}

/// The clock, by the ledger and by the machine.
pub(super) fn clock(config: &Config, status: Option<&Status>) -> Finding {
    let ledger = Reader::open(&config.state).ok().and_then(|reader| reader.clock().ok());
    judge_clock(&Known {
        now: parts::clock(config).now(),
        ledger: ledger.map(|standing| {
            let believed = standing.change.is_none_or(|change| change.trusted);
            (standing.high, status.map_or(believed, |status| status.ledger.clock_trusted))
        }),
        synchronised: Path::new(SYNCHRONISED).exists(),
        battery: fs::read_to_string(BATTERY_CLOCK)
            .ok()
            .and_then(|text| Timestamp::from_second(text.trim().parse().ok()?).ok()),
    })
}

fn judge_clock(known: &Known) -> Finding {
    let at = SHANGHAI.to_datetime(known.now);
    let seen = format!("{} at UTC+8", at.strftime("%Y-%m-%d %H:%M:%S"));
    let set = "set it right (timedatectl set-time), then: canteend clock confirm";
    if at.date() < NOT_BEFORE {
        return Check::Clock.fault(format!("{seen}, before this program was made"), set);
    }
    if let Some((Some(high), _)) = known.ledger
        && known.now < high
    {
        return Check::Clock.fault(format!("{seen}, before the ledger's last entry"), set);
    }
    if let Some((_, false)) = known.ledger {
        return Check::Clock.warning(
            format!("{seen}, and the ledger does not believe it: meals wait for confirmation"),
            "compare it with a clock that is right, then: canteend clock confirm",
        );
    }
    match (known.synchronised, known.battery) {
        (true, _) => Check::Clock.ok(format!("{seen}, set from the network")),
        (false, Some(battery)) if !agree(known.now, battery) => Check::Clock.warning(
            format!("{seen}; the clock on the mainboard's battery shows another time"),
            "compare both with a clock that is right: hwclock --show. Set the right one by \
             hwclock --systohc; wrong again after a power cut: the battery is empty, replace it",
        ),
        (false, Some(_)) => Check::Clock.ok(format!("{seen}, not set from the network")),
        (false, None) => Check::Clock.warning(
            format!("{seen}; without network or battery it is wrong after a power cut"),
            "fit a clock with a battery, or let the box reach a time server",
        ),
    }
}

/// Whether both clocks show one time, be the battery's in UTC or in local time.
fn agree(now: Timestamp, battery: Timestamp) -> bool {
    let local_s = 8 * 3600;
    let apart = battery.as_second() - now.as_second();
    [apart, apart - local_s].into_iter().any(|apart| apart.unsigned_abs() <= BATTERY_S_MAX)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn memory_to_spare_is_what_the_kernel_calls_available() {
        assert_eq!(spare_mib("MemTotal: 9 kB\nMemAvailable:   524288 kB\n"), Some(512));
        assert_eq!(spare_mib("MemTotal: 9 kB\n"), None);
        for (mib, verdict) in [(512, Verdict::Ok), (128, Verdict::Warning), (10, Verdict::Fault)] {
            assert_eq!(judge_memory(mib, false).verdict, verdict);
        }
        let swapped = judge_memory(512, true);
        assert!(swapped.verdict == Verdict::Warning && swapped.seen.contains("swap"));
    }

    #[test]
    fn the_clock_is_judged_by_the_program_the_ledger_and_the_machine() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (noon, later) = (at("2026-03-02T04:00:00Z"), at("2026-03-02T05:00:00Z"));
        let known = |now, ledger| Known { now, ledger, synchronised: false, battery: Some(now) };
        let day_before = Some(at("2026-03-01T04:00:00Z"));
        let in_local_time = Some(at("2026-03-02T12:01:00Z"));
        let cases = [
            (known(noon, None), Verdict::Ok, "2026-03-02 12:00:00"),
            (known(at("2020-01-01T00:00:00Z"), None), Verdict::Fault, "before this program"),
            (known(noon, Some((Some(later), true))), Verdict::Fault, "last entry"),
            (known(later, Some((Some(noon), false))), Verdict::Warning, "not believe"),
            (Known { battery: None, ..known(noon, None) }, Verdict::Warning, "power cut"),
            (Known { battery: day_before, ..known(noon, None) }, Verdict::Warning, "battery shows"),
            (Known { battery: in_local_time, ..known(noon, None) }, Verdict::Ok, "not set"),
            (Known { synchronised: true, ..known(noon, None) }, Verdict::Ok, "from the network"),
        ];
        for (known, verdict, word) in cases {
            let found = judge_clock(&known);
            assert!(found.verdict == verdict && found.seen.contains(word), "{found:?}");
        }
    }
}
