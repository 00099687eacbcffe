//! 花名册: everybody in the gallery with their standing at the period's end, and what each got.
//!
//! Counts and amounts are those of the ledger. Whoever was served and is in the gallery no more
//! stands at the end by id, so that the sums are still the settlement's.

use super::book::{Book, State};
use super::columns::ROSTER;
use super::people::{People, age_on, noticed};
use super::period::{Period, day};
use super::table::{Cell, Table, signed_yuan};
use super::{Body, Figure, Sources};
use crate::domain::calendar::{Date, Interval};
use crate::domain::elder::{Elder, ElderId, NoticeWhy, Sex};
use crate::domain::rules::RuleBook;
use std::collections::HashMap;

/// What stands in for the part of an identity number that is not kept.
const MASK: &str = "**************";

/// What somebody got in the period.
#[derive(Clone, Copy, Default)]
struct Got {
    meals: u64,
    pending: u64,
    city: u64,
    district: u64,
    served: bool,
}

pub(super) fn make(book: &Book, people: &People<'_>, sources: Sources<'_>) -> Body {
    let mut got: HashMap<&ElderId, Got> = HashMap::new();
    for serving in book.standing() {
        let (city, district) = serving.shares();
        let sum = got.entry(book.elder(serving)).or_default();
        sum.meals += u64::from(serving.subsidised());
        sum.pending += u64::from(serving.state == State::Pending);
        sum.city += city;
        sum.district += district;
        sum.served = true;
    }
    let mut table = Table::new(ROSTER);
    let everybody = people.all();
    for elder in &everybody {
        let row = table.rows().len() as u64 + 1;
        let got = got.remove(&elder.id).unwrap_or_default();
        table.push(cells(row, elder, got, book.period, sources.rules));
    }
    let mut rest: Vec<_> = got.into_iter().collect();
    rest.sort_by_key(|(id, _)| *id);
    for (id, got) in rest {
        let row = table.rows().len() as u64 + 1;
        table.push(stranger(row, id, got, people.known()));
    }
    let total = |field| table.total(field).unwrap_or_default();
    let eaters = table.rows().iter().filter(|row| row[8] != Cell::Count(0)).count();
    let figures = vec![
        Figure { label: "在册老人", value: everybody.len().to_string(), unit: "人" },
        Figure { label: "享受补贴", value: eaters.to_string(), unit: "人" },
        Figure { label: "补贴人次", value: total("meals").to_string(), unit: "人次" },
        Figure { label: "补贴合计", value: signed_yuan(total("total_fen")), unit: "元" },
    ];
    let notes = vec![
        "期末年龄、补贴档次、人员状态以统计期最后一日为准；证件号只保存后四位。".to_owned(),
        "补贴档次只看年龄；资格与居家养老服务另列。".to_owned(),
    ];
    Body { table, figures, notes, ladder: None }
}

fn cells(row: u64, elder: &Elder, got: Got, period: Period, rules: &RuleBook) -> Vec<Cell> {
    let masked = elder.id_last4.map_or(String::new(), |four| format!("{MASK}{}", four.as_str()));
    let care = elder.home_care.iter().find(|days| overlaps(days, period));
    vec![
        Cell::Count(row),
        Cell::text(&elder.name),
        Cell::text(match elder.sex {
            Sex::Female => "女",
            Sex::Male => "男",
        }),
        Cell::text(masked),
        Cell::Date(elder.birth),
        Cell::Count(age_on(elder, period.to(), rules).into()),
        Cell::Fen(rate(elder, period.to(), rules)),
        Cell::date(rate_changed(elder, period, rules)),
        Cell::Count(got.meals),
        Cell::Fen(got.city),
        Cell::Fen(got.district),
        Cell::Fen(got.city + got.district),
        Cell::text(if care.is_some() { "是" } else { "否" }),
        Cell::text(status(elder, period.to())),
        Cell::text(remark(elder, care, got)),
    ]
}

/// Somebody whom the gallery does not know, or nobody does.
fn stranger(row: u64, id: &ElderId, got: Got, roster: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::Empty; ROSTER.len()];
    cells[0] = Cell::Count(row);
    cells[1] = Cell::text(id.as_str());
    cells[8] = Cell::Count(got.meals);
    cells[9] = Cell::Fen(got.city);
    cells[10] = Cell::Fen(got.district);
    cells[11] = Cell::Fen(got.city + got.district);
    if roster {
        cells[13] = Cell::text("不在册");
        cells[14] = Cell::text("已不在现有人脸库中，以编号列出");
    }
    cells
}

/// City's and district's share together of a meal on `date`, by age alone; 0 where there is none.
fn rate(elder: &Elder, date: Date, rules: &RuleBook) -> u64 {
    let band = rules.in_force(date).and_then(|table| table.band(age_on(elder, date, rules)));
    band.map_or(0, |b| u64::from(b.city().get()) + u64::from(b.district().get()))
}

/// The last day of the period on which the rate became another.
fn rate_changed(elder: &Elder, period: Period, rules: &RuleBook) -> Option<Date> {
    let mut changed = None;
    let mut before = None;
    for date in period.dates() {
        let now = rate(elder, date, rules);
        if before.is_some_and(|rate| rate != now) {
            changed = Some(date);
        }
        before = Some(now);
    }
    changed
}

fn overlaps(days: &Interval, period: Period) -> bool {
    days.from() <= period.to() && days.to().is_none_or(|to| period.from() <= to)
}

/// Where an elder stands on `date`.
fn status(elder: &Elder, date: Date) -> &'static str {
    let holds = |why| noticed(elder, why).is_some_and(|from| from <= date);
    if holds(NoticeWhy::Deceased) {
        "已去世"
    } else if holds(NoticeWhy::Moved) {
        "已迁出"
    } else if elder.eligible.iter().any(|days| days.contains(date)) {
        "正常"
    } else if elder.eligible.iter().any(|days| days.to().is_some_and(|to| to < date)) {
        "资格已终止"
    } else {
        "未取得资格"
    }
}

fn remark(elder: &Elder, care: Option<&Interval>, got: Got) -> String {
    let mut said = Vec::new();
    for (why, word) in [(NoticeWhy::Deceased, "去世"), (NoticeWhy::Moved, "迁出")] {
        if let Some(from) = noticed(elder, why) {
            said.push(format!("{}起登记为{word}", day(from)));
        }
    }
    if let Some(care) = care {
        let until = care.to().map_or("今".to_owned(), day);
        said.push(format!("居家养老服务{}至{until}", day(care.from())));
    }
    if got.pending > 0 {
        said.push(format!("待核{}次", got.pending));
    }
    if got.served && got.meals + got.pending == 0 {
        said.push("有就餐，未享受补贴".to_owned());
    }
    said.join("；")
}
