//! A generated year: servings by the rules, and all that can become of them later.

use crate::canteen::{Canteen, at, elder, month, noticed, text};
use canteend::domain::calendar::{Date, Interval, MealWindow, Timestamp, service_date};
use canteend::domain::elder::{Elder, NoticeWhy};
use canteend::domain::entry::correction::{
    Adjustment, Close, Confirmation, Finding, Kept, RejectReason, Verdict,
};
use canteend::domain::entry::{ClockTrust, EntryNumber, Event, Meal, Method, Stamp, Visit};
use canteend::domain::money::Fen;
use canteend::domain::month::Month;
use canteend::domain::operator::OperatorId;
use canteend::domain::subsidy::{History, NoAward, Occasion, Ruling, Standing};
use canteend::report::{Format, Kind};
use fastrand::Rng;
use jiff::{SignedDuration, ToSpan as _};
use std::collections::{BTreeMap, HashMap};

pub const ELDERS: u64 = 400;
/// Things that are tried in the year, most of them servings.
const TRIES: usize = 3600;

/// What must have happened in a year for it to be a test.
pub const SEEN: [&str; 13] = [
    "late",
    "late in the next month",
    "expired",
    "expired and undone",
    "confirmed",
    "confirmed to be worth nothing",
    "confirmed in another month",
    "rejected",
    "accepted again",
    "adjusted in its month",
    "adjusted in a later month",
    "adjusted otherwise",
    "adjustment taken back",
];

/// True once in `n` times.
fn once_in(random: &mut Rng, n: u64) -> bool {
    random.u64(..n) == 0
}

/// A place in a list of `len`.
fn place(random: &mut Rng, len: usize) -> Option<usize> {
    (len > 0).then(|| random.usize(..len))
}

/// What waits for confirmation; no shares for a visit.
struct Waiting {
    entry: EntryNumber,
    who: u64,
    day: i64,
    clock: ClockTrust,
    shares: Option<(Fen, Fen)>,
}

/// A meal that may be settled.
struct Settled {
    entry: EntryNumber,
    month: Month,
    shares: (Fen, Fen),
    verdict: Option<EntryNumber>,
    adjustment: Option<EntryNumber>,
}

struct Year {
    random: Rng,
    elders: Vec<Elder>,
    canteen: Canteen,
    /// By elder and day of the year, from 0.
    history: HashMap<(u64, i64), History>,
    waiting: Vec<Waiting>,
    settled: Vec<Settled>,
    seen: BTreeMap<&'static str, u64>,
    handed_in: Vec<HandedIn>,
}

/// The settlement of a month as it was handed in, in the formats that are text.
pub struct HandedIn {
    pub month: Month,
    pub said: [String; 3],
}

/// What the settlement of `month` says now.
pub fn settlement(canteen: &Canteen, month_of: Month) -> [String; 3] {
    let report = canteen.report(Kind::Settlement, month(&month_of.to_string()));
    [Format::Csv, Format::Json, Format::Html].map(|format| text(&report, format))
}

fn people(random: &mut Rng) -> Vec<Elder> {
    let one = |i| {
        let (year, month, day) = (random.u64(..30), random.u64(..12), random.u64(..28));
        let birth = format!("{}-{:02}-{:02}", 1932 + year, month + 1, day + 1);
        let mut elder = elder(&format!("p_{i:04}"), &format!("老人{i}"), &birth, "2025-01-01");
        if once_in(random, 12) {
            let from = elder.eligible[0].from().saturating_add(400.days());
            elder.home_care = Interval::new(from, None).into_iter().collect();
        }
        match random.u64(..40) {
            0 => noticed(elder, NoticeWhy::Deceased, "2026-08-01"),
            1 => noticed(elder, NoticeWhy::Moved, "2026-05-01"),
            _ => elder,
        }
    };
    (0..ELDERS).map(one).collect()
}

/// The year 2026 from `seed`, and how often each of [`SEEN`] happened. No settlement is closed.
pub fn year(seed: u64) -> (Canteen, BTreeMap<&'static str, u64>) {
    let year = live(seed, false);
    (year.canteen, year.seen)
}

/// The same sort of year; on the third day of each month the settlement of the one before is
/// handed in.
pub fn closed_year(seed: u64) -> (Canteen, Vec<HandedIn>) {
    let year = live(seed, true);
    (year.canteen, year.handed_in)
}

