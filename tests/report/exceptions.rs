//! Each check of 异常核查表: what it finds, the entries it names, and what it leaves alone.

use crate::canteen::{Canteen, at, column, elder, meal, month, noticed, stamp};
use canteend::config::site::ClosedDays;
use canteend::domain::calendar::Interval;
use canteend::domain::elder::NoticeWhy;
use canteend::domain::entry::correction::{Finding, Kept, RejectReason, Verdict};
use canteend::domain::entry::{ClockTrust, EntryNumber, Event};
use canteend::domain::subsidy::NoAward;
use canteend::report::{Kind, Report, Sources, table::Cell};

const ELDER: &str = "p_1";

/// Elder `p_1` to `p_9`, all long since eligible.
fn canteen() -> Canteen {
    let elders: Vec<_> =
        (1..10).map(|i| elder(&format!("p_{i}"), "王", "1940-01-01", "2024-01-01")).collect();
    Canteen::new("2026-02-28", &elders)
}

fn report(canteen: &Canteen) -> Report {
    canteen.report(Kind::Exceptions, month("2026-03"))
}

/// Entries and words of each row of `check`.
pub fn rows(report: &Report, check: &str) -> Vec<(Vec<EntryNumber>, String)> {
    let rows = report.table().rows().iter().filter(|row| row[1].shown() == check);
    rows.map(|row| match &row[5] {
        Cell::Entries(entries) => (entries.clone(), row[6].shown()),
        _ => (Vec::new(), row[6].shown()),
    })
    .collect()
}

#[test]
fn every_check_stands_in_the_table_even_where_it_finds_nothing() {
    let mut canteen = canteen();
    canteen.meal("2026-03-02 11:30:00", ELDER, "80+");
    let report = report(&canteen);
    let checks = "同日跨食堂重复, 死亡后就餐, 资格失效后就餐, 补录占比, 人工核验占比, \
        证件核验占比, 证件核验核查, 人工选择核查, 每日人次雷同, 停业日就餐, 登记后即就餐, 时钟异常, 备份恢复";
    assert_eq!(column(&report, "核查项目"), checks.split(", ").collect::<Vec<_>>());
    let said = column(&report, "说明");
    assert_eq!(said[0], "台账中的市级核定结果没有指出");
    assert_eq!(said[1], "未发现");
    assert_eq!(said[3], "补录0人次，占0.0%，未超过5.0%");
    assert_eq!(report.table().total("count"), Some(0));
}

#[test]
fn an_operator_who_taps_the_first_of_two_without_asking_is_named() {
    let (first, second) = ("p_1", "p_2");
    let mut canteen = canteen();
    let mut choices = vec![];
    for n in 0..25 {
        let at = |second: u32| format!("2026-03-02 11:{:02}:{second:02}", n + 10);
        choices.push(canteen.review_and_choose(&at(0), [first, second], 2, "op-2", |_| 0));
        // A colleague always chooses the same elder, who stands first or second by chance.
        canteen.review_and_choose(&at(30), [first, second], 20, "op-1", |shown| {
            shown.iter().position(|elder| *elder == first).unwrap()
        });
    }
    canteen.meal("2026-03-02 12:00:00", ELDER, "80+");
    let found = rows(&report(&canteen), "人工选择核查");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, choices);
    assert_eq!(found[0].1, "操作员op-2两选一25次，其中选第一位25次，半数在2秒内");
}

#[test]
fn meals_after_a_death_are_named_and_those_before_it_not() {
    let dead = noticed(
        elder(ELDER, "王秀英", "1940-01-01", "2024-01-01"),
        NoticeWhy::Deceased,
        "2026-03-03",
    );
    let mut canteen = Canteen::new("2026-02-28", &[dead]);
    canteen.meal("2026-03-02 11:30:00", ELDER, "80+");
    let on_the_day = canteen.meal("2026-03-03 11:30:00", ELDER, "80+");
    let after = canteen.meal("2026-03-04 11:30:00", ELDER, "80+");
    let undone = canteen.meal("2026-03-05 11:30:00", ELDER, "80+");
    canteen.void(at("2026-03-05 11:31:00"), undone);
    let found = rows(&report(&canteen), "死亡后就餐");
    assert_eq!(found, [(vec![on_the_day, after], "2026年3月3日起登记死亡".to_owned())]);
}

