//! After each visit and job: what is the matter with clock, disk and gallery goes onto the board.

use super::board::Board;
use super::desk::At;
use crate::domain::calendar::service_date;
use crate::domain::health::Trouble;

/// Looks at everything that the ledger's thread knows about.
pub(super) fn look(at: &mut At<'_>, board: &Board) {
    let now = at.clock().now();
    let (empty, stale) = at.writer().roster_state(service_date(now));
    let states = [
        (Trouble::ClockUntrusted, !at.clock_trusted()),
        (Trouble::DiskFull, at.store().short_of_space()),
        (Trouble::GalleryEmpty, empty),
        (Trouble::GalleryStale, stale && !empty),
    ];
    for (trouble, holds) in states {
        match holds {
            true => board.raise(trouble, now, ""),
            false => board.clear(trouble),
        }
    }
    board.counts().jobs.add();
    board.wrote();
}