fn live(seed: u64, closing: bool) -> Year {
    let mut random = Rng::with_seed(seed);
    let elders = people(&mut random);
    let canteen = Canteen::new("2025-12-31", &elders);
    let (history, waiting, settled) = (HashMap::new(), Vec::new(), Vec::new());
    let seen = BTreeMap::new();
    let handed_in = Vec::new();
    let mut year = Year { random, elders, canteen, history, waiting, settled, seen, handed_in };
    for i in 0..TRIES {
        let day = (i * 365 / TRIES) as i64;
        // Later tries have later times, whatever the day.
        let at = noon(day) + SignedDuration::from_secs(i as i64);
        let now = Stamp { at, clock: ClockTrust::Trusted };
        if closing && date(day).day() >= 3 {
            year.close(now, Month::of(date(day - 3)));
        }
        match year.random.u64(..40) {
            0 => year.expire(now),
            1 => year.confirm(now),
            2..=3 => year.judge(now),
            4..=7 => year.adjust(now),
            _ => year.serve(now, day),
        }
    }
    year
}

fn noon(day: i64) -> Timestamp {
    at("2026-01-01 12:00:00").at + SignedDuration::from_hours(24 * day)
}

fn date(day: i64) -> Date {
    service_date(noon(day))
}

impl Year {
    fn saw(&mut self, what: &'static str, happened: bool) {
        if happened {
            *self.seen.entry(what).or_default() += 1;
        }
    }

    fn serve(&mut self, now: Stamp, today: i64) {
        let random = &mut self.random;
        let who = random.u64(..ELDERS);
        let doubted = once_in(random, 25);
        let method = Method::ALL[[0, 0, 0, 0, 1, 2][random.u64(..6) as usize]];
        let late = method == Method::Staff && !doubted && today >= 3 && once_in(random, 3);
        let day = if late { today - 1 - random.u64(..3) as i64 } else { today };
        let window = MealWindow::ALL[random.u64(..3) as usize];
        let as_of = if once_in(random, 25) { date(day - 30) } else { date(day) };
        let occasion = Occasion { date: date(day), window, eligibility_as_of: as_of };
        let undone = once_in(random, 15);

        let had = self.history.entry((who, day)).or_default();
        let known = &self.elders[who as usize];
        let (elder, date, basis) = (known.id.clone(), date(day), None);
        let (event, firm, shares) = match self.canteen.rules.ruling(known, occasion, had) {
            Ruling::SameVisit => return,
            Ruling::Visit(reason) => {
                let visit = Visit { elder, date, window, method, reason, basis };
                (Event::Visit(visit), true, None)
            }
            Ruling::Meal { award, standing } => {
                let shares = Some((award.city, award.district));
                let eligibility_as_of = as_of;
                let meal =
                    Meal { elder, date, window, method, award, standing, eligibility_as_of, basis };
                (Event::Meal(meal), standing == Standing::Firm, shares)
            }
        };
        if !undone {
            had.windows.push(window);
            had.subsidised |= shares.is_some();
        }
        let clock = if doubted { ClockTrust::Untrusted } else { ClockTrust::Trusted };
        let when = Stamp { clock, ..now };
        if doubted {
            self.canteen.clock(now.at, false);
        }
        let entry = match method {
            Method::Staff if late => self.canteen.late(when, date, event),
            Method::Staff => self.canteen.by_hand(when, event),
            Method::Face | Method::Card => self.canteen.append(when, &event),
        };
        if undone {
            self.canteen.void(when, entry);
        } else if doubted || !firm {
            self.waiting.push(Waiting { entry, who, day, clock, shares });
        } else if let Some(shares) = shares {
            self.settle(entry, date, shares);
        }
        if doubted {
            self.canteen.clock(now.at, true);
        }
        self.saw("late", late);
        let crossed = Month::of(date) != Month::of(service_date(now.at));
        self.saw("late in the next month", late && !undone && crossed);
    }

    /// Hands in the settlement of the month before the one in which day 3 is past.
    fn close(&mut self, now: Stamp, this: Month) {
        let last = self.handed_in.last().map(|handed_in| handed_in.month);
        let month = last.map_or(Month::parse("2026-01").unwrap(), Month::next);
        if month < this {
            let operator = OperatorId::new("op-1").unwrap();
            self.canteen.append(now, &Event::Close(Close { month, operator }));
            self.handed_in.push(HandedIn { month, said: settlement(&self.canteen, month) });
        }
    }

