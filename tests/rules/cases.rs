//! One line of a table, one case. A failure names the file, the line and the note beside it.

use super::{book, plan_hours, project};
use canteend::domain::calendar::{
    AgeRule, Date, Interval, LeapDay, MealHours, MealHoursError, MealWindow, ServingTime, Time, age,
};
use canteend::domain::elder::{Consent, Elder, ElderId, Notice, NoticeWhy, Sex};
use canteend::domain::operating_award::SiteKind;
use canteend::domain::subsidy::{History, NoAward, Occasion, Ruling, Standing};
use std::collections::HashMap;

/// One line of a table, by its headers.
pub struct Case {
    place: String,
    cells: HashMap<String, String>,
}

impl Case {
    pub fn get(&self, header: &str) -> &str {
        self.cells.get(header).unwrap_or_else(|| panic!("{}: no column {header}", self.place))
    }

    pub fn date(&self, header: &str) -> Date {
        self.read(self.get(header))
    }

    /// Parses a part of a cell.
    fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, text: &str) -> T {
        text.parse().unwrap_or_else(|error| panic!("{}: {text:?}: {error:?}", self.place))
    }

    /// What stands in a cell; nothing where it is empty.
    pub fn some<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, header: &str) -> Option<T> {
        Some(self.get(header)).filter(|text| !text.is_empty()).map(|text| self.read(text))
    }

    /// Looks a word up in a list of pairs.
    pub fn word<T: Copy>(&self, word: &str, words: &[(&str, T)]) -> T {
        let known = words.iter().find(|(w, _)| *w == word);
        known.unwrap_or_else(|| panic!("{}: unknown word {word:?}", self.place)).1
    }

    /// The parts of a cell that holds a list.
    fn list(&self, header: &str) -> impl Iterator<Item = &str> {
        self.get(header).split('、').filter(|part| !part.is_empty())
    }

    fn intervals(&self, header: &str) -> Vec<Interval> {
        let interval = |part: &str| {
            let (from, to) = part.split_once('~').unwrap_or_else(|| panic!("{}", self.place));
            let to = (!to.is_empty()).then(|| self.read(to));
            Interval::new(self.read(from), to).unwrap()
        };
        self.list(header).map(interval).collect()
    }
}

/// Runs `check` on every line of a table, which answers with what it found, by header; the table
/// must have at least `cases_min` lines. All lines that differ are named together.
pub fn check(file: &str, cases_min: usize, found: impl Fn(&Case) -> Vec<(&'static str, String)>) {
    let path = project(&format!("fixtures/rules/{file}"));
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let (mut cases, mut wrong) = (0, Vec::new());
    for record in reader.records() {
        let record = record.unwrap_or_else(|error| panic!("{file}: {error}"));
        let place = format!("{file}:{}", record.position().unwrap().line());
        let cells = headers.iter().zip(&record).map(|(h, c)| (h.to_owned(), c.to_owned()));
        let case = Case { place, cells: cells.collect() };
        for (header, value) in found(&case) {
            let expected = case.get(header);
            if value != expected {
                let (place, note) = (&case.place, case.get("说明"));
                wrong.push(format!("{place} {header}: {value:?}, not {expected:?} ({note})"));
            }
        }
        cases += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= cases_min, "{file} has only {cases} cases");
}

const MEALS: [(&str, MealWindow); 3] =
    [("早餐", MealWindow::Breakfast), ("午餐", MealWindow::Lunch), ("晚餐", MealWindow::Supper)];

const SEXES: [(&str, Sex); 2] = [("女", Sex::Female), ("男", Sex::Male)];

pub fn reason(no_award: NoAward) -> &'static str {
    match no_award {
        NoAward::UnderAge => "年龄不足",
        NoAward::HomeCare => "居家养老",
        NoAward::NotEligible => "不在名单",
        NoAward::AlreadyToday => "当日已补",
        NoAward::NoRules => "无规则",
        NoAward::Deceased => "去世",
        NoAward::Moved => "迁出",
    }
}

pub fn elder(case: &Case) -> Elder {
    let notice = |part: &str| {
        let (why, from) = part.split_once(' ').unwrap();
        let why = case.word(why, &[("去世", NoticeWhy::Deceased), ("迁出", NoticeWhy::Moved)]);
        Notice { why, from: case.read(from) }
    };
    Elder {
        id: ElderId::new("p_1").unwrap(),
        name: "王秀英".to_owned(),
        sex: Sex::Female,
        birth: case.date("出生日期"),
        id_last4: None,
        eligible: case.intervals("资格期间"),
        home_care: case.intervals("居家养老期间"),
        notices: case.list("通知").map(notice).collect(),
        consent: Consent { store_face: true, transmit: true },
    }
}