#[test]
fn subsidies_outside_eligibility_are_named_with_the_reason() {
    let moved =
        noticed(elder("p_2", "李", "1940-01-01", "2024-01-01"), NoticeWhy::Moved, "2026-03-03");
    let late = elder("p_3", "赵", "1940-01-01", "2026-03-10");
    let mut canteen = Canteen::new("2026-02-28", &[moved, late]);
    canteen.meal("2026-03-02 11:30:00", "p_2", "80+");
    let gone = canteen.meal("2026-03-03 11:30:00", "p_2", "80+");
    let early = canteen.meal("2026-03-09 11:30:00", "p_3", "80+");
    let found = rows(&report(&canteen), "资格失效后就餐");
    let said: Vec<_> = found.iter().map(|(entries, text)| (entries[0], text.as_str())).collect();
    let expected =
        [(gone, "2026年3月3日起登记迁出，仍有补贴1次"), (early, "不在资格期内，仍有补贴1次")];
    assert_eq!(said, expected);
}

#[test]
fn of_several_reasons_the_one_that_the_counter_states_is_named_and_a_death_under_its_own_heading() {
    let mut care = elder("p_2", "李", "1940-01-01", "2026-03-10");
    care.home_care = Interval::new("2026-01-01".parse().unwrap(), None).into_iter().collect();
    let dead = elder("p_3", "赵", "1940-01-01", "2024-01-01");
    let dead = noticed(dead, NoticeWhy::Deceased, "2026-03-02");
    let dead = noticed(dead, NoticeWhy::Moved, "2026-03-02");
    let mut canteen = Canteen::new("2026-02-28", &[care.clone(), dead]);
    let early = canteen.meal("2026-03-09 11:30:00", "p_2", "80+");
    let late = canteen.meal("2026-03-09 11:31:00", "p_3", "80+");
    let on = "2026-03-09".parse().unwrap();
    assert_eq!(canteen.rules.entitlement(&care, on), Err(NoAward::NotEligible));
    let report = report(&canteen);
    let found = rows(&report, "资格失效后就餐");
    assert_eq!(found, [(vec![early], "不在资格期内，仍有补贴1次".to_owned())]);
    let found = rows(&report, "死亡后就餐");
    assert_eq!(found, [(vec![late], "2026年3月2日起登记死亡".to_owned())]);
}

#[test]
fn shares_are_a_finding_only_above_their_limit() {
    // 3 of 20 are 15 %, which is the aim; 4 of 21 are more.
    let mut canteen = canteen();
    let mut staff = Vec::new();
    let serve = |canteen: &mut Canteen, i: u32, by_hand| {
        let when = at(&format!("2026-03-{:02} 11:30:{:02}", 1 + i / 9, i));
        let meal = Event::Meal(meal(when, &format!("p_{}", 1 + i % 9), "80+"));
        if by_hand { canteen.by_hand(when, meal) } else { canteen.append(when, &meal) }
    };
    for i in 0..20 {
        let entry = serve(&mut canteen, i, i < 3);
        staff.extend((i < 3).then_some(entry));
    }
    let found = rows(&report(&canteen), "人工核验占比");
    assert_eq!(found, [(vec![], "人工核验3人次，占15.0%，未超过15.0%".to_owned())]);
    staff.push(serve(&mut canteen, 20, true));
    let found = rows(&report(&canteen), "人工核验占比");
    assert_eq!(found, [(staff, "人工核验4人次，占19.0%，超过15.0%".to_owned())]);
}

