//! 异常核查表: every check in its order, with what it found, or that it found nothing.
//!
//! A check never disappears: a reader must see that it was made, and a check that could not be
//! made must not pass for one that found nothing.

use super::book::Book;
use super::cards;
use super::choices;
use super::columns::EXCEPTIONS;
use super::findings::{self, Finding, Outcome};
use super::people::People;
use super::table::{Cell, Table};
use super::{Body, Figure, Sources};

/// Most entries named in one row: what a cell of Excel and a reader can hold. More follow in rows
/// of their own.
const ENTRIES_PER_ROW_MAX: usize = 200;

/// The checks, in the order of the offices.
pub(super) const CHECKS: [&str; 13] = [
    "同日跨食堂重复",
    "死亡后就餐",
    "资格失效后就餐",
    "补录占比",
    "人工核验占比",
    "证件核验占比",
    "证件核验核查",
    "人工选择核查",
    "每日人次雷同",
    "停业日就餐",
    "登记后即就餐",
    "时钟异常",
    "备份恢复",
];

pub(super) fn make(book: &Book, people: &People<'_>, sources: Sources<'_>) -> Body {
    let outcomes: [Outcome; CHECKS.len()] = [
        findings::other_canteen(book),
        findings::after_death(book, people),
        findings::after_eligibility(book, people),
        findings::late(book),
        findings::by_staff(book),
        findings::by_card(book),
        cards::cards(book),
        choices::choices(book),
        findings::equal_days(book),
        findings::closed_days(book, sources),
        findings::at_once(book, people),
        findings::clock(book),
        findings::restored(book),
    ];
    let mut table = Table::new(EXCEPTIONS);
    let (mut odd, mut open) = (0, 0);
    for (check, outcome) in CHECKS.iter().zip(&outcomes) {
        match outcome {
            Outcome::Found(found) => {
                odd += found.len();
                found.iter().for_each(|f| push_finding(&mut table, check, f, book, people));
            }
            Outcome::Clear(text) => push_none(&mut table, check, text),
            Outcome::Open(text) => {
                open += 1;
                push_none(&mut table, check, text);
            }
        }
    }
    let figures = vec![
        Figure { label: "核查项目", value: CHECKS.len().to_string(), unit: "项" },
        Figure { label: "发现异常", value: odd.to_string(), unit: "处" },
        Figure { label: "未能核查", value: open.to_string(), unit: "项" },
    ];
    let notes = vec![
        "异常是需要人工核查的线索，不是结论；“核查结果”由核查人填写。".to_owned(),
        format!(
            "超过以下界限列为异常：补录{}，人工核验{}，证件核验{}，连续{}个就餐日人次相同。",
            super::percent(findings::LATE_PER_MILLE_MAX, 1000),
            super::percent(findings::STAFF_PER_MILLE_MAX, 1000),
            super::percent(findings::CARD_PER_MILLE_MAX, 1000),
            findings::EQUAL_DAYS_MIN
        ),
        format!(
            "两选一满{}次的操作员，选第一位的次数偏离随机，或半数在{}秒内选定，列为异常。",
            choices::CHOICES_MIN,
            choices::MEDIAN_S_MIN
        ),
        format!(
            "操作员一天刷卡满{}人次并超过平日全天的{}倍，或连续{}次刷卡每次相隔不超过{}秒，列为异常。",
            cards::DAY_MIN,
            cards::TIMES_MAX,
            cards::RUN_MIN,
            cards::GAP_S_MAX
        ),
    ];
    Body { table, figures, notes, ladder: None }
}

fn push_finding(
    table: &mut Table,
    check: &str,
    finding: &Finding,
    book: &Book,
    people: &People<'_>,
) {
    let name = finding.elder.map_or(Cell::Empty, |i| people.name(&book.elders[i as usize]));
    for (part, entries) in finding.entries.chunks(ENTRIES_PER_ROW_MAX).enumerate() {
        let text = if part == 0 { &finding.text } else { "（续上行）" };
        let row = table.rows().len() as u64 + 1;
        table.push(vec![
            Cell::Count(row),
            Cell::text(check),
            Cell::date(finding.date),
            name.clone(),
            Cell::Count(entries.len() as u64),
            Cell::Entries(entries.to_vec()),
            Cell::text(text),
            Cell::Empty,
        ]);
    }
}

fn push_none(table: &mut Table, check: &str, text: &str) {
    let mut cells = vec![Cell::Empty; EXCEPTIONS.len()];
    cells[0] = Cell::Count(table.rows().len() as u64 + 1);
    cells[1] = Cell::text(check);
    cells[4] = Cell::Count(0);
    cells[6] = Cell::text(text);
    table.push(cells);
}
