//! What holds for any dates, any elder and any order of meals and voids.

use super::{book, plan_hours};
use canteend::domain::calendar::{AgeRule, Date, Interval, LeapDay, MealWindow, Time, age};
use canteend::domain::elder::{Consent, Elder, ElderId, Notice, NoticeWhy, Sex};
use canteend::domain::money::Fen;
use canteend::domain::subsidy::{Award, History, Occasion, Ruling};
use proptest::prelude::*;

const BOOKS: [&str; 6] =
    ["lcetdz-2022", "day-after", "end-of-year", "first-of-march", "changing", "other-district"];

/// Any day that the calendar knows.
fn any_date() -> impl Strategy<Value = Date> {
    (-9999_i16..=9999, 1_i8..=12, 1_i8..=31)
        .prop_filter_map("no such day", |(year, month, day)| Date::new(year, month, day).ok())
}

/// A day on which meals are served in these tests, near the changes of `changing`.
fn service_date() -> impl Strategy<Value = Date> {
    (2023_i16..=2027, 1_i8..=12, 1_i8..=31)
        .prop_filter_map("no such day", |(year, month, day)| Date::new(year, month, day).ok())
}

/// A plausible day or any other.
fn odd_date() -> impl Strategy<Value = Date> {
    prop_oneof![any_date(), service_date()]
}

/// A birth date, every fourth on a 29 February.
fn birth() -> impl Strategy<Value = Date> {
    let leap = (0_i16..=20).prop_map(|n| Date::constant(1908 + 4 * n, 2, 29));
    let plain = (1900_i16..=1990, 1_i8..=12, 1_i8..=28)
        .prop_map(|(year, month, day)| Date::constant(year, month, day));
    prop_oneof![3 => plain, 1 => leap]
}

fn window() -> impl Strategy<Value = MealWindow> {
    prop::sample::select(MealWindow::ALL.to_vec())
}

fn intervals() -> impl Strategy<Value = Vec<Interval>> {
    let interval = (odd_date(), prop::option::of(odd_date()))
        .prop_filter_map("ends before it begins", |(from, to)| Interval::new(from, to));
    prop::collection::vec(interval, 0..3)
}

fn elder(born: Date, eligible: Vec<Interval>, home_care: Vec<Interval>) -> Elder {
    Elder {
        id: ElderId::new("p_1").unwrap(),
        name: "王秀英".to_owned(),
        sex: Sex::Female,
        birth: born,
        id_last4: None,
        eligible,
        home_care,
        notices: Vec::new(),
        consent: Consent { store_face: true, transmit: true },
    }
}

fn always() -> Vec<Interval> {
    vec![Interval::new(Date::constant(2000, 1, 1), None).unwrap()]
}

/// One day of one elder in a ledger: everything written, nothing removed, voids beside it.
#[derive(Default)]
struct Day {
    written: Vec<(MealWindow, Option<Award>)>,
    voided: Vec<usize>,
}

impl Day {
    fn standing(&self) -> impl Iterator<Item = &(MealWindow, Option<Award>)> {
        let stands = |(n, _): &(usize, _)| !self.voided.contains(n);
        self.written.iter().enumerate().filter(stands).map(|(_, entry)| entry)
    }

    fn history(&self) -> History {
        History {
            subsidised: self.standing().any(|(_, award)| award.is_some()),
            windows: self.standing().map(|(window, _)| *window).collect(),
        }
    }
}

/// What happens at the counter: the elder is seen in a window, or the nth entry is voided.
#[derive(Clone, Debug)]
enum Step {
    Seen(MealWindow),
    Void(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => window().prop_map(Step::Seen),
        1 => (0_usize..12).prop_map(Step::Void),
    ];
    prop::collection::vec(step, 0..24)
}

