//! A late notice, a list that comes again, a clock that is set right: on a real ledger.

use super::*;
use crate::clock::Clock;
use crate::config::rules;
use crate::daemon::timekeeper::Timekeeper;
use crate::domain::calendar::{Date, Interval, MealWindow, Timestamp, service_date};
use crate::domain::elder::{Consent, Elder, ElderId, Notice, NoticeWhy, Sex};
use crate::domain::entry::correction::{Adjustment, Close, Confirmation, Late, LateReason};
use crate::domain::entry::operation::BootId;
use crate::domain::entry::{ClockTrust, EntryNumber, Event, Meal, Method};
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::{NoAward, Occasion, Ruling};
use crate::domain::template::ModelId;
use crate::store::{Depth, Enrolled, Listing, Reader};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// A clock that shows what it is told.
struct Hands {
    wall: Timestamp,
    monotonic: Duration,
    boot: u8,
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        self.wall
    }

    fn monotonic(&self) -> Duration {
        self.monotonic
    }

    fn boot(&self) -> BootId {
        [self.boot; 16]
    }
}

struct Canteen {
    dir: TempDir,
    store: Store,
    keeper: Timekeeper,
    hands: Hands,
    rules: RuleBook,
}

fn at(text: &str) -> Timestamp {
    format!("{}+08:00", text.replace(' ', "T")).parse().unwrap()
}

fn id(text: &str) -> ElderId {
    ElderId::new(text).unwrap()
}

fn elder(text: &str) -> Elder {
    Elder {
        id: id(text),
        name: "王秀英".to_owned(),
        sex: Sex::Female,
        birth: Date::constant(1940, 5, 2),
        id_last4: None,
        eligible: Interval::new(Date::constant(2024, 1, 1), None).into_iter().collect(),
        home_care: vec![],
        notices: vec![],
        consent: Consent { store_face: true, transmit: true },
    }
}

fn died(text: &str, from: &str) -> Elder {
    let notices = vec![Notice { why: NoticeWhy::Deceased, from: from.parse().unwrap() }];
    Elder { notices, ..elder(text) }
}

impl Canteen {
    /// Set up on the morning of 2 March 2026 with these elders.
    fn new(elders: &[Elder]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let wall = at("2026-03-02 08:00:00");
        let hands = Hands { wall, monotonic: Duration::ZERO, boot: 1 };
        let stamp = Stamp { at: wall, clock: ClockTrust::Trusted };
        let store = Store::init(&dir.path().join("state"), "lc-kfq-017", stamp).unwrap();
        let keeper = Timekeeper::new(&store, &hands).unwrap();
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rules/lcetdz-2022.toml");
        let rules = rules::load(&rules).unwrap();
        let mut canteen = Canteen { dir, store, keeper, hands, rules };
        canteen.gallery(elders);
        canteen
    }

    /// Time goes on until `text`, as both clocks have it.
    fn wait(&mut self, text: &str) {
        let passed = at(text).as_second() - self.hands.wall.as_second();
        self.hands.monotonic += Duration::from_secs(passed.unsigned_abs());
        self.hands.wall = at(text);
    }

    fn stamp(&mut self) -> Stamp {
        self.keeper.stamp(&mut self.store, &self.hands).unwrap()
    }

    fn gallery(&mut self, elders: &[Elder]) -> Revised {
        let enrolled = |elder: &Elder| Enrolled { elder: elder.clone(), templates: vec![] };
        let roster: Vec<_> = elders.iter().map(enrolled).collect();
        let stamp = self.stamp();
        self.store.replace_gallery(stamp, ModelId([7; 32]), &roster).unwrap();
        revise(&mut self.store, stamp, &self.rules).unwrap()
    }

