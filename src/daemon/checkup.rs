//! After each visit and job: what is the matter with clock, disk and gallery goes onto the board, and
//! what waited for the clock is settled as soon as it is believed again.

use super::board::Board;
use super::crash::CRASH_FILE;
use super::desk::At;
use super::revise::Revised;
use crate::domain::calendar::service_date;
use crate::domain::health::Trouble;
use crate::store::{LeftOut, Space};
use tracing::{error, info};

/// Looks at everything that the ledger's thread knows about.
pub fn look(at: &mut At<'_>, board: &Board) {
    let now = at.clock().now();
    let doubted = board.troubles().borrow().contains_key(&Trouble::ClockUntrusted);
    if doubted && at.clock_trusted() {
        settle(at);
    }
    let (empty, stale) = at.writer().roster_state(service_date(now));
    // A disk that does not say how full it is shows when an entry is refused.
    let space = at.store().space().unwrap_or(Space::Plenty);
    let faceless = at.writer().faces_agreed() && no_template(at);
    let states = [
        (Trouble::ClockUntrusted, !at.clock_trusted()),
        (Trouble::DiskFull, space >= Space::InReserve),
        (Trouble::DiskLow, space == Space::Low),
        (Trouble::GalleryEmpty, empty),
        (Trouble::GalleryFaceless, faceless),
        (Trouble::GalleryStale, stale && !empty),
    ];
    for (trouble, holds) in states {
        match holds {
            true => board.raise(trouble, now, ""),
            false => board.clear(trouble),
        }
    }
    match at.store().left_out() {
        Ok(LeftOut { rows: 0, cards: 0 }) => board.clear(Trouble::GalleryRows),
        Ok(LeftOut { rows, cards }) => {
            let detail = format!("{rows} rows, {cards} cards of more than one elder");
            board.raise(Trouble::GalleryRows, now, &detail);
        }
        // What stands there is still the last that is known.
        Err(problem) => error!(%problem, "what the gallery lacks is not known"),
    }
    // Whoever has sent the report in takes it away.
    if !at.store().folder().join(CRASH_FILE).exists() {
        board.clear(Trouble::Crashed);
    }
    board.wrote();
}

/// Whether the gallery in force holds no face. What cannot be read is said elsewhere.
fn no_template(at: &mut At<'_>) -> bool {
    matches!(at.store().gallery_change(), Ok(Some(gallery)) if gallery.templates == 0)
}

/// Settles what waits. What fails is found again at the next start: it stands in the ledger.
pub(super) fn settle(at: &mut At<'_>) {
    match at.revise() {
        Ok(Revised { confirmed: 0, adjusted: 0 }) => {}
        Ok(Revised { confirmed, adjusted }) => info!(confirmed, adjusted, "earlier meals"),
        Err(problem) => error!(%problem, "what waits (待核) is not settled; restart the service"),
    }
}
