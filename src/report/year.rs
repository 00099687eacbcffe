//! 年度运营: how far the canteen has come towards the yearly operating award.
//!
//! The award also asks for a passed assessment, which the office decides.

use super::book::Book;
use super::chart::Ladder;
use super::columns::YEAR;
use super::period::day;
use super::table::{Cell, Table, yuan};
use super::{Body, Figure, Sources, area};
use crate::domain::calendar::Date;
use crate::domain::operating_award::{AwardStep, OperatingAwards};
use jiff::ToSpan as _;

/// Names of the steps (档), from the lowest; higher ones are numbered.
const STEPS: [&str; 5] = ["第一档", "第二档", "第三档", "第四档", "第五档"];

pub(super) fn make(book: &Book, sources: Sources<'_>) -> Body {
    let site = sources.site;
    let until = book.period.to().min(sources.today);
    let diners = book.diners();
    let none = OperatingAwards::default();
    let rules = sources.rules.in_force(until);
    let awards = rules.map_or(&none, |table| table.operating_awards());
    let progress = awards.progress(site.area, u32::try_from(diners).unwrap_or(u32::MAX));
    let step = match progress.reached {
        None => "未达第一档".to_owned(),
        Some((n, _)) => STEPS.get(n - 1).map_or(format!("第{n}档"), |name| (*name).to_owned()),
    };
    let missing = match progress.next {
        Some((_, missing)) => format!("还差{missing}人次"),
        None if progress.reached.is_some() => "已达最高档".to_owned(),
        None => "无奖补规则".to_owned(),
    };
    let award = progress.reached.map_or(0, |(_, step)| pays(&step));
    let anniversary = anniversary(site.opened);
    let full = anniversary <= until;
    let mut table = Table::new(YEAR);
    table.push(vec![
        Cell::Count(diners as u64),
        Cell::text(format!("{} {step}", area(site.area))),
        Cell::text(&missing),
        Cell::Fen(award),
        Cell::text(if full { "是" } else { "否" }),
    ]);
    let figures = vec![
        Figure { label: "累计人次", value: diners.to_string(), unit: "人次" },
        Figure { label: area(site.area), value: step, unit: "" },
        Figure { label: "距下一档", value: missing, unit: "" },
        Figure { label: "预计奖补", value: yuan(award), unit: "元" },
    ];
    let mut notes = vec![format!(
        "{}开业，{}满一年；奖补还须考核合格，由主管部门认定。",
        day(site.opened),
        day(anniversary)
    )];
    if let Some((_, step)) = progress.reached {
        let (city, district) = (step.city.get().into(), step.district.get().into());
        notes.push(format!("预计奖补中市级{}元、区级{}元。", yuan(city), yuan(district)));
    }
    if let Some((next, _)) = progress.next {
        let (diners, award) = (next.diners(site.area), yuan(pays(&next)));
        notes.push(format!("下一档：全年{diners}人次，奖补{award}元。"));
    }
    if until < book.period.to() {
        notes.push(format!("截至{}。", day(until)));
    }
    if !book.unnamed.is_empty() {
        notes.push(format!("其中{}人次未核实身份（核验超时）。", book.unnamed.len()));
    }
    // Each step is the next one of somebody who has just reached the one before it.
    let next =
        |(step, _): &(AwardStep, u32)| awards.progress(site.area, step.diners(site.area)).next;
    let steps = std::iter::successors(awards.progress(site.area, 0).next, next);
    let steps = steps.map(|(step, _)| (step.diners(site.area).into(), pays(&step))).collect();
    let ladder = Some(Ladder { diners: diners as u64, steps });
    Body { table, figures, notes, ladder }
}

fn pays(step: &AwardStep) -> u64 {
    u64::from(step.city.get()) + u64::from(step.district.get())
}

/// The day on which a canteen that opened on `opened` has run for a year.
fn anniversary(opened: Date) -> Date {
    opened.saturating_add(1.year())
}
