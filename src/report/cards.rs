//! 证件核验核查: whether cards are read by those who hold them.
//!
//! A card that the reader reads and a number that somebody types look the same to the box. What
//! tells them apart is how many there are, and how fast they come.

use super::book::{Book, OperatorIndex, Serving};
use super::findings::{Finding, Outcome};
use super::period::day;
use crate::domain::calendar::Date;
use crate::domain::entry::{EntryNumber, Method};
use std::collections::BTreeMap;

/// Fewest cards of one operator on one day that can be many.
pub(super) const DAY_MIN: usize = 20;
/// They are many when they are more than so many times the usual day's, all operators together.
pub(super) const TIMES_MAX: usize = 3;
/// Cards in a row, each at most [`GAP_S_MAX`] after the one before, from which they are a finding.
pub(super) const RUN_MIN: usize = 10;
/// Seconds in which an elder steps up, holds out a card and sees the result; nobody is faster ten
/// times in a row.
pub(super) const GAP_S_MAX: i64 = 3;

/// Days on which an operator had many more cards than usual, and cards in fast succession.
pub(super) fn cards(book: &Book) -> Outcome {
    let mut cards: Vec<&Serving> = book.standing().filter(|s| s.method == Method::Card).collect();
    cards.sort_unstable_by_key(|card| card.n);
    let mut found = many(book, &cards);
    found.extend(fast(&cards));
    found.sort_by_key(|finding| (finding.date, finding.entries.first().copied()));
    match found.is_empty() {
        false => Outcome::Found(found),
        true => Outcome::Clear(format!("刷卡共{}人次，未见异常集中", cards.len())),
    }
}

/// Days on which an operator had many more cards than all have on the day in the middle.
fn many(book: &Book, cards: &[&Serving]) -> Vec<Finding> {
    let mut days: BTreeMap<Date, usize> = book.standing().map(|s| (s.date, 0)).collect();
    let mut shifts: BTreeMap<(Date, Option<OperatorIndex>), Vec<EntryNumber>> = BTreeMap::new();
    for card in cards {
        *days.entry(card.date).or_default() += 1;
        shifts.entry((card.date, card.operator)).or_default().push(card.n);
    }
    let mut counts: Vec<usize> = days.into_values().collect();
    counts.sort_unstable();
    let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
    shifts.retain(|_, n| n.len() >= DAY_MIN && n.len() > TIMES_MAX * usual);
    let finding = |((date, operator), entries): ((Date, Option<OperatorIndex>), Vec<_>)| {
        let who = operator.map_or("未记操作员".to_owned(), |place| {
            format!("操作员{}", book.operators[usize::from(place)])
        });
        let text = format!("{}{who}刷卡{}人次，平日全天{usual}人次", day(date), entries.len());
        Finding { date: Some(date), elder: None, entries, text }
    };
    shifts.into_iter().map(finding).collect()
}

/// Cards that came faster than people do.
fn fast(cards: &[&Serving]) -> impl Iterator<Item = Finding> {
    let follows = |before: &&Serving, next: &&Serving| {
        let gap = next.time.duration_since(before.time).as_secs();
        before.date == next.date && (0..=GAP_S_MAX).contains(&gap)
    };
    cards.chunk_by(follows).filter(|run| run.len() >= RUN_MIN).map(|run| Finding {
        date: Some(run[0].date),
        elder: None,
        entries: run.iter().map(|card| card.n).collect(),
        text: format!("连续{}次刷卡，每次相隔不超过{GAP_S_MAX}秒", run.len()),
    })
}
