//! What each sort of entry does to a settlement, against figures worked out by hand.
//!
//! The entries need not be a ledger that the store would have written; they are what matters here.

use super::book::Book;
use super::findings::{self, Outcome};
use super::pass::Pass;
use super::{Body, Period, Sources, settlement};
use crate::config::{self, Config, rules};
use crate::domain::calendar::{MealWindow, Timestamp, service_date};
use crate::domain::decision::Doubt;
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{
    Adjustment, Confirmation, Expiry, Finding, Late, LateReason, RejectReason, Verdict, Void,
    VoidReason,
};
use crate::domain::entry::{ClockTrust, Entry, EntryNumber, Event, Meal, Method, Review, Stamp};
use crate::domain::money::Fen;
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::{Award, NoAward, Standing};
use std::path::Path;

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
        let mut pass = Pass::new("lc-kfq-017".to_owned(), period);
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

    /// Diners, subsidised, 合计, reduced meals, 核减, 核定 and the remark of a month.
    fn month(&self, month: &str) -> ([u64; 6], String) {
        let body = self.settlement(Period::month(month).unwrap(), "2026-12-01");
        (figures(&body), body.table.rows()[0].last().unwrap().shown())
    }
}

fn figures(body: &Body) -> [u64; 6] {
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
type Said = ([u64; 6], &'static str);
/// What is written, and what March and April then say.
type Case = (&'static str, fn(&mut Written), Said, Said);

const NONE: Said = ([0; 6], "");

const CASES: &[Case] = &[
    (
        "stale data: a diner, and no subsidy yet",
        |w| {
            w.stale("2026-03-10");
        },
        ([1, 0, 0, 0, 0, 0], "待核1人次4.00元"),
        NONE,
    ),
    (
        "confirmed in April at half: March's money",
        |w| {
            let meal = w.stale("2026-03-10");
            w.confirm("2026-04-02", meal, "2026-03-10", 100);
        },
        ([1, 1, 200, 0, 0, 200], ""),
        NONE,
    ),
    (
        "confirmed to be worth nothing: still a diner",
        |w| {
            let meal = w.stale("2026-03-10");
            w.confirm("2026-04-02", meal, "2026-03-10", 0);
        },
        ([1, 0, 0, 0, 0, 0], ""),
        NONE,
    ),
    (
        "a wrong clock said April, and it was March",
        |w| {
            let meal = meal("2026-04-01", "80+", Standing::Firm);
            let meal = w.add("2026-04-01", ClockTrust::Untrusted, meal);
            w.confirm("2026-04-02", meal, "2026-03-31", 200);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        NONE,
    ),
    (
        "rejected by the city",
        |w| {
            let meal = w.meal("2026-03-10");
            w.verdict("2026-04-02", meal, false);
        },
        ([1, 1, 400, 1, 400, 0], ""),
        NONE,
    ),
    (
        "rejected, then accepted",
        |w| {
            let meal = w.meal("2026-03-10");
            w.verdict("2026-03-12", meal, false);
            w.verdict("2026-03-14", meal, true);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        NONE,
    ),
    (
        "rejected while it waits: nothing to take off",
        |w| {
            let meal = w.stale("2026-03-10");
            w.verdict("2026-03-12", meal, false);
        },
        ([1, 0, 0, 0, 0, 0], "待核1人次4.00元"),
        NONE,
    ),
    (
        "rejected while it waits, then confirmed at half: that half is taken off",
        |w| {
            let meal = w.stale("2026-03-10");
            w.verdict("2026-03-12", meal, false);
            w.confirm("2026-03-14", meal, "2026-03-10", 100);
        },
        ([1, 1, 200, 1, 200, 0], ""),
        NONE,
    ),
    (
        "adjusted in its month",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-03-20", meal, 50, MARCH);
        },
        ([1, 1, 400, 1, 50, 350], ""),
        NONE,
    ),
    (
        "adjusted after its month was closed: April pays it back",
        |w| {
            let meal = w.meal("2026-03-10");
            w.meal("2026-04-01");
            w.adjust("2026-04-02", meal, 50, APRIL);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        ([1, 1, 400, 1, 50, 350], "核减含以前月份1人次0.50元"),
    ),
    (
        "an April without meals cannot pay it back",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-04-02", meal, 50, APRIL);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        ([0, 0, 0, 1, 50, 0], "核减含以前月份1人次0.50元；不足抵扣0.50元"),
    ),
    (
        "the last adjustment counts, in its own month alone",
        |w| {
            let meal = w.meal("2026-03-10");
            w.meal("2026-04-01");
            w.adjust("2026-03-20", meal, 50, MARCH);
            w.adjust("2026-04-02", meal, 100, APRIL);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        ([1, 1, 400, 1, 100, 300], "核减含以前月份1人次1.00元"),
    ),
    (
        "an adjustment of zero takes the one before back",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-04-02", meal, 50, APRIL);
            w.adjust("2026-04-03", meal, 0, APRIL);
        },
        ([1, 1, 400, 0, 0, 400], ""),
        NONE,
    ),
    (
        "adjusted for April and rejected: taken off once, where the meal is",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-04-02", meal, 50, APRIL);
            w.verdict("2026-04-03", meal, false);
        },
        ([1, 1, 400, 1, 400, 0], ""),
        NONE,
    ),
    (
        "undone: nothing is left to take off",
        |w| {
            let meal = w.meal("2026-03-10");
            w.adjust("2026-03-10", meal, 50, APRIL);
            w.verdict("2026-03-10", meal, false);
            w.void("2026-03-10", meal);
        },
        NONE,
        NONE,
    ),
    (
        "a review that expired, and one of which that was undone",
        |w| {
            w.expiry("2026-03-10");
            let undone = w.expiry("2026-03-11");
            w.void("2026-03-11", undone);
        },
        ([1, 0, 0, 0, 0, 0], "核验超时1人次"),
        NONE,
    ),
    (
        "entered late, in April, for March",
        |w| {
            let (reason, second) = (LateReason::BoxOff, OperatorId::new("op-2").unwrap());
            let date = "2026-03-31".parse().unwrap();
            let late = Late { date, reason, operator: operator(), second };
            let basis = w.trusted("2026-04-02", Event::Late(late));
            let Event::Meal(meal) = meal("2026-03-31", "80+", Standing::Firm) else { return };
            let meal = Meal { method: Method::Staff, basis: Some(basis), ..meal };
            w.trusted("2026-04-02", Event::Meal(meal));
        },
        ([1, 1, 400, 0, 0, 400], ""),
        NONE,
    ),
];

#[test]
fn each_entry_changes_the_settlement_by_what_was_worked_out_by_hand() {
    for (what, write, march, april) in CASES {
        let mut written = Written::default();
        write(&mut written);
        for (month, (figures, remark)) in [(MARCH, march), (APRIL, april)] {
            assert_eq!(written.month(month), (*figures, (*remark).to_owned()), "{month}: {what}");
        }
        let both = written.settlement(Period::year("2026").unwrap(), "2026-12-01");
        let sum: [u64; 6] = std::array::from_fn(|i| march.0[i] + april.0[i]);
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
