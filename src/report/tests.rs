//! What each sort of entry does to a settlement, against figures worked out by hand.
//!
//! The entries need not be a ledger that the store would have written; they are what matters here.

use super::book::{Book, View};
use super::findings::{self, Outcome};
use super::pass::Pass;
use super::{Body, Period, Sources, settlement};
use crate::config::{self, Config, rules};
use crate::domain::calendar::{MealWindow, Timestamp, service_date};
use crate::domain::decision::Doubt;
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{
    Adjustment, Close, Confirmation, Expiry, Finding, Late, LateReason, RejectReason, Verdict,
    Void, VoidReason,
};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal, Method, Review, Stamp};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::{Award, NoAward, Standing};
use std::path::Path;

mod closed;
mod open;

const MARCH: &str = "2026-03";
const APRIL: &str = "2026-04";

fn operator() -> OperatorId {
    OperatorId::new("op-1").unwrap()
}

/// Entries, each at noon of its day.
#[derive(Default)]
struct Written(Vec<Entry>);

impl Written {
    fn add(&mut self, day: &str, clock: ClockTrust, event: Event) -> EntryNumber {
        let at: Timestamp = format!("{day}T12:00:00+08:00").parse().unwrap();
        let n = self.0.len() as u64 + 1;
        self.0.push(Entry { n, stamp: Stamp { at, clock }, event });
        n
    }

    fn trusted(&mut self, day: &str, event: Event) -> EntryNumber {
        self.add(day, ClockTrust::Trusted, event)
    }

    /// A meal of 4 yuan.
    fn meal(&mut self, day: &str) -> EntryNumber {
        self.trusted(day, meal(day, "80+", Standing::Firm))
    }

    /// A meal of 4 yuan under stale eligibility data.
    fn stale(&mut self, day: &str) -> EntryNumber {
        self.trusted(day, meal(day, "80+", Standing::Pending))
    }

    /// Confirms `entry` to be of `day`, each share as stated.
    fn confirm(&mut self, on: &str, entry: EntryNumber, day: &str, fen: u32) {
        let (city, district) = (Fen::new(fen), Fen::new(fen));
        let reason = (fen == 0).then_some(NoAward::NotEligible);
        let date = day.parse().unwrap();
        self.trusted(on, Event::Confirmation(Confirmation { entry, date, city, district, reason }));
    }

    fn verdict(&mut self, on: &str, entry: EntryNumber, accepted: bool) {
        let rejected = Finding::Rejected { reason: RejectReason::Deceased, kept: None };
        let finding = if accepted { Finding::Accepted } else { rejected };
        self.trusted(on, Event::Verdict(Verdict { entry, finding, supersedes: None }));
    }

    /// Takes `fen` off the city's share alone.
    fn adjust(&mut self, on: &str, entry: EntryNumber, fen: u32, month: &str) {
        let (city, district) = (Fen::new(fen), Fen::ZERO);
        let reason = (fen > 0).then_some(NoAward::HomeCare);
        let (month, supersedes) = (Month::parse(month).unwrap(), None);
        let said = Adjustment { entry, city, district, reason, month, supersedes };
        self.trusted(on, Event::Adjustment(said));
    }

    fn void(&mut self, on: &str, entry: EntryNumber) {
        let (reason, operator) = (VoidReason::Slip, operator());
        self.trusted(on, Event::Void(Void { entry, reason, operator }));
    }

    /// Hands in the settlement of March.
    fn close_march(&mut self, on: &str) {
        let (month, operator) = (Month::parse(MARCH).unwrap(), operator());
        self.trusted(on, Event::Close(Close { month, operator }));
    }

    /// A meal of 4 yuan on `day`, entered on `on`.
    fn late(&mut self, on: &str, day: &str) -> EntryNumber {
        let (reason, second) = (LateReason::BoxOff, OperatorId::new("op-2").unwrap());
        let (date, operator) = (day.parse().unwrap(), operator());
        let basis = self.trusted(on, Event::Late(Late { date, reason, operator, second }));
        let Event::Meal(meal) = meal(day, "80+", Standing::Firm) else { unreachable!() };
        let meal = Meal { method: Method::Staff, basis: Some(basis), ..meal };
        self.trusted(on, Event::Meal(meal))
    }

    fn expiry(&mut self, day: &str) -> EntryNumber {
        let review = self.trusted(
            day,
            Event::Review(Review {
                date: day.parse().unwrap(),
                window: MealWindow::Lunch,
                reasons: vec![Doubt::NoMatch],
                candidates: Vec::new(),
            }),
        );
        self.trusted(day, Event::Expiry(Expiry { review }))
    }

    fn book(&self, period: Period) -> Book {
        let mut pass = Pass::new("lc-kfq-017".to_owned(), period, View::Settled);
        self.0.iter().for_each(|entry| pass.take(entry));
        pass.finish()
    }

    fn settlement(&self, period: Period, today: &str) -> Body {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let site = Config::parse(config::EXAMPLE, &root.join("config/canteend.toml")).unwrap().site;
        let rules = rules::load(&root.join("config/rules/lcetdz-2022.toml")).unwrap();
        let today = today.parse().unwrap();
        let sources = Sources { site: &site, rules: &rules, elders: None, today };
        settlement::make(&self.book(period), sources)
    }

    /// Diners, subsidised, 合计, reduced meals, 核减, 核定 and the remarks of a month's lines.
    fn month(&self, month: &str) -> ([i64; 6], String) {
        let body = self.settlement(Period::month(month).unwrap(), "2026-12-01");
        let remarks = body.table.rows().iter().map(|row| row.last().unwrap().shown());
        (figures(&body), remarks.collect::<Vec<_>>().join("｜"))
    }
}