    fn settle(&mut self, entry: EntryNumber, date: Date, shares: (Fen, Fen)) {
        let (month, verdict, adjustment) = (Month::of(date), None, None);
        self.settled.push(Settled { entry, month, shares, verdict, adjustment });
    }

    fn expire(&mut self, now: Stamp) {
        let expiry = self.canteen.unnamed(now);
        let undone = once_in(&mut self.random, 5);
        if undone {
            self.canteen.void(now, expiry);
        }
        self.saw(if undone { "expired and undone" } else { "expired" }, true);
    }

    fn confirm(&mut self, now: Stamp) {
        let Some(place) = place(&mut self.random, self.waiting.len()) else { return };
        let Waiting { entry, who, day, clock, shares } = self.waiting.swap_remove(place);
        let back = 1 + self.random.u64(..12) as i64;
        let free = |day| self.history.get(&(who, day)).is_none_or(|had| !had.subsidised);
        let moved = clock == ClockTrust::Untrusted && day >= back && free(day - back);
        let true_day = if moved { day - back } else { day };
        let half = once_in(&mut self.random, 3);
        let shares = shares.filter(|_| !once_in(&mut self.random, 4)).map(|(city, district)| {
            let worth = |share: Fen| if half { Fen::new(share.get() / 2) } else { share };
            (worth(city), worth(district))
        });
        let reason = if shares.is_none() { Some(NoAward::NotEligible) } else { None };
        let (city, district) = shares.unwrap_or_default();
        let date = date(true_day);
        let said = Confirmation { entry, date, city, district, reason };
        self.canteen.append(now, &Event::Confirmation(said));
        if let Some(shares) = shares {
            self.history.entry((who, true_day)).or_default().subsidised = true;
            self.settle(entry, date, shares);
        }
        let crossed = Month::of(date) != Month::of(self::date(day));
        self.saw("confirmed in another month", shares.is_some() && crossed);
        self.saw("confirmed to be worth nothing", shares.is_none());
        self.saw("confirmed", shares.is_some());
    }

    fn judge(&mut self, now: Stamp) {
        let Some(place) = place(&mut self.random, self.settled.len()) else { return };
        let again = self.settled.iter().position(|meal| meal.verdict.is_some());
        let place = again.filter(|_| once_in(&mut self.random, 3)).unwrap_or(place);
        let meal = &mut self.settled[place];
        let (entry, supersedes) = (meal.entry, meal.verdict);
        let finding = match supersedes {
            Some(_) => Finding::Accepted,
            None => Finding::Rejected {
                reason: RejectReason::OtherCanteen,
                kept: Some(Kept { device: "lc-dcf-003".to_owned(), entry }),
            },
        };
        let verdict = Event::Verdict(Verdict { entry, finding, supersedes });
        meal.verdict = Some(self.canteen.append(now, &verdict));
        self.saw(if supersedes.is_some() { "accepted again" } else { "rejected" }, true);
    }

    fn adjust(&mut self, now: Stamp) {
        let Some(place) = place(&mut self.random, self.settled.len()) else { return };
        let again = self.settled.iter().position(|meal| meal.adjustment.is_some());
        let place = again.filter(|_| once_in(&mut self.random, 3)).unwrap_or(place);
        let random = &mut self.random;
        let meal = &mut self.settled[place];
        let part = |share: Fen, random: &mut Rng| {
            Fen::new(random.u64(..u64::from(share.get()) + 1) as u32)
        };
        let nothing = once_in(random, 5);
        let city = if nothing { Fen::ZERO } else { part(meal.shares.0, random) };
        let district = if nothing { Fen::ZERO } else { part(meal.shares.1, random) };
        let nothing = city == Fen::ZERO && district == Fen::ZERO;
        let reason = if nothing { None } else { Some(NoAward::HomeCare) };
        let month = if once_in(random, 2) { meal.month } else { Month::of(service_date(now.at)) };
        let open = self.handed_in.last().map(|handed_in| handed_in.month.next());
        let month = open.map_or(month, |open| open.max(month));
        let (entry, supersedes) = (meal.entry, meal.adjustment);
        let said = Adjustment { entry, city, district, reason, month, supersedes };
        let later = month != meal.month;
        meal.adjustment = Some(self.canteen.append(now, &Event::Adjustment(said)));
        self.saw("adjustment taken back", nothing && supersedes.is_some());
        self.saw("adjusted otherwise", !nothing && supersedes.is_some());
        self.saw("adjusted in a later month", !nothing && later);
        self.saw("adjusted in its month", !nothing && !later);
    }
}