    /// A lunch by face, judged by the gallery in force.
    fn lunch(&mut self, text: &str) -> EntryNumber {
        let stamp = self.stamp();
        let (date, window) = (service_date(stamp.at), MealWindow::Lunch);
        let eligibility_as_of = self.store.gallery_change().unwrap().unwrap().as_of;
        let elder = self.store.elders().unwrap().into_iter().find(|e| e.id == id(text)).unwrap();
        let history = self.store.history(&elder.id, date).unwrap();
        let occasion = Occasion { date, window, eligibility_as_of };
        let Ruling::Meal { award, standing } = self.rules.ruling(&elder, occasion, &history) else {
            panic!("{text} is entitled")
        };
        let (elder, method, basis) = (elder.id, Method::Face, None);
        let meal = Meal { elder, date, window, method, award, standing, eligibility_as_of, basis };
        self.store.append(stamp, &Event::Meal(meal)).unwrap().n
    }

    fn close(&mut self, month: &str) {
        let (month, operator) = (Month::parse(month).unwrap(), OperatorId::new("op-1").unwrap());
        let stamp = self.stamp();
        self.store.append(stamp, &Event::Close(Close { month, operator })).unwrap();
    }

    /// What was written after entry `after`; and the whole ledger is in order.
    fn after(&self, after: EntryNumber) -> Vec<Event> {
        let mut reader = Reader::open(&self.dir.path().join("state")).unwrap();
        reader.verify(Depth::Full, |_| {}).unwrap();
        let listed = reader.list(Listing { after, ..Listing::default() }, 1000).unwrap();
        listed.into_iter().map(|recorded| recorded.entry.event).collect()
    }

    fn adjustments(&self, after: EntryNumber) -> Vec<Adjustment> {
        let adjustment = |event| match event {
            Event::Adjustment(said) => Some(said),
            _ => None,
        };
        self.after(after).into_iter().filter_map(adjustment).collect()
    }

    fn confirmations(&self, after: EntryNumber) -> Vec<Confirmation> {
        let confirmation = |event| match event {
            Event::Confirmation(said) => Some(said),
            _ => None,
        };
        self.after(after).into_iter().filter_map(confirmation).collect()
    }
}

const NOTHING: Revised = Revised { confirmed: 0, adjusted: 0 };

#[test]
fn a_late_notice_takes_past_meals_back_and_a_withdrawn_one_gives_them_again() {
    let mut canteen = Canteen::new(&[elder("p_1"), elder("p_2")]);
    let meals: Vec<_> = ["03-09", "03-10", "03-11"]
        .map(|day| {
            canteen.wait(&format!("2026-{day} 11:40:00"));
            canteen.gallery(&[elder("p_1"), elder("p_2")]);
            canteen.lunch("p_2");
            canteen.lunch("p_1")
        })
        .into();
    canteen.wait("2026-03-20 09:00:00");
    let gallery = [died("p_1", "2026-03-10"), elder("p_2")];
    assert_eq!(canteen.gallery(&gallery), Revised { confirmed: 0, adjusted: 2 });
    let said = canteen.adjustments(meals[2]);
    let of = |said: &Adjustment| (said.entry, said.city.get(), said.reason, said.month.to_string());
    let dead = Some(NoAward::Deceased);
    let march = || "2026-03".to_owned();
    let expected = [(meals[1], 200, dead, march()), (meals[2], 200, dead, march())];
    assert_eq!(said.iter().map(of).collect::<Vec<_>>(), expected);
    assert_eq!(canteen.gallery(&gallery), NOTHING, "said once");
    // March is handed in; then the notice turns out to be about the day after.
    canteen.wait("2026-04-02 09:00:00");
    canteen.close("2026-03");
    let last = canteen.store.last_entry().unwrap();
    let gallery = [died("p_1", "2026-03-11"), elder("p_2")];
    assert_eq!(canteen.gallery(&gallery), Revised { confirmed: 0, adjusted: 1 });
    let [back] = canteen.adjustments(last)[..] else { panic!("one adjustment") };
    assert_eq!(of(&back), (meals[1], 0, None, "2026-04".to_owned()));
    assert!(back.supersedes.is_some());
    // Whoever is in the gallery no more keeps what was said.
    assert_eq!(canteen.gallery(&[elder("p_2")]), NOTHING);
}