#[test]
fn late_entries_are_counted_by_their_service_date() {
    let mut canteen = canteen();
    canteen.meal("2026-03-02 11:30:00", ELDER, "80+");
    let written = at("2026-03-03 09:00:00");
    let late = Event::Meal(meal(written, "p_2", "80+"));
    let entry = canteen.late(written, "2026-03-02".parse().unwrap(), late);
    let report = report(&canteen);
    let found = rows(&report, "补录占比");
    assert_eq!(found, [(vec![entry], "补录1人次，占50.0%，超过5.0%".to_owned())]);
}

#[test]
fn four_equal_days_in_a_row_are_a_finding_and_three_are_not() {
    let mut canteen = canteen();
    let mut entries = Vec::new();
    for day in ["02", "03", "05"] {
        for elder in ["p_1", "p_2"] {
            entries.push(canteen.meal(&format!("2026-03-{day} 11:30:00"), elder, "80+"));
        }
    }
    canteen.meal("2026-03-08 11:30:00", ELDER, "80+");
    assert_eq!(rows(&report(&canteen), "每日人次雷同"), [(vec![], "未发现".to_owned())]);
    // A fourth day of two, entered late into the gap of the week.
    for elder in ["p_1", "p_2"] {
        let written = at("2026-03-09 12:00:00");
        let late = Event::Meal(meal(written, elder, "80+"));
        entries.push(canteen.late(written, "2026-03-06".parse().unwrap(), late));
    }
    let text = "2026年3月2日至2026年3月6日连续4个就餐日均为2人次".to_owned();
    assert_eq!(rows(&report(&canteen), "每日人次雷同"), [(entries, text)]);
}

#[test]
fn meals_on_closed_days_are_named() {
    let mut canteen = canteen();
    canteen.meal("2026-03-02 11:30:00", ELDER, "80+");
    let sunday = canteen.meal("2026-03-08 11:30:00", ELDER, "80+");
    canteen.site.closed = ClosedDays::new(vec![jiff::civil::Weekday::Sunday], Vec::new());
    let found = rows(&report(&canteen), "停业日就餐");
    assert_eq!(found, [(vec![sunday], "停业日有1人次就餐".to_owned())]);
}

#[test]
fn served_at_once_after_being_registered_is_named_but_not_when_the_box_began() {
    let founder = elder("p_1", "王", "1940-01-01", "2026-02-28");
    let newcomer = elder("p_2", "李", "1940-01-01", "2026-03-09");
    let calm = elder("p_3", "赵", "1940-01-01", "2026-03-09");
    let mut canteen = Canteen::new("2026-02-28", &[founder, newcomer, calm]);
    canteen.meal("2026-03-01 11:30:00", "p_1", "80+");
    let at_once = canteen.meal("2026-03-10 11:30:00", "p_2", "80+");
    canteen.meal("2026-03-11 11:30:00", "p_3", "80+");
    let found = rows(&report(&canteen), "登记后即就餐");
    assert_eq!(found, [(vec![at_once], "资格自2026年3月9日起".to_owned())]);
}

#[test]
fn meals_under_a_doubtful_clock_are_named() {
    let mut canteen = canteen();
    canteen.meal("2026-03-02 11:30:00", "p_1", "80+");
    let when = stamp("2026-03-03 11:30:00", ClockTrust::Untrusted);
    canteen.clock(when.at, false);
    let doubtful = canteen.append(when, &Event::Meal(meal(when, "p_1", "80+")));
    let found = rows(&report(&canteen), "时钟异常");
    assert_eq!(found, [(vec![doubtful], "时钟不可信时记录1人次".to_owned())]);
}