fn figures(body: &Body) -> [i64; 6] {
    ["diners", "subsidised", "total_fen", "reduced", "reduced_fen", "approved_fen"]
        .map(|field| body.table.total(field).unwrap())
}

fn meal(day: &str, band: &str, standing: Standing) -> Event {
    let (date, share) = (day.parse().unwrap(), Fen::new(200));
    Event::Meal(Meal {
        elder: ElderId::new("p_1").unwrap(),
        date,
        window: MealWindow::Lunch,
        method: Method::Face,
        award: Award {
            rules: "lcetdz-2022".into(),
            band: band.into(),
            city: share,
            district: share,
        },
        standing,
        eligibility_as_of: date,
        basis: None,
    })
}

/// What a month says: see [`Written::month`].
type Said = ([i64; 6], &'static str);
/// What is written, and what March and April then say.
type Case = (&'static str, fn(&mut Written), Said, Said);

const NONE: Said = ([0; 6], "");

#[test]
fn what_april_cannot_take_off_is_taken_off_in_may() {
    let mut written = Written::default();
    for day in ["2026-03-10", "2026-03-11"] {
        written.meal(day);
    }
    written.close_march("2026-04-01");
    written.meal("2026-04-01");
    (1..=2).for_each(|meal| written.verdict("2026-04-02", meal, false));
    written.meal("2026-05-01");
    written.meal("2026-05-02");
    let months = [MARCH, APRIL, "2026-05"].map(|month| written.month(month));
    let [march, april, may] = months.each_ref().map(|(f, said)| (f[5], said.as_str()));
    assert_eq!(march, (800, ""));
    assert_eq!(april, (0, "｜核减2人次8.00元｜不足抵扣4.00元，由下月抵扣"));
    assert_eq!(may, (400, "｜上月不足抵扣4.00元"));
}

#[test]
fn a_close_of_april_covers_march_as_well() {
    let mut written = Written::default();
    let meal = written.stale("2026-03-10");
    written.stale("2026-04-10");
    let (month, operator) = (Month::parse(APRIL).unwrap(), operator());
    written.trusted("2026-05-02", Event::Close(Close { month, operator }));
    written.confirm("2026-05-03", meal, "2026-03-10", 200);
    for month in [MARCH, APRIL] {
        assert_eq!(written.month(month), ([1, 0, 0, 0, 0, 0], "待核1人次4.00元".to_owned()));
    }
    assert_eq!(written.month("2026-05").0, [0, 1, 400, 0, 0, 400]);
}

#[test]
fn each_entry_changes_the_settlement_by_what_was_worked_out_by_hand() {
    for (what, write, march, april) in open::CASES.iter().chain(closed::CASES) {
        let mut written = Written::default();
        write(&mut written);
        for (month, (figures, remark)) in [(MARCH, march), (APRIL, april)] {
            assert_eq!(written.month(month), (*figures, (*remark).to_owned()), "{month}: {what}");
        }
        let both = written.settlement(Period::year("2026").unwrap(), "2026-12-01");
        let sum: [i64; 6] = std::array::from_fn(|i| march.0[i] + april.0[i]);
        assert_eq!(figures(&both), sum, "both: {what}");
    }
}

#[test]
fn parts_of_a_month_take_back_what_the_month_does() {
    let mut written = Written::default();
    let meal = written.meal("2026-03-10");
    written.adjust("2026-04-20", meal, 50, APRIL);
    let reduced = |from: &str, to: &str| {
        let period = Period::days(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        written.settlement(period, "2026-12-01").table.total("reduced_fen").unwrap()
    };
    assert_eq!(reduced("2026-04-01", "2026-04-10"), 50);
    assert_eq!(reduced("2026-04-11", "2026-04-30"), 0);
    assert_eq!(reduced("2026-03-11", "2026-04-30"), 50);
}

#[test]
fn bands_without_a_column_and_days_to_come_are_remarked() {
    let mut written = Written::default();
    for (day, standing) in [
        ("2026-03-02", Standing::Firm),
        ("2026-03-03", Standing::Firm),
        ("2026-03-04", Standing::Pending),
    ] {
        written.trusted(day, meal(day, "60-69", standing));
    }
    let body = written.settlement(Period::month(MARCH).unwrap(), "2026-03-20");
    assert_eq!(figures(&body), [3, 2, 800, 0, 0, 800]);
    let bands = ["aged_70_79", "aged_80_up"].map(|field| body.table.total(field).unwrap());
    assert_eq!(bands, [0, 0]);
    let remark = body.table.rows()[0].last().unwrap().shown();
    assert_eq!(remark, "待核1人次4.00元；其他年龄档2人次；截至2026年3月20日");
}

#[test]
fn trusted_times_that_fall_are_named() {
    // The store refuses such an entry; a ledger from elsewhere may hold it all the same.
    let mut written = Written::default();
    written.meal("2026-03-11");
    written.add("2026-05-01", ClockTrust::Untrusted, meal("2026-05-01", "80+", Standing::Firm));
    let back = written.meal("2026-03-10");
    let book = written.book(Period::month(MARCH).unwrap());
    let Outcome::Found(found) = findings::clock(&book) else { panic!("nothing was found") };
    let [finding] = &found[..] else { panic!("{} findings", found.len()) };
    assert_eq!(
        (&finding.entries[..], finding.text.as_str()),
        (&[back][..], "记录时间早于前一条记录")
    );
    assert_eq!(finding.date, Some(service_date(written.0[2].stamp.at)));
}
