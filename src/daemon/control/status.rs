//! How the box is, in numbers and codes: for `canteend status`, doctor and metrics.
//!
//! No name, elder id or picture is in it.

use crate::daemon::board::Board;
use crate::daemon::counts::Tally;
use crate::daemon::desk::{At, Desk};
use crate::domain::health::{Trouble, Weight};
use crate::error::Failure;
use serde::{Deserialize, Serialize};

/// What the ledger's thread knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerStatus {
    /// Device id.
    pub device: String,
    /// Number of the last entry.
    pub entries: u64,
    /// The last entry that the city has acknowledged.
    pub acknowledged: u64,
    /// Whether the clock is believed.
    pub clock_trusted: bool,
    /// Number of the gallery; 0 before the first.
    pub gallery: u64,
    /// Elders in it.
    pub elders: u32,
    /// Templates in it.
    pub templates: u32,
    /// Day of its eligibility data, where there is a gallery.
    pub eligibility_as_of: Option<String>,
    /// Local time of the box.
    pub now: String,
}

/// A trouble that holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TroubleStatus {
    /// Its code, see [`Trouble`].
    pub code: String,
    /// Whether somebody has to look today.
    pub fault: bool,
    /// Since when (UTC+8).
    pub since: String,
    /// More about it.
    pub detail: String,
    /// What is the matter.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// How the box is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// What the ledger's thread knows.
    pub ledger: LedgerStatus,
    /// What is the matter, by code.
    pub troubles: Vec<TroubleStatus>,
    /// How much was done since the start.
    pub done: Tally,
    /// How many pages follow the box: one where the touchscreen is lit.
    pub pages: usize,
}

impl Status {
    /// How the box is now.
    ///
    /// # Errors
    /// Where the ledger cannot be read, or the box is stopping.
    pub async fn of(desk: &Desk, board: &Board) -> Result<Self, Failure> {
        let ledger = desk.ask(Self::ledger).await??;
        Ok(Self::new(ledger, board))
    }

    /// The part that only the ledger's thread knows.
    fn ledger(at: &mut At<'_>) -> Result<LedgerStatus, Failure> {
        let clock_trusted = at.clock_trusted();
        let now = crate::record::at_text(at.clock().now());
        let store = at.store();
        let gallery = store.gallery_change()?;
        let gallery = gallery.as_ref();
        Ok(LedgerStatus {
            device: store.device().to_owned(),
            entries: store.last_entry()?,
            acknowledged: store.acknowledged()?,
            clock_trusted,
            gallery: gallery.map_or(0, |g| g.generation),
            elders: gallery.map_or(0, |g| g.elders),
            templates: gallery.map_or(0, |g| g.templates),
            eligibility_as_of: gallery.map(|g| g.as_of.to_string()),
            now,
        })
    }

    fn new(ledger: LedgerStatus, board: &Board) -> Self {
        let trouble =
            |(trouble, raised): (&Trouble, &crate::daemon::board::Raised)| TroubleStatus {
                code: trouble.code().to_owned(),
                fault: trouble.weight() == Weight::Fault,
                since: crate::record::at_text(raised.since),
                detail: raised.detail.clone(),
                problem: trouble.problem().to_owned(),
                remedy: trouble.remedy().to_owned(),
            };
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ledger,
            troubles: board.troubles().borrow().iter().map(trouble).collect(),
            done: board.counts().done(),
            pages: board.pages(),
        }
    }
}