#[test]
fn meals_under_a_stale_list_are_settled_when_a_fresh_one_comes() {
    let mut canteen = Canteen::new(&[elder("p_1"), elder("p_2"), elder("p_3")]);
    canteen.wait("2026-03-10 11:40:00");
    let meals = ["p_1", "p_2", "p_3"].map(|who| canteen.lunch(who));
    // Nobody knows p_3 any more; p_2 had died.
    canteen.wait("2026-03-12 09:00:00");
    let gallery = [elder("p_1"), died("p_2", "2026-03-10")];
    assert_eq!(canteen.gallery(&gallery), Revised { confirmed: 2, adjusted: 0 });
    let said = canteen.confirmations(meals[2]);
    assert_eq!((said[0].entry, said[0].city.get(), said[0].reason), (meals[0], 200, None));
    let dead = Some(NoAward::Deceased);
    assert_eq!((said[1].entry, said[1].city.get(), said[1].reason), (meals[1], 0, dead));
    assert_eq!(canteen.gallery(&gallery), NOTHING);
    assert_eq!(canteen.store.waiting(0, 10).unwrap().len(), 1);
}

#[test]
fn a_price_from_a_confirmation_is_corrected_like_any_other() {
    let born = |year| Elder { birth: Date::constant(year, 1, 1), ..elder("p_1") };
    let mut canteen = Canteen::new(&[born(1950)]);
    canteen.wait("2026-03-10 11:40:00");
    let meal = canteen.lunch("p_1");
    // The next list makes the elder older than it should; the one after it puts that right.
    canteen.wait("2026-03-12 09:00:00");
    assert_eq!(canteen.gallery(&[born(1940)]), Revised { confirmed: 1, adjusted: 0 });
    assert_eq!(canteen.confirmations(meal)[0].city.get(), 200);
    canteen.wait("2026-03-13 09:00:00");
    assert_eq!(canteen.gallery(&[born(1950)]), Revised { confirmed: 0, adjusted: 1 });
    let taken = &canteen.adjustments(meal)[0];
    assert_eq!((taken.entry, taken.city.get(), taken.district.get()), (meal, 100, 100));
    assert_eq!(canteen.gallery(&[born(1950)]), NOTHING);
}

#[test]
fn meals_under_a_clock_that_jumped_find_their_true_day_and_its_slot() {
    let mut canteen = Canteen::new(&[elder("p_1"), elder("p_2")]);
    canteen.wait("2026-03-03 11:30:00");
    canteen.lunch("p_1");
    // Three days ahead, and back after the meals.
    canteen.hands.wall = at("2026-03-06 11:40:00");
    canteen.hands.monotonic += Duration::from_secs(600);
    let (again, first) = (canteen.lunch("p_1"), canteen.lunch("p_2"));
    let stamp = canteen.stamp();
    assert_eq!(stamp.clock, ClockTrust::Untrusted);
    assert_eq!(revise(&mut canteen.store, stamp, &canteen.rules).unwrap(), NOTHING);
    canteen.hands.wall = at("2026-03-03 12:00:00");
    canteen.hands.monotonic += Duration::from_secs(1200);
    let stamp = canteen.stamp();
    let revised = revise(&mut canteen.store, stamp, &canteen.rules).unwrap();
    assert_eq!(revised, Revised { confirmed: 2, adjusted: 0 });
    let said = canteen.confirmations(first);
    let of = |said: &Confirmation| (said.entry, said.date.to_string(), said.reason);
    let day = || "2026-03-03".to_owned();
    assert_eq!(of(&said[0]), (again, day(), Some(NoAward::AlreadyToday)));
    assert_eq!(of(&said[1]), (first, day(), None));
}

