//! What an entry does to the tables that follow from the entries.
//!
//! 1. An entry that contradicts the ones before it is refused, and changes nothing.
//! 2. The same statements serve appending and verification: tables are named without their schema,
//!    so that a replay works on temporary tables of the same names, which SQLite looks up first.

mod later;
mod serving;
mod state;

use super::db::PROJECTIONS;
use super::ledger::LedgerError;
use crate::domain::entry::operation::Epoch;
use crate::domain::entry::{Entry, EntryNumber, Event};
use crate::domain::month::Month;
use rusqlite::Connection;

pub(super) use later::{closed, verdict_on};
pub(super) use state::{clock, config, epoch};

/// Each table, and the column that tells its rows apart in a message.
pub(super) const TABLES: [(&str, &str); 11] = [
    ("meal", "seq"),
    ("visit", "seq"),
    ("review", "seq"),
    ("verdict", "entry"),
    ("adjustment", "entry"),
    ("closed", "month"),
    ("clock", "since"),
    ("shift", "seq"),
    ("key_in_use", "purpose"),
    ("config", "one"),
    ("gallery", "generation"),
];

/// How an entry contradicts the ones before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// A meal or visit of another day than the one it is written on.
    #[error("a meal is of the day on which it is written; enter an earlier one late (补录)")]
    OtherDay,
    /// The entry before does not vouch for it.
    #[error("the entry before does not vouch for this elder, day and meal")]
    Basis,
    /// An entry by which staff vouch for a meal that does not follow.
    #[error("an entry by which staff vouch for a meal must be followed by that meal")]
    NothingFollows,
    /// A late entry of too long ago.
    #[error(
        "a meal can be entered at most {} days late",
        crate::domain::entry::correction::LATE_DAYS_MAX
    )]
    TooLate,
    /// No such review, or settled or expired before.
    #[error("entry {0} is no open review")]
    NotOpen(EntryNumber),
    /// The clock's trust is not what the last clock entry says, or it was said before.
    #[error("whether the clock is trusted is not as the last clock entry says")]
    Trust,
    /// A trusted time before the last one.
    #[error("its time is before that of an earlier trusted entry")]
    Backwards,
    /// Confirmed what is not pending, or with a day or reason that does not fit.
    #[error("entry {0} does not wait for such a confirmation")]
    NotPending(EntryNumber),
    /// A verdict or adjustment of what is no standing meal.
    #[error("entry {0} is no standing meal that may be settled")]
    NoMeal(EntryNumber),
    /// It does not name the verdict or adjustment that counted until now.
    #[error("it does not name the one before it that counts for entry {0}")]
    Supersedes(EntryNumber),
    /// More is taken off than the meal is worth, or in a month before it.
    #[error("an adjustment takes off more than entry {0} is worth, or in a month before it")]
    Excess(EntryNumber),
    /// A close of a month that is not over or is closed, or under an untrusted clock.
    #[error("{0} cannot be closed: it is not over, is closed already, or the clock is not trusted")]
    Unclosable(Month),
    /// An adjustment in the settlement of a closed month.
    #[error("the settlement of {0} is closed; take it off in a later month")]
    Closed(Month),
    /// Signed out without having signed in.
    #[error("this operator is not signed in")]
    NotSignedIn,
    /// An epoch that does not follow the one before.
    #[error("epoch {now} does not follow epoch {before}, in which this ledger is")]
    Epoch {
        /// The epoch that the ledger is in.
        before: Epoch,
        /// The one that was to follow.
        now: Epoch,
    },
    /// It does not name the key before, or the configuration is the same.
    #[error("it does not name the key in use, or changes nothing")]
    NoChange,
}

/// Makes empty temporary tables, in which [`apply`] then works instead.
pub(super) fn shadow(conn: &Connection) -> rusqlite::Result<()> {
    let made = |sql: &str| conn.execute_batch(&sql.replace("CREATE TABLE", "CREATE TEMP TABLE"));
    PROJECTIONS.iter().try_for_each(|sql| made(sql))
}

/// Carries out `entry`.
pub(super) fn apply(conn: &Connection, entry: &Entry) -> Result<(), LedgerError> {
    let n = entry.n;
    let slot = state::admit(conn, entry)?;
    match &entry.event {
        Event::Meal(meal) => serving::meal(conn, entry, meal, &slot),
        Event::Visit(visit) => serving::visit(conn, entry, visit, &slot),
        Event::Review(review) => serving::review(conn, n, review),
        Event::Choice(said) => serving::settle(conn, said.review, "settled"),
        Event::Expiry(said) => serving::settle(conn, said.review, "expired"),
        Event::Void(said) => serving::void(conn, entry, said.entry),
        Event::Late(said) => serving::late(entry, said),
        Event::Confirmation(said) => later::confirm(conn, entry, said),
        Event::Verdict(said) => later::verdict(conn, n, said),
        Event::Adjustment(said) => later::adjust(conn, n, said),
        Event::Close(said) => later::close(conn, entry, said),
        Event::Sign(said) => state::sign(conn, n, said),
        Event::Key(said) => state::change_key(conn, said),
        Event::Epoch(said) => state::change_epoch(conn, n, said),
        Event::Config(said) => state::change_config(conn, said),
        Event::Gallery(change) => state::replace_gallery(conn, change),
        Event::Genesis { .. }
        | Event::Clock(_)
        | Event::ByHand(_)
        | Event::Card(_)
        | Event::Satisfaction(_)
        | Event::Export(_) => Ok(()),
    }
}

fn holds(holds: bool, otherwise: Contradiction) -> Result<(), LedgerError> {
    if holds { Ok(()) } else { Err(LedgerError::Contradiction(otherwise)) }
}