/// What stands after the day's events, in order: `早餐补贴`, `午餐不补`, `早餐撤销`.
fn history(case: &Case) -> History {
    let mut standing: Vec<(MealWindow, bool)> = Vec::new();
    for event in case.list("当日已有") {
        let (meal, what) = event.split_at("早餐".len());
        let window = case.word(meal, &MEALS);
        match what {
            "补贴" => standing.push((window, true)),
            "不补" => standing.push((window, false)),
            "撤销" => standing.retain(|(w, _)| *w != window),
            _ => panic!("{}: {what:?}", case.place),
        }
    }
    History {
        subsidised: standing.iter().any(|(_, subsidised)| *subsidised),
        windows: standing.into_iter().map(|(window, _)| window).collect(),
    }
}

#[test]
fn every_meal_is_ruled_as_the_table_of_cases_says() {
    check("rulings.csv", 120, |case| {
        let occasion = Occasion {
            date: case.date("就餐日期"),
            window: case.word(case.get("餐次"), &MEALS),
            eligibility_as_of: case.date("名单日期"),
        };
        let ruling = book(case.get("规则表")).ruling(&elder(case), occasion, &history(case));
        let (result, why) = match &ruling {
            Ruling::Meal { standing: Standing::Firm, .. } => ("补贴", ""),
            Ruling::Meal { standing: Standing::Pending, .. } => ("补贴待核", ""),
            Ruling::Visit(no_award) => ("不补贴", reason(*no_award)),
            Ruling::SameVisit => ("不另记", ""),
        };
        let money = match ruling {
            Ruling::Meal { award, .. } => {
                [award.band, award.city.to_string(), award.district.to_string()]
            }
            Ruling::Visit(_) | Ruling::SameVisit => Default::default(),
        };
        let [band, city, district] = money;
        vec![
            ("结果", result.to_owned()),
            ("原因", why.to_owned()),
            ("档次", band),
            ("市级(元)", city),
            ("区级(元)", district),
        ]
    });
}

#[test]
fn ages_are_counted_as_the_table_of_cases_says() {
    check("ages.csv", 50, |case| {
        let rules = [
            ("生日当日", AgeRule::Birthday),
            ("生日次日", AgeRule::DayAfter),
            ("年底", AgeRule::EndOfYear),
        ];
        let rule = case.word(case.get("计龄方式"), &rules);
        let leaps = [("2月28日", LeapDay::Feb28), ("3月1日", LeapDay::Mar1)];
        let leap = case.word(case.get("闰日生日"), &leaps);
        let years = age(case.date("出生日期"), case.date("日期"), rule, leap);
        vec![("周岁", years.to_string())]
    });
}

#[test]
fn meals_are_found_by_the_time_as_the_table_of_cases_says() {
    check("meal-hours.csv", 20, |case| {
        let (hours, time) = (plan_hours(), case.read::<Time>(case.get("时间")));
        let name = |window| MEALS.into_iter().find(|(_, w)| *w == window).unwrap().0;
        let next = hours.next_after(time);
        let day = if next.tomorrow { "明天" } else { "今天" };
        let from = next.from.strftime("%H:%M");
        vec![
            ("餐次", hours.window_at(time).map_or("未开餐", name).to_owned()),
            ("下一餐", format!("{day} {} {from}", name(next.window))),
        ]
    });
}

#[test]
fn a_years_award_is_reached_as_the_table_of_cases_says() {
    let book = book("lcetdz-2022");
    let table = book.in_force(Date::constant(2026, 12, 31)).unwrap();
    check("operating-awards.csv", 16, |case| {
        let kinds = [("城区", SiteKind::Urban), ("农村", SiteKind::Rural)];
        let kind = case.word(case.get("类别"), &kinds);
        let progress = table.operating_awards().progress(kind, case.read(case.get("年人次")));
        let text = |step: Option<String>| step.unwrap_or_default();
        vec![
            ("已达档", text(progress.reached.map(|(step, _)| step.to_string()))),
            (
                "奖补合计(元)",
                text(
                    progress
                        .reached
                        .map(|(_, s)| s.city.checked_add(s.district).unwrap().to_string()),
                ),
            ),
            ("距下一档人次", text(progress.next.map(|(_, missing)| missing.to_string()))),
        ]
    });
}

