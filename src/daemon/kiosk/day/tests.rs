//! What of a day is counted, and what is only listed.

use super::*;
use crate::domain::entry::correction::{LateReason, VoidReason};
use crate::domain::entry::{Meal, Stamp, Visit};
use crate::domain::subsidy::Award;
use ClockTrust::{Trusted, Untrusted};

const TODAY: &str = "2026-03-02";
const YESTERDAY: &str = "2026-03-01";

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// A day that is told entries written on it.
struct Told(Day);

impl Told {
    fn new() -> Self {
        Told(Day::new(date(TODAY)))
    }

    fn says(&mut self, clock: ClockTrust, event: Event) -> EntryNumber {
        let n = self.0.read + 1;
        let at = format!("{TODAY}T12:00:00+08:00").parse().unwrap();
        self.0.take(Entry { n, stamp: Stamp { at, clock }, event });
        n
    }

    /// A meal of 4 yuan.
    fn meal(&mut self, clock: ClockTrust, standing: Standing, day: &str) -> EntryNumber {
        let fen = Fen::new(200);
        let band = "80+".to_owned();
        let event = Event::Meal(Meal {
            elder: ElderId::new("p_1").unwrap(),
            date: date(day),
            window: MealWindow::Lunch,
            method: Method::Face,
            award: Award { rules: "r".into(), band, city: fen, district: fen },
            standing,
            eligibility_as_of: date(TODAY),
            basis: None,
        });
        self.says(clock, event)
    }

    fn confirm(&mut self, entry: EntryNumber, day: &str, fen: u32, why: Option<NoAward>) {
        let (date, city, district, reason) = (date(day), Fen::new(fen), Fen::new(fen), why);
        let said = Confirmation { entry, date, city, district, reason };
        self.says(Trusted, Event::Confirmation(said));
    }

    /// Diners, and subsidised meals.
    fn counts(&self) -> (u32, u32) {
        let numbers = self.0.numbers();
        (numbers.diners, numbers.bands.iter().map(|(_, count)| count).sum())
    }

    fn row(&self, entry: EntryNumber) -> &Row {
        self.0.rows().iter().find(|row| row.entry == entry).unwrap()
    }
}

#[test]
fn a_meal_that_waits_is_a_diner_and_no_subsidised_meal_until_it_is_confirmed() {
    for (clock, standing) in [(Untrusted, Standing::Firm), (Trusted, Standing::Pending)] {
        let mut day = Told::new();
        let meal = day.meal(clock, standing, TODAY);
        assert_eq!((day.counts(), day.row(meal).state), ((1, 0), RowState::Pending));
        day.confirm(meal, TODAY, 100, None);
        assert_eq!((day.counts(), day.row(meal).state), ((1, 1), RowState::Stands));
        assert_eq!(day.row(meal).amount, Fen::new(200), "as confirmed, not as written");
    }
}

#[test]
fn a_confirmation_that_a_meal_is_worth_nothing_makes_it_a_visit() {
    let mut day = Told::new();
    let meal = day.meal(Trusted, Standing::Pending, TODAY);
    day.confirm(meal, TODAY, 0, Some(NoAward::NotEligible));
    assert_eq!(day.counts(), (1, 0));
    let row = day.row(meal);
    assert_eq!((row.amount, row.reason), (Fen::ZERO, Some(NoAward::NotEligible)));
    let (window, method, reason) = (MealWindow::Lunch, Method::Face, NoAward::UnderAge);
    let (elder, date) = (ElderId::new("p_1").unwrap(), date(TODAY));
    let visit = Visit { elder, date, window, method, reason, basis: None };
    let visit = day.says(Untrusted, Event::Visit(visit));
    day.confirm(visit, TODAY, 0, Some(NoAward::HomeCare));
    assert_eq!((day.counts(), day.row(visit).reason), ((2, 0), Some(NoAward::HomeCare)));
}

#[test]
fn what_is_of_another_day_is_listed_and_not_counted() {
    let mut day = Told::new();
    let meal = day.meal(Untrusted, Standing::Firm, TODAY);
    assert_eq!(day.counts(), (1, 0));
    day.confirm(meal, YESTERDAY, 200, None);
    assert_eq!((day.counts(), day.0.rows().len()), ((0, 0), 1));
    let operator = |id| OperatorId::new(id).unwrap();
    let (reason, second) = (LateReason::Forgotten, operator("op-2"));
    let late = Late { date: date(YESTERDAY), reason, operator: operator("op-1"), second };
    day.says(Trusted, Event::Late(late));
    day.meal(Trusted, Standing::Firm, YESTERDAY);
    assert_eq!((day.counts(), day.0.rows().len()), ((0, 0), 2));
    let meal = day.meal(Trusted, Standing::Firm, TODAY);
    assert_eq!(day.counts(), (1, 1));
    let (reason, operator) = (VoidReason::Slip, operator("op-1"));
    day.says(Trusted, Event::Void(Void { entry: meal, reason, operator }));
    assert_eq!(day.counts(), (0, 0));
}
