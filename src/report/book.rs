//! One pass over the ledger: what was served in a period, and what became of it.
//!
//! 1. No report is made from a broken chain: every hash is computed on the way.
//! 2. The whole ledger is read, because an entry's service date need not be the day on which it
//!    was written (补录), and what undoes it stands after it.
//! 3. Pages of entries are read while the daemon may append. Entries are never changed, so the
//!    pages are one ledger up to the last entry read.

use super::closing::Correction;
use super::pass::Pass;
use super::period::Period;
use super::{ReportError, ReportError as E};
use crate::domain::calendar::{Date, Time};
use crate::domain::choosing::Chosen;
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::Kept;
use crate::domain::entry::operation::EpochChange;
use crate::domain::entry::{ClockTrust, EntryNumber, Event, Method};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::NoAward;
use crate::record::Hash;
use crate::store::{LIST_ROWS_MAX, Listing, Reader};
use std::collections::BTreeMap;

/// Place of an elder in [`Book::elders`].
pub type ElderIndex = u32;
/// Place of a band's code in [`Book::bands`].
pub type BandIndex = u16;
/// Place of an operator in [`Book::operators`].
pub type OperatorIndex = u16;

/// As of when servings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As the whole ledger has them.
    Now,
    /// As the settlement of their month counts them: those of a closed month as they were then.
    Settled,
}

/// A month whose settlement was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The last month that the close covers.
    pub month: Month,
    /// The entry, and its hash.
    pub by: (EntryNumber, Hash),
}

/// A review that nobody settled: a visit of a person unnamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unnamed {
    /// The entry by which it expired.
    pub n: EntryNumber,
    /// Service date of the review.
    pub date: Date,
}

/// A meal for which the city kept another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The meal's entry.
    pub n: EntryNumber,
    /// The box whose meal is kept, and the entry there.
    pub kept: Kept,
}

/// What somebody got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dish {
    /// A subsidised meal.
    Meal {
        /// Age band.
        band: BandIndex,
        /// The city's share.
        city: Fen,
        /// The district's share.
        district: Fen,
    },
    /// A meal without subsidy.
    Visit(NoAward),
}

impl Dish {
    /// Both shares of a meal together; nothing for a visit.
    pub fn worth(&self) -> Fen {
        match self {
            Dish::Meal { city, district, .. } => Fen::of_shares(*city, *district),
            Dish::Visit(_) => Fen::ZERO,
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It counts (有效).
    Valid,
    /// It counts, but not as subsidised yet: its amount waits for confirmation (待核).
    Pending,
    /// It counts, and a later entry took back part or all of its amount (核减).
    Reduced {
        /// That entry.
        by: EntryNumber,
        /// What was taken back, of both shares together.
        fen: Fen,
        /// The month whose settlement that reduces: its own, or a later one.
        month: Month,
    },
    /// It was undone by that entry (撤销).
    Voided(EntryNumber),
}

/// One meal or visit of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serving {
    /// Its entry.
    pub n: EntryNumber,
    /// Who.
    pub elder: ElderIndex,
    /// Service date.
    pub date: Date,
    /// Local time at which it was written.
    pub time: Time,
    /// How the elder was recognised.
    pub method: Method,
    /// What it was.
    pub dish: Dish,
    /// What became of it.
    pub state: State,
    /// The clock was believed when it was written.
    pub clock: ClockTrust,
    /// It was entered after its service date (补录).
    pub late: bool,
    /// The entry that confirmed it, where it waited for that.
    pub confirmed: Option<EntryNumber>,
    /// The later month in whose settlement its amount counts, where its own month was closed
    /// before the amount was known.
    pub lands: Option<Month>,
    /// Who vouched for it, as a place in [`Book::operators`]; none for face and card.
    pub operator: Option<OperatorIndex>,
}

impl Serving {
    /// Whether it counts as 人次.
    pub fn stands(&self) -> bool {
        !matches!(self.state, State::Voided(_))
    }

    /// Whether it counts as 补贴人次: a subsidised meal that stands and does not wait.
    pub fn subsidised(&self) -> bool {
        let settled = self.stands() && self.state != State::Pending;
        settled && matches!(self.dish, Dish::Meal { .. })
    }