#[test]
fn elders_are_addressed_as_the_table_of_cases_says() {
    check("addresses.csv", 15, |case| {
        let named = Elder {
            id: ElderId::new("p_1").unwrap(),
            name: case.get("姓名").to_owned(),
            sex: case.word(case.get("性别"), &SEXES),
            birth: Date::constant(1943, 5, 2),
            id_last4: None,
            eligible: Vec::new(),
            home_care: Vec::new(),
            notices: Vec::new(),
            consent: Consent { store_face: false, transmit: false },
        };
        vec![("称呼", named.address())]
    });
}

#[test]
fn withdrawn_consent_does_not_end_the_subsidy() {
    let mut elder = Elder {
        id: ElderId::new("p_1").unwrap(),
        name: "王秀英".to_owned(),
        sex: Sex::Female,
        birth: Date::constant(1943, 5, 2),
        id_last4: None,
        eligible: vec![Interval::new(Date::constant(2022, 1, 1), None).unwrap()],
        home_care: Vec::new(),
        notices: Vec::new(),
        consent: Consent { store_face: true, transmit: true },
    };
    let book = book("lcetdz-2022");
    let before = book.entitlement(&elder, Date::constant(2026, 3, 10));
    elder.consent = Consent { store_face: false, transmit: false };
    let after = book.entitlement(&elder, Date::constant(2026, 3, 10));
    assert!(before.is_ok());
    assert_eq!(before, after);
}

#[test]
fn every_reason_has_a_code_of_its_own() {
    for no_award in NoAward::ALL {
        assert_eq!(NoAward::from_code(no_award.code()), Some(*no_award));
    }
    assert_eq!(NoAward::from_code("withdrawn"), None);
}

#[test]
fn hours_that_contradict_themselves_are_refused() {
    use MealWindow::{Breakfast, Lunch};
    let hours = |times: &[(MealWindow, &str, &str)]| {
        let serving = |&(window, from, to): &(MealWindow, &str, &str)| ServingTime {
            window,
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        };
        MealHours::new(times.iter().map(serving).collect())
    };
    let overlap = MealHoursError::Overlap { earlier: Breakfast, later: Lunch };
    assert_eq!(hours(&[]), Err(MealHoursError::Empty));
    let backwards = MealHoursError::Backwards(Lunch);
    assert_eq!(hours(&[(Lunch, "13:30", "10:30")]), Err(backwards));
    assert_eq!(hours(&[(Lunch, "10:30", "10:30")]), Err(backwards));
    let breakfast = (Breakfast, "06:00", "09:00");
    assert_eq!(hours(&[breakfast, (Lunch, "08:59", "13:30")]), Err(overlap));
    assert_eq!(hours(&[breakfast, (Lunch, "09:00", "13:30")]), Err(overlap));
    assert_eq!(hours(&[breakfast, (Lunch, "09:00:00.9", "13:30")]), Err(overlap));
    assert!(hours(&[breakfast, (Lunch, "09:00:01", "13:30")]).is_ok());
    let swapped = MealHoursError::Overlap { earlier: Lunch, later: Breakfast };
    assert_eq!(hours(&[(Lunch, "10:30", "13:30"), breakfast]), Err(swapped));
    let twice = MealHoursError::Overlap { earlier: Breakfast, later: Breakfast };
    assert_eq!(hours(&[breakfast, (Breakfast, "10:00", "11:00")]), Err(twice));
}

#[test]
fn a_canteen_with_one_meal_a_day_announces_it_for_tomorrow() {
    let noon = ServingTime {
        window: MealWindow::Lunch,
        from: Time::constant(11, 0, 0, 0),
        to: Time::constant(12, 0, 0, 0),
    };
    let hours = MealHours::new(vec![noon]).unwrap();
    let next = hours.next_after(Time::constant(11, 30, 0, 0));
    assert_eq!((next.window, next.from, next.tomorrow), (noon.window, noon.from, true));
}

#[test]
fn a_clock_that_is_not_believed_never_closes_the_canteen() {
    let hours = plan_hours();
    let time = |text: &str| text.parse::<Time>().unwrap();
    use MealWindow::{Breakfast, Lunch, Supper};
    for (shown, nearest) in [
        ("00:30:00", Breakfast),
        ("00:29:59", Supper),
        ("04:00:00", Breakfast),
        ("07:00:00", Breakfast),
        ("09:44:00", Breakfast),
        ("09:46:00", Lunch),
        ("14:59:00", Lunch),
        ("15:01:00", Supper),
        ("23:59:59", Supper),
    ] {
        assert_eq!(hours.serving(time(shown), false), Ok(nearest), "{shown}");
    }
    assert_eq!(hours.serving(time("04:00:00"), true).unwrap_err().window, Breakfast);
    assert_eq!(hours.serving(time("12:00:00"), true), Ok(Lunch));
}
