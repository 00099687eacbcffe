//! Totals against the ledger, to the fen, on a generated year.

use crate::canteen::{Canteen, bytes, elder, stamp, text};
use crate::workbook::Sheet;
use canteend::domain::calendar::{Interval, MealWindow};
use canteend::domain::elder::{Elder, NoticeWhy};
use canteend::domain::entry::{ClockTrust, Event, Meal, Method, Stamp, Visit};
use canteend::domain::subsidy::{History, Occasion, Ruling};
use canteend::report::{Format, Kind, Period, Report};
use canteend::store::{Depth, Sums};
use jiff::ToSpan as _;
use std::collections::HashMap;

const ELDERS: u64 = 400;
/// Servings that are tried in the year.
const TRIES: usize = 3000;

/// SplitMix64 (Steele, Lea and Flood 2014): the same year from the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }

    fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

fn people(random: &mut Random) -> Vec<Elder> {
    let one = |i| {
        let (year, month, day) = (random.below(30), random.below(12), random.below(28));
        let birth = format!("{}-{:02}-{:02}", 1932 + year, month + 1, day + 1);
        let mut elder = elder(&format!("p_{i:04}"), &format!("老人{i}"), &birth, "2025-01-01");
        if random.once_in(12) {
            let from = elder.eligible[0].from().saturating_add(400.days());
            elder.home_care = Interval::new(from, None).into_iter().collect();
        }
        match random.below(40) {
            0 => crate::canteen::noticed(elder, NoticeWhy::Deceased, "2026-08-01"),
            1 => crate::canteen::noticed(elder, NoticeWhy::Moved, "2026-05-01"),
            _ => elder,
        }
    };
    (0..ELDERS).map(one).collect()
}

/// A year of servings by the rules, with voids, an untrusted clock and stale eligibility data.
fn year(seed: u64) -> Canteen {
    let mut random = Random(seed);
    let elders = people(&mut random);
    let mut canteen = Canteen::new("2025-12-31", &elders);
    let first = stamp("2026-01-01 11:00:00", ClockTrust::Trusted).at;
    let mut history: HashMap<(u64, i16), History> = HashMap::new();
    for i in 0..TRIES {
        let day = (i * 365 / TRIES) as i16;
        let who = random.below(ELDERS);
        let at = first
            + jiff::SignedDuration::from_hours(24 * i64::from(day))
            + jiff::SignedDuration::from_secs((i % (TRIES / 365)) as i64 * 60);
        let clock = match random.once_in(50) {
            true => ClockTrust::Untrusted,
            false => ClockTrust::Trusted,
        };
        let stamp = Stamp { at, clock };
        let date = canteend::domain::calendar::service_date(at);
        let window = MealWindow::ALL[random.below(3) as usize];
        let stale = random.once_in(30);
        let as_of = if stale { date.saturating_sub(30.days()) } else { date };
        let occasion = Occasion { date, window, eligibility_as_of: as_of };
        let method = Method::ALL[[0, 0, 0, 0, 1, 2][random.below(6) as usize]];
        let known = &elders[who as usize];
        let had = history.entry((who, day)).or_default();
        let (elder, before) = (known.id.clone(), had.clone());
        let event = match canteen.rules.ruling(known, occasion, had) {
            Ruling::SameVisit => continue,
            Ruling::Visit(reason) => Event::Visit(Visit { elder, date, window, method, reason }),
            Ruling::Meal { award, standing } => {
                had.subsidised = true;
                let eligibility_as_of = as_of;
                Event::Meal(Meal {
                    elder,
                    date,
                    window,
                    method,
                    award,
                    standing,
                    eligibility_as_of,
                })
            }
        };
        had.windows.push(window);
        let entry = canteen.append(stamp, &event);
        if random.once_in(15) {
            *had = before;
            canteen.append(stamp, &Event::Void { entry });
        }
    }
    canteen
}

fn verified(canteen: &Canteen) -> Sums {
    canteen.reader().verify(Depth::Full, |_| {}).unwrap().sums.unwrap()
}

fn total(report: &Report, field: &str) -> u64 {
    report.table().total(field).unwrap()
}

