//! March 2026 in a small canteen: one of everything that a report has to tell apart.

use crate::canteen::{Canteen, elder, meal, noticed, stamp, with_id};
use canteend::domain::calendar::{Interval, MealWindow};
use canteend::domain::elder::{NoticeWhy, Sex};
use canteend::domain::entry::{ClockTrust, Event, Meal, Method};
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
    canteen.meal("2026-03-02 11:40:00", "p_01", "80+");
    canteen.meal("2026-03-02 11:41:10", "p_02", "70-79");
    canteen.visit("2026-03-02 11:42:00", "p_06", NoAward::UnderAge);
    // Voided by mistake and served again.
    let mistaken = canteen.meal("2026-03-03 12:00:00", "p_04", "70-79");
    canteen.void("2026-03-03 12:01:00", mistaken);
    canteen.meal("2026-03-03 12:02:00", "p_04", "70-79");
    // After the day of the notice, which came late.
    canteen.meal("2026-03-11 11:30:00", "p_03", "80+");
    // By card on the eightieth birthday; by staff, with stale eligibility data.
    by(&mut canteen, "2026-03-16 11:45:00", "p_02", "80+", |m| m.method = Method::Card);
    by(&mut canteen, "2026-03-16 11:50:00", "p_05", "70-79", |m| {
        m.method = Method::Staff;
        m.standing = Standing::Pending;
    });
    // The clock was not believed.
    let doubtful = stamp("2026-03-17 12:10:00", ClockTrust::Untrusted);
    canteen.append(doubtful, &Event::Meal(meal(doubtful, "p_01", "80+")));
    // Written down two days later; and in home care.
    by(&mut canteen, "2026-03-23 08:00:00", "p_05", "70-79", |m| {
        m.date = "2026-03-21".parse().unwrap();
        m.method = Method::Staff;
    });
    // Somebody whom the gallery does not know any more, at supper on the last day.
    by(&mut canteen, "2026-03-31 18:59:59", "p_99", "80+", |m| m.window = MealWindow::Supper);
    // Next month.
    canteen.meal("2026-04-01 11:30:00", "p_01", "80+");
    canteen
}

fn by(canteen: &mut Canteen, at: &str, elder: &str, band: &str, change: impl Fn(&mut Meal)) {
    let when = stamp(at, ClockTrust::Trusted);
    let mut meal = meal(when, elder, band);
    change(&mut meal);
    canteen.append(when, &Event::Meal(meal));
}