#[test]
fn meals_for_which_the_city_kept_another_canteens_are_named() {
    let mut canteen = canteen();
    canteen.meal("2026-03-02 11:30:00", "p_1", "80+");
    let twice = canteen.meal("2026-03-02 11:31:00", "p_2", "80+");
    let kept = Some(Kept { device: "lc-dcf-003".to_owned(), entry: 5521 });
    let finding = Finding::Rejected { reason: RejectReason::OtherCanteen, kept };
    let verdict = Verdict { entry: twice, finding, supersedes: None };
    let said = canteen.append(at("2026-03-04 03:00:00"), &Event::Verdict(verdict));
    let found = rows(&report(&canteen), "同日跨食堂重复");
    assert_eq!(found, [(vec![twice], "市级保留lc-dcf-003的第5521条".to_owned())]);
    let accepted = Verdict { entry: twice, finding: Finding::Accepted, supersedes: Some(said) };
    canteen.append(at("2026-03-05 03:00:00"), &Event::Verdict(accepted));
    assert!(rows(&report(&canteen), "同日跨食堂重复")[0].0.is_empty());
}

#[test]
fn many_entries_are_spread_over_rows() {
    let mut canteen = canteen();
    let mut entries = Vec::new();
    for i in 0..230u32 {
        let at = format!("2026-03-{:02} 11:{:02}:00", 1 + i / 9, i % 9);
        entries.push(canteen.meal(&at, &format!("p_{}", 1 + i % 9), "80+"));
    }
    let report = report(&canteen);
    let found = rows(&report, "每日人次雷同");
    // 25 days of 9 are 225 entries; the last day has 5.
    assert_eq!(found.iter().map(|(e, _)| e.len()).collect::<Vec<_>>(), [200, 25]);
    assert_eq!(found[1].1, "（续上行）");
    let named: Vec<_> = found.into_iter().flat_map(|(e, _)| e).collect();
    assert_eq!(named, entries[..225]);
}

#[test]
fn without_the_box_key_people_appear_by_id_and_their_checks_stay_open() {
    let mut canteen = canteen();
    canteen.meal("2026-03-02 11:30:00", ELDER, "80+");
    let sources =
        Sources { site: &canteen.site, rules: &canteen.rules, elders: None, today: canteen.today };
    let make = |kind| Report::make(kind, month("2026-03"), &canteen.reader(), sources).unwrap();
    assert_eq!(column(&make(Kind::Meals), "姓名"), [ELDER]);
    assert_eq!(column(&make(Kind::Roster), "姓名"), [ELDER]);
    let said = rows(&make(Kind::Exceptions), "死亡后就餐");
    assert_eq!(said, [(vec![], "未核查：没有花名册数据".to_owned())]);
}

#[test]
fn a_ledger_that_was_made_from_a_copy_tells_what_only_the_city_has() {
    let mut canteen = canteen();
    canteen.meal("2026-03-02 11:30:00", ELDER, "80+");
    let began = canteen.begin_epoch(at("2026-03-03 09:00:00"), 2, 80);
    // Of April, and no business of this report.
    canteen.begin_epoch(at("2026-04-01 09:00:00"), 3, 90);
    let said = "由备份恢复，注册第2期：第1期第1至80条仅市级平台持有".to_owned();
    assert_eq!(rows(&report(&canteen), "备份恢复"), [(vec![began], said)]);
}

#[test]
fn a_meal_that_the_box_recorded_before_it_was_restored_is_named_as_its_own() {
    let mut canteen = canteen();
    let meal = canteen.meal("2026-03-02 12:30:00", ELDER, "80+");
    let device = canteen.site.device.clone();
    let kept = Some(Kept { device, entry: 41 });
    let finding = Finding::Rejected { reason: RejectReason::OtherEpoch, kept };
    let verdict = Verdict { entry: meal, finding, supersedes: None };
    canteen.append(at("2026-03-02 22:00:00"), &Event::Verdict(verdict));
    let found = rows(&report(&canteen), "同日跨食堂重复");
    assert_eq!(found, [(vec![meal], "市级保留本机恢复前所记的第41条".to_owned())]);
}
