//! One pass over the ledger: what was served in a period, and what became of it.
//!
//! 1. No report is made from a broken chain: every hash is computed on the way.
//! 2. The whole ledger is read, because an entry's service date need not be the day on which it
//!    was written (补录), and what undoes it stands after it.
//! 3. Pages of entries are read while the daemon may append. Entries are never changed, so the
//!    pages are one ledger up to the last entry read.

use super::period::Period;
use super::{ReportError, ReportError as E};
use crate::domain::calendar::{Date, Time, local};
use crate::domain::elder::ElderId;
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal, Method, Visit};
use crate::domain::money::Fen;
use crate::domain::subsidy::{NoAward, Standing};
use crate::record::Hash;
use crate::store::{LIST_ROWS_MAX, Listing, Reader};
use std::collections::HashMap;

/// Place of an elder in [`Book::elders`].
pub type ElderIndex = u32;
/// Place of a band's code in [`Book::bands`].
pub type BandIndex = u16;

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

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It counts (有效).
    Valid,
    /// It counts, and its amount waits for confirmation (待核).
    Pending,
    /// It counts, and a later entry took back part or all of its amount (核减).
    Reduced {
        /// That entry.
        by: EntryNumber,
        /// What was taken back, of both shares together.
        fen: Fen,
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
    /// It was written after its service date (补录).
    pub late: bool,
}

impl Serving {
    /// Whether it counts as 人次.
    pub fn stands(&self) -> bool {
        !matches!(self.state, State::Voided(_))
    }

    /// City's and district's share, in fen, of a meal that stands; 0 otherwise.
    pub fn shares(&self) -> (u64, u64) {
        match self.dish {
            Dish::Meal { city, district, .. } if self.stands() => {
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
    /// Meals and visits of the period, in order of entry, the undone ones too.
    pub servings: Vec<Serving>,
    /// Everybody who was served in it.
    pub elders: Vec<ElderId>,
    /// Codes of the age bands met, such as `80+`.
    pub bands: Vec<String>,
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
    pub fn read(reader: &Reader, period: Period) -> Result<Book, ReportError> {
        let mut pass = Pass::new(reader.device()?, period);
        loop {
            let listing = Listing { after: pass.book.entries, ..Listing::default() };
            let page = reader.list(listing, LIST_ROWS_MAX)?;
            let last = page.len() < LIST_ROWS_MAX;
            for recorded in page {
                let n = recorded.entry.n;
                let head = pass.book.head.link(&recorded.body);
                if n != pass.book.entries + 1
                    || recorded.prev != pass.book.head
                    || recorded.hash != head
                {
                    return Err(E::Chain(pass.book.entries + 1));
                }
                (pass.book.entries, pass.book.head) = (n, head);
                pass.take(&recorded.entry);
            }
            if last {
                break;
            }
        }
        match pass.book.servings.is_empty() {
            true => Err(E::Nobody { period, served: pass.book.served }),
            false => Ok(pass.book),
        }
    }

    /// The elder of a serving.
    pub fn elder(&self, serving: &Serving) -> &ElderId {
        &self.elders[serving.elder as usize]
    }

    /// Meals and visits that count as 人次.
    pub fn standing(&self) -> impl Iterator<Item = &Serving> {
        self.servings.iter().filter(|s| s.stands())
    }
}

/// The pass at work.
struct Pass {
    book: Book,
    elder_index: HashMap<ElderId, ElderIndex>,
    /// Date and time of the last entry with a trusted clock.
    last: Option<(Date, Time)>,
}

impl Pass {
    fn new(device: String, period: Period) -> Self {
        let book = Book {
            period,
            servings: Vec::new(),
            elders: Vec::new(),
            bands: Vec::new(),
            served: None,
            began: period.from(),
            backwards: Vec::new(),
            entries: 0,
            head: Hash::before_genesis(&device),
            device,
        };
        Pass { book, elder_index: HashMap::new(), last: None }
    }

    fn take(&mut self, entry: &Entry) {
        let now = local(entry.stamp.at);
        if entry.stamp.clock == ClockTrust::Trusted {
            if self.last.is_some_and(|last| now < last) && self.book.period.contains(now.0) {
                self.book.backwards.push((now.0, entry.n));
            }
            self.last = Some(now);
        }
        match &entry.event {
            Event::Genesis { .. } => self.book.began = now.0,
            Event::Meal(meal) => self.meal(entry, meal),
            Event::Visit(visit) => self.visit(entry, visit),
            Event::Void { entry: undone } => self.void(*undone, entry.n),
            // Neither feeds anybody nor changes what a meal was worth.
            Event::Review(_) | Event::Gallery(_) => {}
        }
    }

    fn meal(&mut self, entry: &Entry, meal: &Meal) {
        let Some(elder) = self.served(meal.date, &meal.elder) else { return };
        let bands = &mut self.book.bands;
        let band = bands.iter().position(|b| *b == meal.award.band).unwrap_or_else(|| {
            bands.push(meal.award.band.clone());
            bands.len() - 1
        });
        let band = BandIndex::try_from(band).expect("a book of rules has few bands");
        let dish = Dish::Meal { band, city: meal.award.city, district: meal.award.district };
        let firm = meal.standing == Standing::Firm && entry.stamp.clock == ClockTrust::Trusted;
        let state = if firm { State::Valid } else { State::Pending };
        self.serve(entry, elder, meal.date, meal.method, dish, state);
    }

    fn visit(&mut self, entry: &Entry, visit: &Visit) {
        let Some(elder) = self.served(visit.date, &visit.elder) else { return };
        // No amount waits for confirmation.
        self.serve(entry, elder, visit.date, visit.method, Dish::Visit(visit.reason), State::Valid);
    }

    /// The elder's place, where `date` lies in the period.
    fn served(&mut self, date: Date, elder: &ElderId) -> Option<ElderIndex> {
        let book = &mut self.book;
        let (first, last) = book.served.unwrap_or((date, date));
        book.served = Some((first.min(date), last.max(date)));
        if !book.period.contains(date) {
            return None;
        }
        Some(*self.elder_index.entry(elder.clone()).or_insert_with(|| {
            book.elders.push(elder.clone());
            ElderIndex::try_from(book.elders.len() - 1).expect("a gallery is far smaller")
        }))
    }

    fn serve(
        &mut self,
        entry: &Entry,
        elder: ElderIndex,
        date: Date,
        method: Method,
        dish: Dish,
        state: State,
    ) {
        let (written, time) = local(entry.stamp.at);
        let clock = entry.stamp.clock;
        let late = written > date && clock == ClockTrust::Trusted;
        let n = entry.n;
        self.book.servings.push(Serving { n, elder, date, time, method, dish, state, clock, late });
    }

    fn void(&mut self, undone: EntryNumber, by: EntryNumber) {
        let servings = &mut self.book.servings;
        // What lies outside the period is not kept, nor is its void.
        if let Ok(place) = servings.binary_search_by_key(&undone, |s| s.n) {
            servings[place].state = State::Voided(by);
        }
    }
}
