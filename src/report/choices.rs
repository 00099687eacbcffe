//! 人工选择核查: whether staff look at the two candidates, or tap the one that stands first.
//!
//! The measure is that of [`crate::domain::choosing`]; docs/adr/0007 says why it is made of real
//! reviews.

use super::book::Book;
use super::findings::{Finding, Outcome};
use crate::domain::choosing::{self, Choices, Chosen};
use crate::domain::entry::EntryNumber;
use crate::domain::operator::OperatorId;

/// Fewest choices of one operator that are judged; fewer show nothing.
pub(super) const CHOICES_MIN: u32 = 20;
/// Half of the choices within so many seconds is faster than names can be asked and compared.
pub(super) const MEDIAN_S_MIN: u64 = 3;

/// Operators whose choices chance does not explain, or who choose too fast to have asked.
pub(super) fn choices(book: &Book) -> Outcome {
    let measured = choosing::measure(&book.chosen);
    let found: Vec<Finding> = measured
        .iter()
        .filter(|(_, choices)| odd(choices))
        .map(|(operator, choices)| Finding {
            date: None,
            elder: None,
            entries: entries(&book.chosen, operator),
            text: format!(
                "操作员{operator}两选一{}次，其中选第一位{}次，半数在{}秒内",
                choices.taken,
                choices.first,
                choices.median_s().unwrap_or(0)
            ),
        })
        .collect();
    match found.is_empty() {
        false => Outcome::Found(found),
        true => {
            let taken: u32 = measured.values().map(|choices| choices.taken).sum();
            Outcome::Clear(format!("两选一共{taken}次，未见随意选择"))
        }
    }
}

fn odd(choices: &Choices) -> bool {
    let hasty = choices.median_s().is_some_and(|median| median < MEDIAN_S_MIN);
    choices.taken >= CHOICES_MIN && (hasty || !choices.by_chance())
}

/// The choices of one operator, in rising order.
fn entries(chosen: &[Chosen], operator: &OperatorId) -> Vec<EntryNumber> {
    chosen.iter().filter(|c| c.choice.operator == *operator).map(|c| c.n).collect()
}