    /// City's and district's share, in fen, of what is [`Serving::subsidised`]; 0 otherwise.
    pub fn shares(&self) -> (u64, u64) {
        match self.dish {
            Dish::Meal { city, district, .. } if self.subsidised() => {
                (city.get().into(), district.get().into())
            }
            _ => (0, 0),
        }
    }
}

/// What the ledger says of a period.
#[derive(Debug)]
pub struct Book {
    /// The period.
    pub period: Period,
    /// Device of the ledger.
    pub device: String,
    /// Meals and visits of the period, in order of entry, the undone ones too; as the book's
    /// [`View`] has them.
    pub servings: Vec<Serving>,
    /// Everybody who was ever served.
    pub elders: Vec<ElderId>,
    /// Codes of the age bands ever met, such as `80+`.
    pub bands: Vec<String>,
    /// Operators who ever vouched for a serving.
    pub operators: Vec<OperatorId>,
    /// What settlements make up for of earlier months, where the first day of the month in which
    /// that counts lies in the period: so parts of a month add up to the month.
    pub corrections: Vec<Correction>,
    /// What the settlement of each month of the whole ledger comes to, in fen; below 0 where it
    /// takes back more than it pays.
    pub balance: BTreeMap<Month, i64>,
    /// The closes, in order.
    pub closed: Vec<Closed>,
    /// Reviews of the period that expired.
    pub unnamed: Vec<Unnamed>,
    /// Reviews of the period that staff settled, in order of the choices.
    pub chosen: Vec<Chosen>,
    /// Epochs that began in the period, with their entries.
    pub epochs: Vec<(Date, EntryNumber, EpochChange)>,
    /// Meals of the period for which another one is paid: another canteen's, or one that this box
    /// recorded in another epoch.
    pub elsewhere: Vec<Elsewhere>,
    /// First and last service date of the whole ledger; `None` where nobody was ever served.
    pub served: Option<(Date, Date)>,
    /// Day of the first entry.
    pub began: Date,
    /// Entries of the period that were written earlier than the entry before them says, both with
    /// a trusted clock.
    pub backwards: Vec<(Date, EntryNumber)>,
    /// Number of the last entry read.
    pub entries: EntryNumber,
    /// Its hash.
    pub head: Hash,
}

impl Book {
    /// Reads the ledger for `period`.
    ///
    /// # Errors
    /// [`ReportError::Chain`] names the first entry that does not follow the one before it;
    /// [`ReportError::Ledger`]; [`ReportError::Nobody`] where nobody was served in the period.
    pub fn read(reader: &Reader, period: Period, view: View) -> Result<Book, ReportError> {
        let mut pass = Pass::new(reader.device()?, period, view);
        let (mut entries, mut head) = (0, Hash::before_genesis(&pass.book.device));
        loop {
            let listing = Listing { after: entries, ..Listing::default() };
            let page = reader.list(listing, LIST_ROWS_MAX)?;
            let last = page.len() < LIST_ROWS_MAX;
            for recorded in page {
                let next = head.link(&recorded.body);
                if recorded.entry.n != entries + 1 || recorded.prev != head || recorded.hash != next
                {
                    return Err(E::Chain(entries + 1));
                }
                (entries, head) = (recorded.entry.n, next);
                pass.take(&recorded.entry);
                if let Event::Close(said) = &recorded.entry.event {
                    pass.book.closed.push(Closed { month: said.month, by: (entries, head) });
                }
            }
            if last {
                break;
            }
        }
        let book = Book { entries, head, ..pass.finish() };
        match book.servings.is_empty() && book.unnamed.is_empty() && book.corrections.is_empty() {
            true => Err(E::Nobody { period, served: book.served }),
            false => Ok(book),
        }
    }

    /// Everybody who counts as 人次: servings that stand, and people who stayed unnamed.
    pub fn diners(&self) -> usize {
        self.standing().count() + self.unnamed.len()
    }

    /// The elder of a serving.
    pub fn elder(&self, serving: &Serving) -> &ElderId {
        &self.elders[serving.elder as usize]
    }

    /// Meals and visits that count as 人次.
    pub fn standing(&self) -> impl Iterator<Item = &Serving> {
        self.servings.iter().filter(|s| s.stands())
    }

    /// The entry that closed the settlement of `month`, and its hash.
    pub fn closed_by(&self, month: Month) -> Option<(EntryNumber, Hash)> {
        self.closed.iter().find(|closed| month <= closed.month).map(|closed| closed.by)
    }

    /// What the settlements before `month` took back more than they paid, in fen: it is left to be
    /// taken off that month's (不足抵扣).
    pub fn owed_before(&self, month: Month) -> u64 {
        let months = self.balance.range(..month);
        months.fold(0, |owed, (_, fen)| (owed - fen).max(0)).unsigned_abs()
    }
}
