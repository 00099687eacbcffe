//! Totals against the ledger, to the fen, on a generated year.

use crate::canteen::{Canteen, at, bytes, column, elder, stamp, text};
use crate::workbook::Sheet;
use crate::year::{ELDERS, SEEN, closed_year, settlement, year};
use canteend::domain::entry::{ClockTrust, Event};
use canteend::report::{Format, Kind, Period, Report};
use canteend::store::{Depth, Sums};

fn verified(canteen: &Canteen) -> Sums {
    canteen.reader().verify(Depth::Full, |_| {}).unwrap().sums.unwrap()
}

/// A sum that is not below nothing.
fn total(report: &Report, field: &str) -> u64 {
    report.table().total(field).unwrap().try_into().unwrap()
}

#[test]
fn the_totals_of_a_year_are_those_of_the_ledger_to_the_fen() {
    let seed = 20_260_302;
    let (canteen, seen) = year(seed);
    let unseen: Vec<_> = SEEN.iter().filter(|what| !seen.contains_key(*what)).collect();
    assert!(unseen.is_empty(), "seed {seed}: a real year has everything, but not {unseen:?}");
    let sums = verified(&canteen);
    assert!(sums.meals > 1000 && sums.visits > 150, "seed {seed}: a real year: {sums:?}");
    assert!(sums.pending > 20 && sums.unnamed > 20 && sums.reduced_fen > 10_000, "{sums:?}");
    let whole = Period::year("2026").unwrap();

    let settlement = canteen.report(Kind::Settlement, whole);
    let sum = |field| total(&settlement, field);
    assert_eq!(sum("city_fen"), sums.city_fen, "seed {seed}");
    assert_eq!(sum("district_fen"), sums.district_fen, "seed {seed}");
    assert_eq!(sum("total_fen"), sums.city_fen + sums.district_fen, "seed {seed}");
    assert_eq!(sum("reduced_fen"), sums.reduced_fen, "seed {seed}");
    assert_eq!(sum("approved_fen"), sum("total_fen") - sums.reduced_fen, "seed {seed}");
    assert_eq!(sum("subsidised"), sums.meals, "seed {seed}");
    let named = sums.meals + sums.pending + sums.visits;
    assert_eq!(sum("diners"), named + sums.unnamed, "seed {seed}");
    assert_eq!(sum("aged_70_79") + sum("aged_80_up"), sums.meals, "seed {seed}");
    let methods = ["by_face", "by_card", "by_staff"].map(sum).iter().sum::<u64>();
    assert_eq!(methods, named, "seed {seed}");
    assert!(sum("voided") > 50 && sum("late") > 50, "seed {seed}");

    for kind in [Kind::Roster, Kind::Meals] {
        let report = canteen.report(kind, whole);
        assert_eq!(total(&report, "city_fen"), sums.city_fen, "seed {seed}: {kind:?}");
        assert_eq!(total(&report, "district_fen"), sums.district_fen, "seed {seed}: {kind:?}");
    }
    let roster = canteen.report(Kind::Roster, whole);
    assert_eq!(total(&roster, "meals"), sums.meals, "seed {seed}");
    assert_eq!(roster.table().rows().len() as u64, ELDERS, "seed {seed}");
    let states = column(&canteen.report(Kind::Meals, whole), "状态");
    let waiting = states.iter().filter(|state| *state == "待核").count() as u64;
    assert_eq!(waiting, sums.pending, "seed {seed}");
}

#[test]
fn months_and_parts_of_months_add_up_to_the_year() {
    let (canteen, _) = year(11);
    let whole = Period::year("2026").unwrap();
    let fields = ["diners", "subsidised", "total_fen", "reduced", "reduced_fen", "voided"];
    let of = |period| {
        let report = canteen.report(Kind::Settlement, period);
        fields.map(|field| total(&report, field))
    };
    let add = |a: [u64; 6], b: [u64; 6]| std::array::from_fn(|i| a[i] + b[i]);
    let by_month = whole.months().map(of).reduce(add);
    assert_eq!(by_month, Some(of(whole)));
    let halves = whole.months().flat_map(|month| {
        let middle = month.from().with().day(15).build().unwrap();
        let days = |from, to| Period::days(from, to).unwrap();
        [days(month.from(), middle), days(middle.tomorrow().unwrap(), month.to())]
    });
    assert_eq!(halves.map(of).reduce(add), by_month);
}

