//! March 2026 in a small canteen: one of everything that a report has to tell apart.

use crate::canteen::{Canteen, at, day, elder, meal, noticed, stamp, with_id};
use canteend::domain::calendar::{Interval, MealWindow};
use canteend::domain::elder::{NoticeWhy, Sex};
use canteend::domain::entry::correction::{
    Adjustment, Confirmation, Finding, Kept, RejectReason, Verdict,
};
use canteend::domain::entry::{ClockTrust, Event, Method};
use canteend::domain::money::Fen;
use canteend::domain::month::Month;
use canteend::domain::subsidy::{NoAward, Standing};

/// A name that is a formula to a spreadsheet and markup to a browser.
pub const HOSTILE: &str = "=HYPERLINK(\"x\")<script>alert(1)</script>";

pub fn small_month() -> Canteen {
    let mut zhao = elder("p_05", "赵敏", "1950-07-01", "2026-03-16");
    zhao.home_care = Interval::new("2026-03-20".parse().unwrap(), None).into_iter().collect();
    let mut li = elder("p_02", "李国强", "1946-03-16", "2024-01-01");
    li.sex = Sex::Male;
    let elders = [
        with_id(elder("p_01", "王秀英", "1943-05-02", "2024-01-01"), "0021"),
        with_id(li, "131X"),
        noticed(
            elder("p_03", "张桂兰", "1940-01-01", "2024-01-01"),
            NoticeWhy::Deceased,
            "2026-03-10",
        ),
        elder("p_04", HOSTILE, "1955-12-31", "2024-01-01"),
        zhao,
        elder("p_06", "孙丽", "1960-02-29", "2024-01-01"),
    ];
    let mut canteen = Canteen::new("2026-03-01", &elders);
    let first = canteen.meal("2026-03-02 11:40:00", "p_01", "80+");
    canteen.meal("2026-03-02 11:41:10", "p_02", "70-79");
    canteen.visit("2026-03-02 11:42:00", "p_06", NoAward::UnderAge);
    // Voided by mistake and served again.
    let mistaken = canteen.meal("2026-03-03 12:00:00", "p_04", "70-79");
    canteen.void(at("2026-03-03 12:01:00"), mistaken);
    canteen.meal("2026-03-03 12:02:00", "p_04", "70-79");
    // After the day of the notice, which came late.
    let dead = canteen.meal("2026-03-11 11:30:00", "p_03", "80+");
    // By card on the eightieth birthday; by staff, with stale eligibility data.
    let mut card = meal(at("2026-03-16 11:45:00"), "p_02", "80+");
    card.method = Method::Card;
    canteen.append(at("2026-03-16 11:45:00"), &Event::Meal(card));
    let mut stale = meal(at("2026-03-16 11:50:00"), "p_05", "70-79");
    stale.standing = Standing::Pending;
    canteen.by_hand(at("2026-03-16 11:50:00"), Event::Meal(stale));
    // The clock was not believed; the second of two is confirmed to be of the day before.
    let doubtful = stamp("2026-03-17 12:10:00", ClockTrust::Untrusted);
    canteen.clock(doubtful.at, false);
    canteen.append(doubtful, &Event::Meal(meal(doubtful, "p_01", "80+")));
    let moved = canteen.append(doubtful, &Event::Meal(meal(doubtful, "p_04", "70-79")));
    canteen.clock(at("2026-03-18 07:55:00").at, true);
    let (date, share) = (day("2026-03-16"), Fen::new(100));
    let confirmation =
        Confirmation { entry: moved, date, city: share, district: share, reason: None };
    canteen.append(at("2026-03-18 08:00:00"), &Event::Confirmation(confirmation));
    // Written down two days later, and in home care; and somebody whom nobody knows.
    let late = Event::Meal(meal(at("2026-03-23 08:00:00"), "p_05", "70-79"));
    canteen.late(at("2026-03-23 08:00:00"), day("2026-03-21"), late);
    canteen.unnamed(at("2026-03-23 11:30:00"));
    // Somebody whom the gallery does not know any more, at supper on the last day.
    let mut supper = meal(at("2026-03-31 18:59:59"), "p_99", "80+");
    supper.window = MealWindow::Supper;
    let supper = canteen.append(at("2026-03-31 18:59:59"), &Event::Meal(supper));
    // Next month: a meal, what the city found, and what notices took back, of March and of April.
    canteen.meal("2026-04-01 11:30:00", "p_01", "80+");
    let evening = at("2026-04-01 20:00:00");
    let kept = Some(Kept { device: "lc-dcf-003".to_owned(), entry: 5521 });
    let finding = Finding::Rejected { reason: RejectReason::OtherCanteen, kept };
    let verdict = Verdict { entry: supper, finding, supersedes: None };
    canteen.append(evening, &Event::Verdict(verdict));
    for (entry, fen, reason, month) in
        [(dead, 200, NoAward::Deceased, "2026-03"), (first, 50, NoAward::HomeCare, "2026-04")]
    {
        let (share, month) = (Fen::new(fen), Month::parse(month).unwrap());
        let (city, district, reason, supersedes) = (share, share, Some(reason), None);
        let adjustment = Adjustment { entry, city, district, reason, month, supersedes };
        canteen.append(evening, &Event::Adjustment(adjustment));
    }
    canteen
}