#[test]
fn the_totals_of_a_year_are_those_of_the_ledger_to_the_fen() {
    let seed = 20_260_302;
    let canteen = year(seed);
    let sums = verified(&canteen);
    assert!(sums.meals > 1000 && sums.visits > 150, "seed {seed}: a real year: {sums:?}");
    let whole = Period::year("2026").unwrap();

    let settlement = canteen.report(Kind::Settlement, whole);
    let sum = |field| total(&settlement, field);
    assert_eq!(sum("city_fen"), sums.city_fen, "seed {seed}");
    assert_eq!(sum("district_fen"), sums.district_fen, "seed {seed}");
    assert_eq!(sum("total_fen"), sums.city_fen + sums.district_fen, "seed {seed}");
    assert_eq!(sum("subsidised"), sums.meals, "seed {seed}");
    assert_eq!(sum("diners"), sums.meals + sums.visits, "seed {seed}");
    assert_eq!(sum("aged_70_79") + sum("aged_80_up"), sums.meals, "seed {seed}");
    let methods = ["by_face", "by_card", "by_staff"].map(sum).iter().sum::<u64>();
    assert_eq!(methods, sum("diners"), "seed {seed}");
    assert!(sum("voided") > 50 && sum("approved_fen") < sum("total_fen"), "seed {seed}");

    for kind in [Kind::Roster, Kind::Meals] {
        let report = canteen.report(kind, whole);
        assert_eq!(total(&report, "city_fen"), sums.city_fen, "seed {seed}: {kind:?}");
        assert_eq!(total(&report, "district_fen"), sums.district_fen, "seed {seed}: {kind:?}");
    }
    let roster = canteen.report(Kind::Roster, whole);
    assert_eq!(total(&roster, "meals"), sums.meals, "seed {seed}");
    assert_eq!(roster.table().rows().len() as u64, ELDERS, "seed {seed}");

    let mut by_month = (0, 0);
    for month in whole.months() {
        let report = canteen.report(Kind::Settlement, month);
        by_month.0 += total(&report, "total_fen");
        by_month.1 += total(&report, "approved_fen");
    }
    assert_eq!(by_month, (sum("total_fen"), sum("approved_fen")), "seed {seed}");
}

#[test]
fn every_format_gives_the_same_totals() {
    let canteen = year(7);
    let report = canteen.report(Kind::Settlement, Period::year("2026").unwrap());
    let fen = total(&report, "total_fen");
    let at = report.table().columns().iter().position(|c| c.field == "total_fen").unwrap();

    let json: serde_json::Value = serde_json::from_str(&text(&report, Format::Json)).unwrap();
    assert_eq!(json["totals"]["total_fen"], fen);

    let written = bytes(&report, Format::Csv);
    let mut csv = csv::Reader::from_reader(&written[3..]);
    let yuan = |text: &str| text.replace('.', "").parse::<u64>().unwrap();
    let sum: u64 = csv.records().map(|row| yuan(&row.unwrap()[at])).sum();
    assert_eq!(sum, fen);

    let sheet = Sheet::open(&bytes(&report, Format::Xlsx));
    let (formula, result) = sheet.formula(&format!("{}16", Sheet::letter(at)));
    assert_eq!(formula, format!("SUM({0}4:{0}15)", Sheet::letter(at)));
    assert_eq!(yuan(&result), fen);

    let shown = format!("{}.{:02}", fen / 100, fen % 100);
    let html = text(&report, Format::Html);
    let sums = html.split("class=\"sum\"").nth(1).unwrap();
    assert!(sums.contains(&format!(">{shown}<")), "{sums}");
}

#[test]
fn what_waits_and_what_was_undone_is_not_approved() {
    let mut canteen = Canteen::new("2026-02-28", &[elder("p_1", "王", "1940-01-01", "2024-01-01")]);
    canteen.meal("2026-03-02 12:00:00", "p_1", "80+");
    let undone = canteen.meal("2026-03-03 12:00:00", "p_1", "80+");
    canteen.void("2026-03-03 12:05:00", undone);
    let when = stamp("2026-03-04 12:00:00", ClockTrust::Untrusted);
    canteen.append(when, &Event::Meal(crate::canteen::meal(when, "p_1", "80+")));
    assert_eq!(
        canteen.report(Kind::Meals, crate::canteen::month("2026-03")).table().rows().len(),
        3
    );
    let report = canteen.report(Kind::Settlement, crate::canteen::month("2026-03"));
    let sums = ["total_fen", "approved_fen", "voided", "diners"].map(|f| total(&report, f));
    assert_eq!(sums, [800, 400, 1, 2]);
    assert_eq!(crate::canteen::column(&report, "备注"), ["待核1人次4.00元"]);
}