proptest! {
    #[test]
    fn no_order_of_meals_and_voids_yields_two_subsidised_meals(
        name in prop::sample::select(BOOKS.to_vec()),
        born in birth(),
        date in service_date(),
        steps in steps(),
    ) {
        let (book, elder) = (book(name), elder(born, always(), Vec::new()));
        let entitled = book.entitlement(&elder, date);
        let mut day = Day::default();
        let (mut paid, mut taken_back) = (Fen::ZERO, Fen::ZERO);
        for step in steps {
            let before = day.history();
            match step {
                Step::Seen(window) => {
                    let occasion = Occasion { date, window, eligibility_as_of: date };
                    match book.ruling(&elder, occasion, &before) {
                        Ruling::Meal { award, .. } => {
                            prop_assert_eq!(Ok(&award), entitled.as_ref());
                            paid = paid.checked_add(award.total()).unwrap();
                            day.written.push((window, Some(award)));
                        }
                        Ruling::Visit(_) => day.written.push((window, None)),
                        Ruling::SameVisit => prop_assert!(before.windows.contains(&window)),
                    }
                }
                Step::Void(n) if n < day.written.len() && !day.voided.contains(&n) => {
                    if let Some(award) = &day.written[n].1 {
                        taken_back = taken_back.checked_add(award.total()).unwrap();
                    }
                    day.voided.push(n);
                }
                Step::Void(_) => {}
            }
            let subsidised: Vec<&Award> =
                day.standing().filter_map(|(_, award)| award.as_ref()).collect();
            prop_assert!(subsidised.len() <= 1);
            for window in MealWindow::ALL {
                prop_assert!(day.standing().filter(|(w, _)| w == window).count() <= 1);
            }
            let due: u32 = subsidised.iter().map(|a| a.city.get() + a.district.get()).sum();
            prop_assert_eq!(paid.get() - taken_back.get(), due);
        }
    }

    #[test]
    fn voiding_a_meal_restores_what_could_be_had_before(
        name in prop::sample::select(BOOKS.to_vec()),
        born in birth(),
        date in service_date(),
        (first, second) in (window(), window()),
    ) {
        let (book, elder) = (book(name), elder(born, always(), Vec::new()));
        let ask = |window, day: &Day| {
            let occasion = Occasion { date, window, eligibility_as_of: date };
            book.ruling(&elder, occasion, &day.history())
        };
        let mut day = Day::default();
        let before = ask(second, &day);
        let award = match ask(first, &day) {
            Ruling::Meal { award, .. } => Some(award),
            Ruling::Visit(_) => None,
            Ruling::SameVisit => return Err(TestCaseError::fail("an empty day has no visit")),
        };
        let subsidised = award.is_some();
        day.written.push((first, award));
        prop_assert_eq!(ask(second, &day) == before, !subsidised && first != second);
        day.voided.push(0);
        prop_assert_eq!(ask(second, &day), before);
    }

    #[test]
    fn there_is_a_ruling_for_any_dates(
        name in prop::sample::select(BOOKS.to_vec()),
        (born, date, as_of, noticed) in (odd_date(), odd_date(), odd_date(), odd_date()),
        (eligible, home_care) in (intervals(), intervals()),
        dead in any::<bool>(),
        window in window(),
        subsidised in any::<bool>(),
    ) {
        let mut elder = elder(born, eligible, home_care);
        let why = if dead { NoticeWhy::Deceased } else { NoticeWhy::Moved };
        elder.notices.push(Notice { why, from: noticed });
        let occasion = Occasion { date, window, eligibility_as_of: as_of };
        let history = History { subsidised, windows: Vec::new() };
        if let Ruling::Meal { award, .. } = book(name).ruling(&elder, occasion, &history) {
            prop_assert!(!subsidised && noticed > date);
            prop_assert!(elder.eligible.iter().any(|days| days.contains(date)));
            prop_assert!(!elder.home_care.iter().any(|days| days.contains(date)));
            prop_assert!(award.total() > Fen::ZERO);
        }
    }

    #[test]
    fn age_never_falls_as_the_days_pass(
        born in birth(),
        (first, second) in (any_date(), any_date()),
        rule in prop::sample::select(vec![AgeRule::Birthday, AgeRule::DayAfter, AgeRule::EndOfYear]),
        leap in prop::sample::select(vec![LeapDay::Feb28, LeapDay::Mar1]),
    ) {
        let (early, late) = (first.min(second), first.max(second));
        prop_assert!(age(born, early, rule, leap) <= age(born, late, rule, leap));
        if let Ok(next) = early.tomorrow() {
            let step = age(born, next, rule, leap) - age(born, early, rule, leap);
            prop_assert!(step <= 1);
        }
    }

    #[test]
    fn the_rules_of_age_differ_by_a_day_and_by_a_year(born in birth(), date in service_date()) {
        for leap in [LeapDay::Feb28, LeapDay::Mar1] {
            let on = age(born, date, AgeRule::Birthday, leap);
            let after = age(born, date, AgeRule::DayAfter, leap);
            let year = age(born, date, AgeRule::EndOfYear, leap);
            prop_assert_eq!(after, age(born, date.yesterday().unwrap(), AgeRule::Birthday, leap));
            prop_assert_eq!(year, age(born, date.last_of_year(), AgeRule::Birthday, leap));
            prop_assert!(after <= on && on <= year && year <= after + 1);
        }
    }

    #[test]
    fn a_window_is_found_as_by_counting_seconds(second in 0_i32..86_400, nano in 0_i32..1_000_000_000) {
        let part = |n: i32| i8::try_from(n).unwrap();
        let time = Time::constant(part(second / 3600), part(second / 60 % 60), part(second % 60), nano);
        let naive = match second {
            21_600..=32_400 => Some(MealWindow::Breakfast),
            37_800..=48_600 => Some(MealWindow::Lunch),
            59_400..=68_400 => Some(MealWindow::Supper),
            _ => None,
        };
        let hours = plan_hours();
        prop_assert_eq!(hours.window_at(time), naive);
        let next = hours.next_after(time);
        prop_assert_eq!(hours.window_at(next.from), Some(next.window));
        prop_assert_eq!(next.tomorrow, next.from <= time);
    }
}