#[test]
fn a_settlement_that_was_handed_in_is_the_same_for_ever_and_the_later_ones_make_up_for_it() {
    for seed in [5, 20_260_302] {
        let (canteen, handed_in) = closed_year(seed);
        assert_eq!(handed_in.len(), 11, "all but December");
        let mut later = 0;
        for then in &handed_in {
            let now = settlement(&canteen, then.month);
            assert!(now == then.said, "seed {seed}: {} has changed", then.month);
            later += usize::from(now[0].contains("·以前月份"));
        }
        assert!(later >= 9, "seed {seed}: {later} months make up for earlier ones");
        let sums = verified(&canteen);
        let report = canteen.report(Kind::Settlement, Period::year("2026").unwrap());
        let ledger = sums.city_fen + sums.district_fen - sums.reduced_fen;
        assert_eq!(total(&report, "approved_fen"), ledger, "seed {seed}");
        let pays = total(&report, "total_fen") - total(&report, "reduced_fen");
        assert_eq!(pays, ledger, "seed {seed}");
        assert_eq!(total(&report, "subsidised"), sums.meals, "seed {seed}");
        let diners = sums.meals + sums.pending + sums.visits + sums.unnamed;
        assert_eq!(total(&report, "diners"), diners, "seed {seed}");
        // Its twelve months, each by itself, are the year.
        for field in ["diners", "subsidised", "total_fen", "reduced_fen", "approved_fen", "late"] {
            let months = Period::year("2026").unwrap().months();
            let sum: u64 = months.map(|m| total(&canteen.report(Kind::Settlement, m), field)).sum();
            assert_eq!(sum, total(&report, field), "seed {seed}: {field}");
        }
        let odd = column(&report, "统计月份").iter().filter(|month| month.contains('·')).count();
        assert!(odd >= 10, "seed {seed}: {odd} lines about other months");
    }
}

#[test]
fn every_format_gives_the_same_totals() {
    let (canteen, _) = year(7);
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
    let last = 3 + report.table().rows().len();
    let (formula, result) = sheet.formula(&format!("{}{}", Sheet::letter(at), last + 1));
    assert_eq!(formula, format!("SUM({0}4:{0}{last})", Sheet::letter(at)));
    assert_eq!(yuan(&result), fen);

    let shown = format!("{}.{:02}", fen / 100, fen % 100);
    let html = text(&report, Format::Html);
    let sums = html.split("class=\"sum\"").nth(1).unwrap();
    assert!(sums.contains(&format!(">{shown}<")), "{sums}");
}

#[test]
fn what_waits_and_what_was_undone_is_not_settled() {
    let mut canteen = Canteen::new("2026-02-28", &[elder("p_1", "王", "1940-01-01", "2024-01-01")]);
    canteen.meal("2026-03-02 12:00:00", "p_1", "80+");
    let undone = canteen.meal("2026-03-03 12:00:00", "p_1", "80+");
    canteen.void(at("2026-03-03 12:05:00"), undone);
    let when = stamp("2026-03-04 12:00:00", ClockTrust::Untrusted);
    canteen.clock(when.at, false);
    canteen.append(when, &Event::Meal(crate::canteen::meal(when, "p_1", "80+")));
    assert_eq!(
        canteen.report(Kind::Meals, crate::canteen::month("2026-03")).table().rows().len(),
        3
    );
    let report = canteen.report(Kind::Settlement, crate::canteen::month("2026-03"));
    let sums = ["total_fen", "approved_fen", "voided", "diners"].map(|f| total(&report, f));
    assert_eq!(sums, [400, 400, 1, 2]);
    assert_eq!(crate::canteen::column(&report, "备注"), ["待核1人次4.00元"]);
}
