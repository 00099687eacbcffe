//! What must stand in the ledger, by a model that knows the true time.

use canteend::config::rules;
use canteend::domain::calendar::{Date, Interval, MealWindow};
use canteend::domain::elder::{Consent, Elder, ElderId, Notice, NoticeWhy, Sex};
use canteend::domain::entry::correction::{Adjustment, Confirmation};
use canteend::domain::entry::{ClockTrust, EntryNumber};
use canteend::domain::month::Month;
use canteend::domain::rules::RuleBook;
use canteend::domain::subsidy::NoAward;
use canteend::store::Sums;
use std::collections::BTreeMap;
use std::path::Path;

pub const ELDERS: u64 = 12;

/// A meal or visit that stands.
pub struct Standing {
    pub elder: ElderId,
    /// Its service date, as the ledger has it by now.
    pub date: Date,
    pub window: MealWindow,
    /// Its worth in fen; none for a visit.
    pub fen: Option<u32>,
    /// Whether it was written, or is confirmed, under a clock that is believed.
    pub trusted: bool,
    /// Its eligibility data was stale and is not confirmed.
    pub stale: bool,
    /// The day on which it was eaten.
    pub true_date: Date,
    /// How far the clock was off, and in which start of the machine.
    pub skew: i64,
    pub boot: u8,
    /// The ledger can know the true day, because trust came back in that start.
    pub tied: bool,
    /// What adjustments take off.
    pub taken: u32,
}

pub struct Model {
    pub book: RuleBook,
    pub standing: BTreeMap<EntryNumber, Standing>,
    /// From which day on an elder is said to be dead.
    pub dead: BTreeMap<ElderId, Date>,
    /// Day of the eligibility data.
    pub as_of: Date,
    pub closed: Option<Month>,
    /// How far the clock was off when it was doubted.
    pub doubt_skew: i64,
}

impl Model {
    pub fn new(as_of: Date) -> Self {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rules/lcetdz-2022.toml");
        let (standing, dead) = (BTreeMap::new(), BTreeMap::new());
        let book = rules::load(&rules).unwrap();
        Model { book, standing, dead, as_of, closed: None, doubt_skew: 0 }
    }

    pub fn elders(&self) -> Vec<Elder> {
        let elder = |i: u64| {
            let id = ElderId::new(&format!("p_{i}")).unwrap();
            let dead = self.dead.get(&id);
            Elder {
                name: "王".to_owned(),
                id_last4: None,
                sex: Sex::Female,
                birth: Date::constant(1936 + 3 * i as i16, 3, 1 + i as i8),
                eligible: Interval::new(Date::constant(2024, 1, 1), None).into_iter().collect(),
                home_care: vec![],
                notices: dead
                    .map(|from| Notice { why: NoticeWhy::Deceased, from: *from })
                    .into_iter()
                    .collect(),
                consent: Consent { store_face: true, transmit: true },
                id,
            }
        };
        (0..ELDERS).map(elder).collect()
    }

    /// What a meal of `elder` on `date` is worth by what is known now.
    fn worth(&self, elder: &ElderId, date: Date) -> Result<u32, NoAward> {
        let elder = self.elders().into_iter().find(|known| known.id == *elder).unwrap();
        let award = self.book.entitlement(&elder, date)?;
        Ok(award.city.get() + award.district.get())
    }

    /// Others of the elder's on the day, under a clock that is believed.
    fn rivals<'a>(&'a self, new: &'a Standing) -> impl Iterator<Item = &'a Standing> {
        let rival = |s: &&Standing| s.trusted && s.elder == new.elder && s.date == new.date;
        self.standing.values().filter(rival)
    }

    pub fn stands(&mut self, entry: EntryNumber, new: Standing) {
        if new.trusted {
            assert!(new.fen.is_none() || self.rivals(&new).all(|s| s.fen.is_none()), "two meals");
            assert!(self.rivals(&new).all(|s| s.window != new.window), "twice in one window");
        }
        self.standing.insert(entry, new);
    }

    /// The clock is believed in this start of the machine: the ledger knows by how much it was off.
    pub fn trust_returned(&mut self, boot: u8) {
        let doubted = self.standing.values_mut().filter(|s| !s.trusted && s.boot == boot);
        doubted.for_each(|s| s.tied = s.skew == self.doubt_skew);
    }

    pub fn confirmed(&mut self, said: &Confirmation) {
        let mut meal = self.standing.remove(&said.entry).expect("only what stands is confirmed");
        assert!(meal.stale || !meal.trusted, "it waits");
        if meal.trusted || meal.tied {
            assert_eq!(said.date, meal.true_date, "entry {}", said.entry);
        }
        meal.date = said.date;
        let rival = self.rivals(&meal).any(|s| s.fen.is_some());
        let now = self.worth(&meal.elder, said.date);
        match (said.reason, now) {
            (None, Ok(worth)) => {
                assert!(!rival && meal.fen.is_some(), "entry {}: a second meal", said.entry);
                assert_eq!(said.city.get() + said.district.get(), worth);
                meal.fen = Some(worth);
            }
            (Some(NoAward::AlreadyToday), Ok(_)) => {
                assert!(rival || meal.fen.is_none(), "entry {}: the slot is free", said.entry);
                meal.fen = None;
            }
            (Some(reason), now) => {
                assert!(now == Err(reason) || meal.fen.is_none(), "{reason:?}, {now:?}");
                meal.fen = None;
            }
            (None, Err(reason)) => panic!("entry {}: {reason:?}", said.entry),
        }
        (meal.trusted, meal.stale) = (true, false);
        self.standing.insert(said.entry, meal);
    }

    pub fn adjusted(&mut self, said: &Adjustment) {
        assert!(self.closed.is_none_or(|closed| closed < said.month), "a closed month changes");
        let meal = self.standing.get_mut(&said.entry).expect("only what stands is adjusted");
        meal.taken = said.city.get() + said.district.get();
    }

    /// After a revision: nothing waits but for fresher data, and what is taken off is what is known
    /// now. A gallery that came under a doubted clock is as old as the one before.
    pub fn is_revised(&self) {
        let stale = |date| self.book.stale(self.as_of, date);
        for (entry, meal) in &self.standing {
            if !meal.trusted || meal.stale {
                let waits = stale(meal.date) || stale(meal.true_date);
                assert!(waits && meal.fen.is_some(), "entry {entry} still waits");
                continue;
            }
            let Some(fen) = meal.fen else { continue };
            let due = if self.worth(&meal.elder, meal.date).is_err() { fen } else { 0 };
            assert_eq!(meal.taken, due, "entry {entry} of {}", meal.date);
        }
    }

    /// The ledger's sums are the model's.
    pub fn fits(&self, sums: &Sums) {
        let (mut meals, mut pending, mut visits, mut fen, mut taken) = (0, 0, 0, 0, 0);
        for standing in self.standing.values() {
            match standing.fen {
                None => visits += 1,
                Some(_) if !standing.trusted || standing.stale => pending += 1,
                Some(worth) => {
                    meals += 1;
                    fen += u64::from(worth);
                    taken += u64::from(standing.taken);
                }
            }
        }
        assert_eq!((sums.meals, sums.pending, sums.visits), (meals, pending, visits));
        assert_eq!((sums.city_fen + sums.district_fen, sums.reduced_fen), (fen, taken));
    }
}

/// Whether the clock is believed.
pub fn trusted(clock: ClockTrust) -> bool {
    clock == ClockTrust::Trusted
}
