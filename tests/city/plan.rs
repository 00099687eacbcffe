//! What happens at the counters of a fleet, made of a seed, and what must come of it.

use super::town::{TestBox, at, meal};
use canteend::domain::calendar::{Date, service_date};
use canteend::domain::entry::correction::{Adjustment, Confirmation, Void, VoidReason};
use canteend::domain::entry::{ClockTrust, EntryNumber, Event};
use canteend::domain::money::Fen;
use canteend::domain::month::Month;
use canteend::domain::operator::OperatorId;
use canteend::domain::subsidy::NoAward;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

/// Elders of the whole town; each eats at some canteen most days, and some at two.
const ELDERS: u64 = 90;
/// Walk-ups at one canteen on one day.
const VISITS: usize = 2;
/// Each share of a meal, in fen.
const SHARE_FEN: i64 = 200;
/// What an adjustment takes off each share, in fen.
const OFF_FEN: i64 = 50;

/// A meal as the city's side has to understand it.
#[derive(Clone, Debug)]
struct Claim {
    device: String,
    n: EntryNumber,
    elder: u64,
    date: Date,
    at: String,
    trusted: bool,
    pending: bool,
    gone: bool,
    off_fen: i64,
}

impl Claim {
    fn name(&self) -> String {
        format!("{}#{}", self.device, self.n)
    }
}

/// What a settlement says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub meals: i64,
    pub pending: i64,
    pub city_fen: i64,
    pub district_fen: i64,
}

impl AddAssign for Told {
    fn add_assign(&mut self, other: Self) {
        self.meals += other.meals;
        self.pending += other.pending;
        self.city_fen += other.city_fen;
        self.district_fen += other.district_fen;
    }
}

pub struct Plan {
    random: Rng,
    claims: Vec<Claim>,
}

impl Plan {
    pub fn new(seed: u64) -> Self {
        Plan { random: Rng::with_seed(seed), claims: Vec::new() }
    }

    /// One day at the canteen `place`: it may settle what is pending, adjust a meal of the day
    /// before, and serves a few elders, some of them undone again.
    pub fn day(&mut self, place: usize, test_box: &mut TestBox, day: u64) {
        let device = test_box.client.device().to_string();
        let date = Date::constant(2026, 3, 1 + i8::try_from(day).unwrap());
        let morning = format!("{date}T08:{:02}:00+08:00", place % 60);
        for at in 0..self.claims.len() {
            if self.claims[at].device == device && !self.claims[at].gone {
                self.later(at, test_box, &morning);
            }
        }
        for visit in 0..VISITS {
            let elder = self.random.u64(..ELDERS);
            let minute = visit as u64 * 25 + self.random.u64(..25);
            let doubtful = self.random.u64(..6) == 0;
            if self.ate_here(&device, elder, date) {
                continue;
            }
            let time = format!("{date}T12:{minute:02}:{:02}+08:00", self.random.u64(..60));
            let clock = if doubtful { ClockTrust::Untrusted } else { ClockTrust::Trusted };
            let n = test_box.append_by(&time, clock, &meal(&format!("p_{elder}"), &time));
            let gone = !doubtful && self.random.u64(..9) == 0;
            if gone {
                let operator = OperatorId::new("op-1").unwrap();
                let void = Void { entry: n, reason: VoidReason::WrongPerson, operator };
                test_box.append(&time, &Event::Void(void));
            }
            self.claims.push(Claim {
                device: device.clone(),
                n,
                elder,
                date: service_date(at(&time)),
                at: time,
                trusted: !doubtful,
                pending: doubtful,
                gone,
                off_fen: 0,
            });
        }
    }

    fn ate_here(&self, device: &str, elder: u64, date: Date) -> bool {
        let same = |c: &Claim| c.device == device && c.elder == elder && c.date == date;
        self.claims.iter().any(|c| !c.gone && same(c))
    }

    /// What becomes of an earlier meal on a later day.
    fn later(&mut self, place: usize, test_box: &mut TestBox, morning: &str) {
        let lot = self.random.u64(..8);
        let claim = self.claims[place].clone();
        if claim.pending && lot < 3 {
            // Its true day is the one before for some, and some are worth nothing after all.
            let before = claim.date.yesterday().unwrap();
            let moved = lot == 1 && !self.ate_here(&claim.device, claim.elder, before);
            let date = if moved { before } else { claim.date };
            let worthless = lot == 2;
            let share = if worthless { Fen::ZERO } else { Fen::new(200) };
            let said = Confirmation {
                entry: claim.n,
                date,
                city: share,
                district: share,
                reason: worthless.then_some(NoAward::NotEligible),
            };
            test_box.append(morning, &Event::Confirmation(said));
            let claim = &mut self.claims[place];
            (claim.pending, claim.date, claim.gone) = (false, date, worthless);
        } else if !claim.pending && claim.off_fen == 0 && self.random.u64(..60) == 0 {
            let off = Fen::new(u32::try_from(OFF_FEN).unwrap());
            let said = Adjustment {
                entry: claim.n,
                city: off,
                district: off,
                reason: Some(NoAward::HomeCare),
                month: Month::of(claim.date),
                supersedes: None,
            };
            test_box.append(morning, &Event::Adjustment(said));
            self.claims[place].off_fen = OFF_FEN;
        }
    }

    fn slots(&self) -> BTreeMap<(u64, Date), Vec<&Claim>> {
        let mut slots: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for claim in self.claims.iter().filter(|c| !c.gone) {
            slots.entry((claim.elder, claim.date)).or_default().push(claim);
        }
        slots
    }

    /// The claims that must stand: of each slot the earliest by a trusted clock.
    fn kept(&self) -> Vec<&Claim> {
        let order = |c: &&&Claim| (!c.trusted, c.at.clone(), c.device.clone(), c.n);
        self.slots().values().map(|slot| *slot.iter().min_by_key(order).unwrap()).collect()
    }

    /// Names of the meals that must stand.
    pub fn standing(&self) -> BTreeSet<String> {
        self.kept().into_iter().map(Claim::name).collect()
    }

    /// Names of the meals that must be rejected.
    pub fn rejected(&self) -> BTreeSet<String> {
        let all: BTreeSet<_> = self.slots().values().flatten().map(|c| c.name()).collect();
        all.difference(&self.standing()).cloned().collect()
    }

    /// Whether the meal of this name was undone, or is worth nothing after all.
    pub fn is_gone(&self, name: &str) -> bool {
        self.claims.iter().any(|c| c.gone && c.name() == name)
    }

    /// What the city must settle over all canteens.
    pub fn told(&self) -> Told {
        sum(self.kept())
    }

    /// What a canteen settles by itself: its meals less those that the city has rejected.
    pub fn settlement(&self, device: &str, rejected: &BTreeSet<String>) -> Told {
        let own = |c: &&Claim| c.device == device && !c.gone && !rejected.contains(&c.name());
        sum(self.claims.iter().filter(own).collect())
    }
}

fn sum(claims: Vec<&Claim>) -> Told {
    let mut told = Told::default();
    for claim in claims {
        if claim.pending {
            told.pending += 1;
        } else {
            let share = SHARE_FEN - claim.off_fen;
            told += Told { meals: 1, pending: 0, city_fen: share, district_fen: share };
        }
    }
    told
}
