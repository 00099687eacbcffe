//! The checks behind 异常核查表, each over what a period's ledger and the roster say.
//!
//! Auditors have found inflated counts, meals on closed days, identical daily counts and payments
//! for the dead. A finding names the entries that somebody should look at; it is no judgement.

use super::Sources;
use super::book::{Book, Dish, ElderIndex, Elsewhere, Serving};
use super::people::{People, noticed};
use super::percent;
use super::period::day;
use crate::domain::calendar::Date;
use crate::domain::elder::{Elder, NoticeWhy};
use crate::domain::entry::operation::EpochChange;
use crate::domain::entry::{ClockTrust, EntryNumber, Method};
use crate::domain::subsidy::{NoAward, excluded};
use jiff::ToSpan as _;
use std::collections::BTreeMap;

/// Share of late entries above which they are a finding, in per mille. A box that works needs none
/// but after a power cut.
pub(super) const LATE_PER_MILLE_MAX: u64 = 50;
/// Share of servings through staff above which they are a finding, in per mille: what the face
/// check aims for.
pub(super) const STAFF_PER_MILLE_MAX: u64 = 150;
/// Share of servings by card above which they are a finding, in per mille. A box recognises faces;
/// cards are for those who do not want that.
pub(super) const CARD_PER_MILLE_MAX: u64 = 500;
/// Days in a row with one and the same count from which they are a finding. At 60 diners a day two
/// equal days come by chance every few weeks, and four in a row once in many years.
pub(super) const EQUAL_DAYS_MIN: usize = 4;
/// A meal within so many days after the first day of eligibility is "at once".
pub(super) const REGISTERED_DAYS_MAX: i64 = 1;

/// Something to look at.
pub(super) struct Finding {
    /// The day it is about, where it is one.
    pub date: Option<Date>,
    /// The elder it is about, where it is one.
    pub elder: Option<ElderIndex>,
    /// The entries behind it, in rising order.
    pub entries: Vec<EntryNumber>,
    /// What was found.
    pub text: String,
}

