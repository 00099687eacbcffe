//! A month at the counter, made of a seed: meals, repeat visits, voids, clock steps, loss of power.
//! After every event what the store says is held against a model; after every day and every
//! loss of power the whole ledger is verified.

use crate::alone;
use crate::disk::{Disk, Plan};
use crate::random::Random;
use canteend::clock::Clock;
use canteend::config::{Config, EXAMPLE, rules};
use canteend::daemon::checkin::Outcome;
use canteend::daemon::timekeeper::Timekeeper;
use canteend::daemon::writer::{Shown, Writer};
use canteend::domain::calendar::{Date, Interval, MealWindow, Timestamp, service_date};
use canteend::domain::elder::{Consent, Elder, ElderId, Sex};
use canteend::domain::entry::correction::{Void, VoidReason};
use canteend::domain::entry::operation::BootId;
use canteend::domain::entry::{ClockTrust, EntryNumber, Event, Stamp};
use canteend::domain::operator::OperatorId;
use canteend::store::{Depth, Listing, Reader, Store};
use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ELDERS: u64 = 12;
const DAYS: u64 = 30;
const DAY_SECONDS: i64 = 86_400;

/// Hands of a clock that a test may turn.
struct Hands {
    wall: i64,
    monotonic: u64,
    boot: u8,
}

struct TestClock(Mutex<Hands>);

impl TestClock {
    fn turn(&self, hands: impl FnOnce(&mut Hands)) {
        hands(&mut self.0.lock().unwrap());
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.lock().unwrap().wall).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.lock().unwrap().monotonic)
    }

    fn boot(&self) -> BootId {
        [self.0.lock().unwrap().boot; 16]
    }
}

/// A meal or visit that stands.
struct Standing {
    elder: ElderId,
    date: Date,
    window: MealWindow,
    /// Its worth in fen; none for a visit.
    fen: Option<u32>,
    trusted: bool,
}

struct Month<'d> {
    dir: &'d Path,
    disk: &'d Disk,
    clock: TestClock,
    random: Random,
    /// None while the power is gone.
    writer: Option<Writer>,
    keeper: Timekeeper,
    standing: BTreeMap<EntryNumber, Standing>,
    /// Entries that were acknowledged.
    entries: EntryNumber,
    losses: u32,
}

fn elders() -> Vec<Elder> {
    let elder = |i: u64| Elder {
        id: ElderId::new(&format!("p_{i}")).unwrap(),
        name: "王".to_owned(),
        id_last4: None,
        sex: Sex::Female,
        birth: Date::constant(1936 + 3 * i as i16, 3, 1 + i as i8),
        eligible: Interval::new(Date::constant(2024, 1, 1), None).into_iter().collect(),
        home_care: vec![],
        notices: vec![],
        consent: Consent { store_face: true, transmit: true },
    };
    (0..ELDERS).map(elder).collect()
}

fn writer(store: Store) -> Writer {
    let config = Config::parse(EXAMPLE, Path::new("canteend.toml")).unwrap();
    let book = rules::load(&Path::new(ROOT).join("config/rules/lcetdz-2022.toml")).unwrap();
    Writer::new(store, elders(), Date::constant(2026, 3, 1), book, config.hours)
}

