//! What later knowledge does to meals that are written already, line by line.

use super::cases::{Case, check, elder, reason};
use super::{book, project};
use canteend::config::rules;
use canteend::domain::calendar::{Timestamp, service_date};
use canteend::domain::elder::ElderId;
use canteend::domain::entry::ClockTrust;
use canteend::domain::money::Fen;
use canteend::domain::month::Month;
use canteend::domain::pending::{Stretch, Waiting, Written};
use canteend::domain::rejudge::{Past, Taken};
use canteend::domain::rules::SecondMeal;
use canteend::domain::subsidy::{Award, NoAward};
use std::fs;

/// Whole yuan; nothing where the cell is empty.
fn fen(case: &Case, header: &str) -> Fen {
    let yuan: u32 = case.some(header).unwrap_or_default();
    Fen::new(yuan * 100)
}

#[test]
fn a_past_meal_is_judged_again_as_the_table_of_cases_says() {
    check("late.csv", 48, |case| {
        let taken = (!case.get("已核减市级(元)").is_empty()).then(|| Taken {
            by: 9,
            city: fen(case, "已核减市级(元)"),
            district: fen(case, "已核减区级(元)"),
        });
        let past = Past {
            entry: 7,
            date: case.date("就餐日期"),
            city: fen(case, "写入市级(元)"),
            district: fen(case, "写入区级(元)"),
            taken,
        };
        let now = book(case.get("规则表")).entitlement(&elder(case), past.date);
        let open = case.get("首个未结月份");
        let open = (!open.is_empty()).then(|| Month::parse(open).unwrap());
        let written = Award {
            rules: case.get("写入规则").to_owned(),
            band: case.get("写入档次").to_owned(),
            city: past.city,
            district: past.district,
        };
        // A price that a confirmation gave has no table of its own.
        let priced = !case.get("写入规则").is_empty();
        let said = past.adjustment(&now, priced.then_some(&written), open);
        assert!(said.is_none() || !past.agrees(&now), "{}", case.get("说明"));
        if let Some(said) = said {
            assert_eq!((said.entry, said.supersedes), (7, taken.map(|taken| taken.by)));
        }
        let result = match said.map(|said| said.reason) {
            None => "不变",
            Some(None) => "恢复",
            Some(Some(_)) => "核减",
        };
        let text = |text: Option<String>| text.unwrap_or_default();
        vec![
            ("结果", result.to_owned()),
            ("核减市级(元)", text(said.map(|said| said.city.to_string()))),
            ("核减区级(元)", text(said.map(|said| said.district.to_string()))),
            ("原因", said.and_then(|said| said.reason).map_or("", reason).to_owned()),
            ("计入月份", text(said.map(|said| said.month.to_string()))),
        ]
    });
}

fn time(text: &str) -> Timestamp {
    format!("{}+08:00", text.replace(' ', "T")).parse().unwrap()
}

#[test]
fn what_waits_is_settled_as_the_table_of_cases_says() {
    check("pending.csv", 40, |case| {
        let at = time(case.get("时钟显示"));
        let clocks = [("可信", ClockTrust::Trusted), ("不可信", ClockTrust::Untrusted)];
        let clock = case.word(case.get("时钟"), &clocks);
        let what = match case.get("写入") {
            "补贴" => Written::Meal {
                city: fen(case, "写入市级(元)"),
                district: fen(case, "写入区级(元)"),
                rules: case.get("写入规则").to_owned(),
            },
            _ => Written::Visit(NoAward::AlreadyToday),
        };
        let (elder_id, date) = (ElderId::new("p_1").unwrap(), service_date(at));
        let waiting = Waiting { entry: 7, at, clock, elder: elder_id, date, what };
        let date = match clock {
            ClockTrust::Trusted => waiting.date,
            ClockTrust::Untrusted => {
                let after = case.get("之前可信时间");
                let correction_s: Option<i64> = case.some("时钟更正(秒)");
                let stretch = Stretch {
                    after: (!after.is_empty()).then(|| time(after)),
                    before: time(case.get("恢复可信时间")),
                    correction_ms: correction_s.map(|seconds| seconds * 1000),
                };
                waiting.true_date(&stretch)
            }
        };
        let slots = [("空", false), ("已用", true)];
        let taken = case.word(case.get("当日名额"), &slots);
        let as_of = case.date("名单日期");
        let said = book(case.get("规则表")).confirm(&elder(case), &waiting, date, as_of, taken);
        let result = match said.map(|said| said.reason) {
            None => "待核",
            Some(None) => "确认",
            Some(Some(_)) => "不补贴",
        };
        let text = |text: Option<String>| text.unwrap_or_default();
        vec![
            ("结果", result.to_owned()),
            ("真实日期", text(said.map(|said| said.date.to_string()))),
            ("市级(元)", text(said.map(|said| said.city.to_string()))),
            ("区级(元)", text(said.map(|said| said.district.to_string()))),
            ("原因", said.and_then(|said| said.reason).map_or("", reason).to_owned()),
        ]
    });
}

#[test]
fn a_book_may_leave_the_second_meal_of_a_day_unrecorded() {
    let shipped = project("config/rules/lcetdz-2022.toml");
    let text = fs::read_to_string(&shipped).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let date = "2026-03-10".parse().unwrap();
    let line = "second_meal = \"visit\"\n";
    for (instead, expected) in [
        (line, Some(SecondMeal::Visit)),
        ("", Some(SecondMeal::Visit)),
        ("second_meal = \"not-recorded\"\n", Some(SecondMeal::NotRecorded)),
        ("second_meal = \"never\"\n", None),
    ] {
        let path = folder.path().join("rules.toml");
        let changed = text.replace(line, instead);
        assert_eq!(changed == text, instead == line);
        fs::write(&path, changed).unwrap();
        let read = rules::load(&path).ok().map(|book| book.second_meal_on(date));
        assert_eq!(read, expected, "{instead}");
    }
}