/// What a check gave.
pub(super) enum Outcome {
    /// Things to look at.
    Found(Vec<Finding>),
    /// Nothing; and what was looked at.
    Clear(String),
    /// It could not be made; and why.
    Open(&'static str),
}

const CLEAR: &str = "未发现";
const NO_ROSTER: &str = "未核查：没有花名册数据";

fn found(findings: Vec<Finding>) -> Outcome {
    match findings.is_empty() {
        true => Outcome::Clear(CLEAR.to_owned()),
        false => Outcome::Found(findings),
    }
}

/// 同日重复: only the city sees other canteens, and what this one lost; its verdicts say so.
pub(super) fn other_canteen(book: &Book) -> Outcome {
    let finding = |e: &Elsewhere| {
        let serving = book.servings.iter().find(|s| s.n == e.n);
        Finding {
            date: serving.map(|s| s.date),
            elder: serving.map(|s| s.elder),
            entries: vec![e.n],
            text: match e.kept.device == book.device {
                true => format!("市级保留本机恢复前所记的第{}条", e.kept.entry),
                false => format!("市级保留{}的第{}条", e.kept.device, e.kept.entry),
            },
        }
    };
    match book.elsewhere.is_empty() {
        true => Outcome::Clear("台账中的市级核定结果没有指出".to_owned()),
        false => found(book.elsewhere.iter().map(finding).collect()),
    }
}

/// Groups `servings` by elder, keeps the elders of the roster, and lets `judge` say what is odd.
fn by_elder<'a>(
    book: &'a Book,
    people: &People<'_>,
    odd: impl Fn(&Elder, &Serving) -> bool,
    text: impl Fn(&Elder, &[&'a Serving]) -> String,
) -> Outcome {
    if !people.known() {
        return Outcome::Open(NO_ROSTER);
    }
    let mut groups: BTreeMap<ElderIndex, Vec<&Serving>> = BTreeMap::new();
    for serving in book.standing() {
        if people.find(book.elder(serving)).is_some_and(|elder| odd(elder, serving)) {
            groups.entry(serving.elder).or_default().push(serving);
        }
    }
    let finding = |(index, servings): (ElderIndex, Vec<&'a Serving>)| {
        let elder = people.find(&book.elders[index as usize])?;
        Some(Finding {
            date: servings.first().map(|s| s.date),
            elder: Some(index),
            entries: servings.iter().map(|s| s.n).collect(),
            text: text(elder, &servings),
        })
    };
    found(groups.into_iter().filter_map(finding).collect())
}

/// 死亡后就餐: a meal or visit on or after the first day of a notice of death.
pub(super) fn after_death(book: &Book, people: &People<'_>) -> Outcome {
    let died = |elder: &Elder| noticed(elder, NoticeWhy::Deceased);
    by_elder(
        book,
        people,
        |elder, serving| died(elder).is_some_and(|from| from <= serving.date),
        |elder, _| died(elder).map_or(String::new(), |from| format!("{}起登记死亡", day(from))),
    )
}

/// 资格失效后就餐: a subsidised meal on a day that the roster, as it is now, does not cover.
pub(super) fn after_eligibility(book: &Book, people: &People<'_>) -> Outcome {
    by_elder(
        book,
        people,
        |elder, serving| {
            matches!(serving.dish, Dish::Meal { .. }) && lapsed(elder, serving.date).is_some()
        },
        |elder, servings| {
            let why = servings.first().and_then(|s| lapsed(elder, s.date)).unwrap_or_default();
            format!("{why}，仍有补贴{}次", servings.len())
        },
    )
}

/// Why an elder had no right to a subsidy on `date`, in words; [`after_death`] tells of the dead.
fn lapsed(elder: &Elder, date: Date) -> Option<String> {
    Some(match excluded(elder, date)? {
        NoAward::Moved => {
            let from = noticed(elder, NoticeWhy::Moved).map_or(String::new(), day);
            format!("{from}起登记迁出")
        }
        NoAward::HomeCare => "已享受政府购买居家养老服务".to_owned(),
        NoAward::NotEligible => "不在资格期内".to_owned(),
        NoAward::Deceased | NoAward::UnderAge | NoAward::AlreadyToday | NoAward::NoRules => {
            return None;
        }
    })
}

/// 登记后即就餐: served on the first day of eligibility or the day after, by somebody who was
/// registered after the box began.
pub(super) fn at_once(book: &Book, people: &People<'_>) -> Outcome {
    let registered = |elder: &Elder| {
        let first = elder.eligible.iter().map(|days| days.from()).min();
        first.filter(|from| *from > book.began)
    };
    by_elder(
        book,
        people,
        |elder, serving| {
            registered(elder).is_some_and(|from| {
                let last = from.saturating_add(REGISTERED_DAYS_MAX.days());
                from <= serving.date && serving.date <= last
            })
        },
        |elder, _| registered(elder).map_or(String::new(), |d| format!("资格自{}起", day(d))),
    )
}

/// 补录占比
pub(super) fn late(book: &Book) -> Outcome {
    share(book, "补录", LATE_PER_MILLE_MAX, |s| s.late)
}

/// 人工核验占比
pub(super) fn by_staff(book: &Book) -> Outcome {
    share(book, "人工核验", STAFF_PER_MILLE_MAX, |s| s.method == Method::Staff)
}

/// 证件核验占比
pub(super) fn by_card(book: &Book) -> Outcome {
    share(book, "证件核验", CARD_PER_MILLE_MAX, |s| s.method == Method::Card)
}

fn share(book: &Book, what: &str, per_mille_max: u64, odd: impl Fn(&Serving) -> bool) -> Outcome {
    let entries: Vec<_> = book.standing().filter(|s| odd(s)).map(|s| s.n).collect();
    let (part, whole) = (entries.len() as u64, book.standing().count() as u64);
    let limit = percent(per_mille_max, 1000);
    let said = format!("{what}{part}人次，占{}", percent(part, whole));
    match part * 1000 > per_mille_max * whole {
        true => found(vec![Finding {
            date: None,
            elder: None,
            entries,
            text: format!("{said}，超过{limit}"),
        }]),
        false => Outcome::Clear(format!("{said}，未超过{limit}")),
    }
}

/// The entries of everybody who counts, by day.
fn days(book: &Book) -> impl Iterator<Item = (Date, Vec<EntryNumber>)> {
    let named = book.standing().map(|s| (s.date, s.n));
    by_day(named.chain(book.unnamed.iter().map(|u| (u.date, u.n))))
}

/// Entries by day, both in rising order.
fn by_day(
    entries: impl Iterator<Item = (Date, EntryNumber)>,
) -> impl Iterator<Item = (Date, Vec<EntryNumber>)> {
    let mut days: BTreeMap<Date, Vec<EntryNumber>> = BTreeMap::new();
    entries.for_each(|(date, n)| days.entry(date).or_default().push(n));
    days.into_iter().map(|(date, mut entries)| {
        entries.sort_unstable();
        (date, entries)
    })
}

/// 每日人次雷同: the same count on [`EQUAL_DAYS_MIN`] or more serving days in a row.
pub(super) fn equal_days(book: &Book) -> Outcome {
    let days: Vec<_> = days(book).collect();
    let runs = days.chunk_by(|(_, a), (_, b)| a.len() == b.len());
    let finding = |run: &[(Date, Vec<EntryNumber>)]| {
        let [(first, each), .., (last, _)] = run else { return None };
        let mut entries: Vec<_> = run.iter().flat_map(|(_, entries)| entries).copied().collect();
        entries.sort_unstable();
        (run.len() >= EQUAL_DAYS_MIN).then(|| Finding {
            date: Some(*first),
            elder: None,
            entries,
            text: format!(
                "{}至{}连续{}个就餐日均为{}人次",
                day(*first),
                day(*last),
                run.len(),
                each.len()
            ),
        })
    };
    found(runs.filter_map(finding).collect())
}

/// 停业日就餐
pub(super) fn closed_days(book: &Book, sources: Sources<'_>) -> Outcome {
    let closed = days(book).filter(|(date, _)| sources.site.closed.contains(*date));
    let finding = |(date, entries): (Date, Vec<EntryNumber>)| Finding {
        date: Some(date),
        elder: None,
        text: format!("停业日有{}人次就餐", entries.len()),
        entries,
    };
    found(closed.map(finding).collect())
}

/// 时钟异常: written while the clock was not trusted, or earlier than the entry before.
pub(super) fn clock(book: &Book) -> Outcome {
    let doubted = book.standing().filter(|s| s.clock == ClockTrust::Untrusted);
    let doubted = by_day(doubted.map(|s| (s.date, s.n))).map(|(date, entries)| Finding {
        date: Some(date),
        elder: None,
        text: format!("时钟不可信时记录{}人次", entries.len()),
        entries,
    });
    let backwards = by_day(book.backwards.iter().copied()).map(|(date, entries)| Finding {
        date: Some(date),
        elder: None,
        text: "记录时间早于前一条记录".to_owned(),
        entries,
    });
    let mut findings: Vec<_> = doubted.chain(backwards).collect();
    findings.sort_by_key(|f| (f.date, f.entries.first().copied()));
    found(findings)
}

/// 备份恢复: the box was enrolled anew, and the city holds entries that its ledger has not.
pub(super) fn restored(book: &Book) -> Outcome {
    let lacking = |(date, n, said): &(Date, EntryNumber, EpochChange)| {
        let (first, last, epoch) = said.lacking()?;
        // A copy that was restored twice does not know what the first of its epochs had reached.
        let earlier = if epoch > 1 { "；更早各期见市级平台页面" } else { "" };
        Some(Finding {
            date: Some(*date),
            elder: None,
            entries: vec![*n],
            text: format!(
                "由备份恢复，注册第{}期：第{epoch}期第{first}至{last}条仅市级平台持有{earlier}",
                said.epoch
            ),
        })
    };
    found(book.epochs.iter().filter_map(lacking).collect())
}