impl Month<'_> {
    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap()
    }

    /// Time and trust of now; `None` where the power goes before a change of trust is recorded.
    fn stamp(&mut self) -> Option<Stamp> {
        let store = self.writer.as_mut().unwrap().store();
        let stamp = self.keeper.stamp(store, &self.clock).ok();
        match stamp {
            None => self.power_returns(),
            Some(_) => self.count_clock_entries(),
        }
        stamp
    }

    /// A technician who knows the time comes by in the morning.
    fn confirm_clock(&mut self) {
        let store = self.writer.as_mut().unwrap().store();
        self.keeper.confirm(store, &self.clock).unwrap().unwrap();
        self.count_clock_entries();
    }

    fn second(&self) -> i64 {
        self.clock.0.lock().unwrap().wall
    }

    fn pass(&self, seconds: u64) {
        self.clock.turn(|hands| {
            hands.wall += seconds as i64;
            hands.monotonic += seconds;
        });
    }

    /// Somebody is at the counter.
    fn serve(&mut self) {
        let elder = ElderId::new(&format!("p_{}", self.random.below(ELDERS))).unwrap();
        let Some(stamp) = self.stamp() else { return };
        match self.writer().settle(stamp, &Outcome::Accepted(elder.clone())) {
            Ok(shown) => self.shown(stamp, &elder, &shown),
            Err(_) => self.power_returns(),
        }
    }

    fn shown(&mut self, stamp: Stamp, elder: &ElderId, shown: &Shown) {
        let date = service_date(stamp.at);
        let trusted = stamp.clock == ClockTrust::Trusted;
        let window = self.writer().serving(stamp).unwrap();
        let (entry, fen) = match shown {
            Shown::Served { entry, award, .. } => {
                (*entry, Some(award.city.get() + award.district.get()))
            }
            Shown::Welcome { entry, .. } => (*entry, None),
            Shown::Again { .. } => {
                // Under a wrong clock the slot depends on the start of the machine.
                let seen = |s: &Standing| s.elder == *elder && s.date == date && s.window == window;
                assert!(self.standing.values().any(seen), "again, but never before");
                return;
            }
            other => panic!("{other:?}"),
        };
        self.entries += 1;
        assert_eq!(entry, self.entries, "no gap");
        self.stands(entry, Standing { elder: elder.clone(), date, window, fen, trusted });
    }

    fn stands(&mut self, entry: EntryNumber, new: Standing) {
        let rival =
            |s: &Standing| s.trusted && new.trusted && s.elder == new.elder && s.date == new.date;
        let rivals = || self.standing.values().filter(|s| rival(s));
        assert!(new.fen.is_none() || rivals().all(|s| s.fen.is_none()), "two subsidised meals");
        assert!(rivals().all(|s| s.window != new.window), "twice in one window");
        self.standing.insert(entry, new);
    }

    /// Staff undo a meal or visit of today.
    fn undo(&mut self) {
        let Some(stamp) = self.stamp() else { return };
        let today = service_date(stamp.at);
        let trusted = stamp.clock == ClockTrust::Trusted;
        let of_today = |(_, s): &(&EntryNumber, &Standing)| s.date == today && s.trusted == trusted;
        let Some((&entry, _)) = self.standing.iter().rfind(of_today) else { return };
        let operator = OperatorId::new("op-1").unwrap();
        let void = Event::Void(Void { entry, reason: VoidReason::NotEaten, operator });
        match self.writer().store().append(stamp, &void) {
            Ok(_) => {
                self.entries += 1;
                self.standing.remove(&entry);
            }
            Err(_) => self.power_returns(),
        }
    }

    /// The keeper writes entries of its own when trust in the clock changes.
    fn count_clock_entries(&mut self) {
        for recorded in self.after(self.entries) {
            assert_eq!(recorded.kind(), "clock");
            self.entries += 1;
        }
    }

    fn after(&self, after: EntryNumber) -> Vec<Event> {
        let reader = Reader::open(self.dir).unwrap();
        let listed = reader.list(Listing { after, ..Listing::default() }, 100).unwrap();
        listed.into_iter().map(|recorded| recorded.entry.event).collect()
    }

    /// The box starts again with what the disk kept. At most what was not acknowledged when the
    /// power went may be there besides.
    fn power_returns(&mut self) {
        let mut coin = self.random.clone();
        self.random.next();
        self.losses += 1;
        // The old writer must be gone before another may open the ledger.
        self.writer = None;
        self.disk.power_loss(|| coin.once_in(2));
        self.disk.plan(Plan::Sound);
        self.clock.turn(|hands| hands.boot += 1);
        let store = Store::open(self.dir).unwrap();
        self.keeper = Timekeeper::new(&store, &self.clock).unwrap();
        self.writer = Some(writer(store));
        let found = self.after(self.entries);
        assert!(found.len() <= 1, "{found:?}");
        for event in found {
            self.entries += 1;
            self.catch_up(event);
        }
        self.verify();
    }

    fn catch_up(&mut self, event: Event) {
        let entry = self.entries;
        let listed = Reader::open(self.dir).unwrap();
        let listing = Listing { after: entry - 1, ..Listing::default() };
        let recorded = listed.list(listing, 1).unwrap().remove(0);
        let trusted = recorded.entry.stamp.clock == ClockTrust::Trusted;
        match event {
            Event::Meal(m) => {
                let fen = Some(m.award.city.get() + m.award.district.get());
                let (elder, date, window) = (m.elder, m.date, m.window);
                self.stands(entry, Standing { elder, date, window, fen, trusted });
            }
            Event::Visit(v) => {
                let (elder, date, window) = (v.elder, v.date, v.window);
                self.stands(entry, Standing { elder, date, window, fen: None, trusted });
            }
            Event::Void(void) => drop(self.standing.remove(&void.entry)),
            _ => {}
        }
    }

    /// The ledger is in order, and its sums are the model's.
    fn verify(&self) {
        let verified = Reader::open(self.dir).unwrap().verify(Depth::Full, |_| {}).unwrap();
        assert_eq!(verified.entries, self.entries);
        let sums = verified.sums.unwrap();
        let stale = |s: &Standing| s.date > Date::constant(2026, 3, 8);
        let (mut meals, mut pending, mut visits, mut fen) = (0, 0, 0, 0);
        for standing in self.standing.values() {
            match standing.fen {
                None => visits += 1,
                Some(_) if !standing.trusted || stale(standing) => pending += 1,
                Some(worth) => {
                    meals += 1;
                    fen += u64::from(worth);
                }
            }
        }
        assert_eq!((sums.meals, sums.pending, sums.visits), (meals, pending, visits));
        assert_eq!(sums.city_fen + sums.district_fen, fen);
    }

    fn event(&mut self) {
        match self.random.below(40) {
            0 => {
                // The clock steps by up to three days, either way, and mostly finds back.
                let step = self.random.below(6 * DAY_SECONDS as u64) as i64 - 3 * DAY_SECONDS;
                self.clock.turn(|hands| hands.wall += step);
                self.serve_if_open();
                self.clock.turn(|hands| hands.wall -= step);
            }
            1 => self.disk.plan(Plan::PowerLoss(1 + self.random.below(40))),
            2..6 => self.undo(),
            _ => self.serve_if_open(),
        }
        let seconds = 20 + self.random.below(200);
        self.pass(seconds);
    }

    fn serve_if_open(&mut self) {
        let stamp = Stamp { at: self.clock.now(), clock: ClockTrust::Trusted };
        if self.writer().serving(stamp).is_ok() {
            self.serve();
        }
    }
}

