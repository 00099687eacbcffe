//! What happens to the box and around the counter, apart from meals.

use super::EntryNumber;
use crate::domain::codes::closed_list;
use crate::domain::operator::OperatorId;

/// SHA-256 of a file or key.
pub type Digest = [u8; 32];
/// How often a device was enrolled by a code of its own: 1, 2, 3, …
pub type Epoch = u64;
/// What the kernel calls one start of the machine.
pub type BootId = [u8; 16];

closed_list! {
    /// How an operator's shift began or ended.
    SignChange {
        /// Signed in.
        In = "signed-in",
        /// Signed out.
        Out = "signed-out",
        /// Signed out by the box after a time without a touch.
        Idle = "timed-out",
    }
}

/// An operator signed in or out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Who.
    pub operator: OperatorId,
    /// Which.
    pub change: SignChange,
}

closed_list! {
    /// Why trust in the clock changed.
    ClockWhy {
        /// It is before the last trusted entry.
        BeforeLastEntry = "before-last-entry",
        /// It is before this program was made.
        BeforeBuild = "before-build",
        /// It is long after the last trusted entry, and nobody was there to see it pass.
        LongAfter = "long-after-last-entry",
        /// It jumped against the clock that never jumps.
        Jump = "jump",
        /// The machine started again while the clock was not trusted.
        Restart = "restart",
        /// It agrees again with all that the box knows of time.
        Agrees = "agrees",
        /// A technician or the city's time confirmed it.
        Confirmed = "confirmed",
    }
}

/// The box began or ceased to believe its clock, or started anew without believing it.
///
/// Entries after it are trusted or not as it says, up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockChange {
    /// Whether the clock is believed from now on.
    pub trusted: bool,
    /// Why.
    pub why: ClockWhy,
    /// Which start of the machine this is.
    pub boot: BootId,
    /// How far the clock is from where it was expected to be, in milliseconds; 0 where unknown.
    pub offset_ms: i64,
}

closed_list! {
    /// Which key changed.
    KeyPurpose {
        /// The device's own signing key.
        Device = "device",
        /// The city's public key.
        City = "city",
        /// The key that wraps the elders' keys. Its fingerprint is that of a value derived from it.
        Box = "box",
    }
}

/// A key was put in use, in the place of another where there was one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Which.
    pub purpose: KeyPurpose,
    /// Fingerprint of the new key.
    pub now: Digest,
    /// Fingerprint of the one before; none for the first.
    pub before: Option<Digest>,
}

/// What the city had acknowledged last when it enrolled the box anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// In which epoch.
    pub epoch: Epoch,
    /// The last entry.
    pub last: EntryNumber,
    /// Its hash.
    pub head: Digest,
}

/// The box was enrolled anew, under a new code of the city: what it seals from here on belongs to
/// another epoch. A ledger without such an entry is in epoch 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochChange {
    /// The new epoch, as the city counts.
    pub epoch: Epoch,
    /// What the city holds of the epochs before; none where nothing ever came.
    pub held: Option<Held>,
    /// The last entry up to which this ledger and that are the same, as far as the box knows: what
    /// the city holds beyond it is in the city only. 0 for none.
    pub common: EntryNumber,
}

impl EpochChange {
    /// The entries that the city holds and this ledger lacks, as far as the box knows: first and
    /// last, and of which epoch they are.
    pub fn lacking(&self) -> Option<(EntryNumber, EntryNumber, Epoch)> {
        let held = self.held.filter(|held| held.last > self.common)?;
        Some((self.common + 1, held.last, held.epoch))
    }
}

/// The box runs with another configuration than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// SHA-256 of the configuration file.
    pub config: Digest,
    /// SHA-256 of the rule book.
    pub rules: Digest,
}

closed_list! {
    /// How satisfied a diner is (满意度).
    Satisfaction {
        /// 满意
        Satisfied = "satisfied",
        /// 一般
        Fair = "fair",
        /// 不满意
        Dissatisfied = "dissatisfied",
    }
}

closed_list! {
    /// What left the box.
    ExportWhat {
        /// A proof of one entry.
        Proof = "proof",
        /// Signed batches on a medium.
        Batches = "batches",
        /// A report.
        Report = "report",
        /// A copy of the ledger.
        Backup = "backup",
    }
}

/// Something was taken out of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// What.
    pub what: ExportWhat,
    /// First entry that it covers.
    pub first: EntryNumber,
    /// Last entry that it covers.
    pub last: EntryNumber,
    /// SHA-256 of the file.
    pub digest: Digest,
}
