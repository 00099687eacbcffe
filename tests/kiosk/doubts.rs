//! A clock that is not believed, and a face that is not to be recognised any more.

use crate::browser::Page;
use crate::canteen::{Canteen, PIN, Premises, elders, token};
use canteend::daemon::checkin::Outcome;
use canteend::daemon::desk::At;
use canteend::daemon::timekeeper::Moment;
use canteend::daemon::writer::Shown;
use canteend::domain::elder::ElderId;
use serde_json::json;

/// A canteen whose machine was off and shows four in the morning of a day that is over.
fn with_a_clock_in_doubt() -> (Premises, Canteen) {
    let mut premises = Premises::new(elders());
    drop(premises.open());
    premises.starts_at = "2026-03-01T04:00:00+08:00".to_owned();
    let canteen = premises.open();
    (premises, canteen)
}

#[test]
fn a_doubted_clock_sends_nobody_away_at_whatever_hour_it_shows() {
    let (_premises, canteen) = with_a_clock_in_doubt();
    let mut page = canteen.staff();
    let pick = token(&page, "wxy");
    let (_, answer) = page.act("by-hand", json!({ "elder": pick, "reason": "no-face" }));
    assert_eq!(answer["code"], "served", "{answer}");
    let entries = canteen.entries();
    let meal = entries.last().unwrap();
    let said = ["kind", "clock", "window", "date"].map(|field| meal[field].as_str().unwrap());
    assert_eq!(said, ["meal", "untrusted", "breakfast", "2026-03-01"]);
}

#[test]
fn a_meal_is_not_entered_late_while_nobody_knows_the_day() {
    let (_premises, canteen) = with_a_clock_in_doubt();
    let mut page: Page = canteen.staff();
    let pick = token(&page, "wxy");
    let late = json!({ "elder": pick, "date": "2026-02-28", "window": "lunch", "reason": "box-off",
        "second": "op-2", "pin": PIN });
    let (status, answer) = page.act("late", late);
    assert_eq!((status, &answer["code"]), (409, &json!("late-clock")));
    assert_eq!(canteen.kinds(), ["clock"]);
}

#[test]
fn a_face_that_is_withdrawn_is_refused_at_once_whatever_vision_still_holds() {
    let (_premises, canteen) = Canteen::new();
    let settled = |at: &mut At<'_>| {
        let moment = Moment::now(at.clock());
        let who = Outcome::Accepted(ElderId::new("p_1").unwrap());
        at.writer().withdraw("p_1");
        at.settle(moment, &who).unwrap()
    };
    let shown = canteen.desk.as_ref().unwrap().ask_blocking(settled).unwrap();
    assert!(matches!(shown, Shown::AskStaff { candidates: 0, .. }), "{shown:?}");
    assert_eq!(canteen.kinds(), ["review"]);
}