fn month(seed: u64) {
    let dir = tempfile::tempdir().unwrap();
    let first: Timestamp = "2026-03-01T00:00:00+08:00".parse().unwrap();
    let hands = Hands { wall: first.as_second(), monotonic: 0, boot: 1 };
    let clock = TestClock(Mutex::new(hands));
    let stamp = Stamp { at: first, clock: ClockTrust::Trusted };
    let disk = Disk::under(dir.path(), Plan::Sound);
    let store = Store::init(dir.path(), "test-box", stamp).unwrap();
    let mut month = Month {
        dir: dir.path(),
        disk: &disk,
        keeper: Timekeeper::new(&store, &clock).unwrap(),
        clock,
        random: Random(seed),
        writer: Some(writer(store)),
        standing: BTreeMap::new(),
        entries: 1,
        losses: 0,
    };
    for day in 0..DAYS {
        month.confirm_clock();
        for (hour, minute) in [(6, 30), (11, 0), (17, 0)] {
            let starts =
                first.as_second() + day as i64 * DAY_SECONDS + i64::from(hour * 3600 + minute * 60);
            let wait = u64::try_from(starts - month.second()).unwrap();
            month.pass(wait);
            for _ in 0..8 + month.random.below(8) {
                month.event();
            }
        }
        month.disk.plan(Plan::Sound);
        month.verify();
    }
    let (meals, losses) = (month.standing.len(), month.losses);
    assert!(meals > 300 && losses > 5, "{meals} meals and visits, {losses} losses of power");
}

#[test]
fn a_month_keeps_every_invariant_under_faults() {
    let _alone = alone();
    let fresh = std::collections::hash_map::RandomState::new().build_hasher().finish();
    for seed in [1, 2, fresh] {
        let done = std::panic::catch_unwind(|| month(seed));
        assert!(done.is_ok(), "the month of seed {seed} failed, see above");
    }
}