#[test]
fn a_meal_entered_late_under_a_doubted_clock_stays_a_meal_of_its_own_day() {
    let mut canteen = Canteen::new(&[elder("p_1")]);
    canteen.wait("2026-03-04 11:40:00");
    let first = canteen.lunch("p_1");
    // Three days ahead; somebody enters the lunch of the fourth, which the clock calls the seventh.
    canteen.hands.wall = at("2026-03-08 09:00:00");
    canteen.hands.monotonic += Duration::from_secs(77_000);
    let (stamp, date) = (canteen.stamp(), Date::constant(2026, 3, 7));
    assert_eq!(stamp.clock, ClockTrust::Untrusted);
    let basis = Some(canteen.store.last_entry().unwrap() + 1);
    let meal = match canteen.store.entry(first).unwrap().unwrap().event {
        Event::Meal(meal) => Meal { date, method: Method::Staff, basis, ..meal },
        other => panic!("{other:?}"),
    };
    let [operator, second] = ["op-1", "op-2"].map(|who| OperatorId::new(who).unwrap());
    let vouched = Late { date, reason: LateReason::Forgotten, operator, second };
    let events = [Event::Late(vouched), Event::Meal(meal)];
    let late = canteen.store.append_all(stamp, &events).unwrap().n;
    canteen.hands.wall = at("2026-03-05 10:00:00");
    canteen.hands.monotonic += Duration::from_secs(3_400);
    let stamp = canteen.stamp();
    assert_eq!(stamp.clock, ClockTrust::Trusted);
    revise(&mut canteen.store, stamp, &canteen.rules).unwrap();
    let [said] = canteen.confirmations(late)[..] else { panic!("one confirmation") };
    let expected = (late, "2026-03-04".to_owned(), Some(NoAward::AlreadyToday));
    assert_eq!((said.entry, said.date.to_string(), said.reason), expected);
}

#[test]
fn what_was_taken_off_stays_off_when_the_rules_of_its_day_are_gone() {
    let mut canteen = Canteen::new(&[elder("p_1")]);
    canteen.wait("2026-03-04 11:40:00");
    let meal = canteen.lunch("p_1");
    let young = Elder { birth: Date::constant(1960, 5, 2), ..elder("p_1") };
    canteen.wait("2026-03-05 09:00:00");
    canteen.gallery(std::slice::from_ref(&young));
    assert_eq!(canteen.adjustments(meal).len(), 1);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rules/lcetdz-2022.toml");
    let later = std::fs::read_to_string(shipped).unwrap().replace("2022-01-01", "2026-04-01");
    let file = canteen.dir.path().join("later.toml");
    std::fs::write(&file, later).unwrap();
    canteen.rules = rules::load(&file).unwrap();
    canteen.wait("2026-04-02 09:00:00");
    assert_eq!(canteen.gallery(std::slice::from_ref(&young)), NOTHING);
}

#[test]
fn of_two_meals_that_turn_out_to_be_of_one_day_the_earlier_has_the_slot() {
    let mut canteen = Canteen::new(&[elder("p_1"), elder("p_2")]);
    canteen.wait("2026-03-03 11:30:00");
    canteen.lunch("p_2");
    // The power goes; the clock starts at nothing, twice, and is then set right by somebody.
    let mut meals = vec![];
    for boot in [2, 3] {
        canteen.hands = Hands { wall: at("2026-01-05 11:30:00"), monotonic: Duration::ZERO, boot };
        canteen.keeper = Timekeeper::new(&canteen.store, &canteen.hands).unwrap();
        meals.push(canteen.lunch("p_1"));
    }
    canteen.hands.wall = at("2026-03-03 12:30:00");
    canteen.hands.monotonic += Duration::from_secs(900);
    let stamp = canteen.keeper.confirm(&mut canteen.store, &canteen.hands).unwrap().unwrap();
    let revised = revise(&mut canteen.store, stamp, &canteen.rules).unwrap();
    assert_eq!(revised, Revised { confirmed: 2, adjusted: 0 });
    let said = canteen.confirmations(meals[1]);
    let of = |said: &Confirmation| (said.entry, said.date.to_string(), said.reason);
    let day = || "2026-03-03".to_owned();
    assert_eq!(of(&said[0]), (meals[0], day(), None));
    assert_eq!(of(&said[1]), (meals[1], day(), Some(NoAward::AlreadyToday)));
}

#[test]
fn more_than_one_transaction_of_confirmations_is_written() {
    let elders: Vec<_> = (0..230).map(|i| elder(&format!("p_{i:03}"))).collect();
    let mut canteen = Canteen::new(&elders);
    canteen.wait("2026-03-10 11:40:00");
    for elder in &elders {
        canteen.lunch(elder.id.as_str());
    }
    assert_eq!(canteen.gallery(&elders), Revised { confirmed: 230, adjusted: 0 });
    assert_eq!(canteen.gallery(&elders), NOTHING);
}
