//! A table as all formats share it: columns that name themselves, cells that know what they are.

use crate::domain::calendar::{Date, Time};
use crate::domain::entry::EntryNumber;

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Words.
    Text,
    /// A whole number.
    Count,
    /// Money, counted in fen and shown in yuan.
    Yuan,
    /// A date.
    Date,
    /// A time of day, to the second.
    Time,
    /// Numbers of entries (流水号).
    Entries,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading, as the offices' form has it.
    pub heading: &'static str,
    /// Its name in JSON; amounts there are in fen and end in `_fen`.
    pub field: &'static str,
    /// What stands in it.
    pub form: Form,
    /// Whether it is added up below the rows.
    pub summed: bool,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known or nothing applies.
    Empty,
    /// Words; never taken for a formula.
    Text(String),
    /// A number.
    Count(u64),
    /// An amount in fen.
    Fen(u64),
    /// An amount in fen that is taken off: below nothing.
    Less(u64),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// Numbers of entries, in rising order.
    Entries(Vec<EntryNumber>),
}

impl Cell {
    /// A cell of words; no words are no text.
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
    }

    /// An amount in fen, above or below nothing.
    pub fn signed_fen(fen: i64) -> Cell {
        let amount = fen.unsigned_abs();
        if fen < 0 { Cell::Less(amount) } else { Cell::Fen(amount) }
    }

    /// The date, or nothing.
    pub fn date(date: Option<Date>) -> Cell {
        date.map_or(Cell::Empty, Cell::Date)
    }

    /// As people read it: yuan with two places, a list with the Chinese comma.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Count(n) => n.to_string(),
            Cell::Fen(fen) => yuan(*fen),
            Cell::Less(fen) => format!("-{}", yuan(*fen)),
            Cell::Date(date) => date.to_string(),
            Cell::Time(time) => time.to_string(),
            Cell::Entries(entries) => {
                entries.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
            }
        }
    }

    /// What it adds to a sum; no report counts anywhere near 2^63.
    fn amount(&self) -> i64 {
        let whole = |n: u64| i64::try_from(n).expect("a count or amount of one canteen");
        match self {
            Cell::Count(n) | Cell::Fen(n) => whole(*n),
            Cell::Less(n) => -whole(*n),
            _ => 0,
        }
    }
}

/// An amount of `fen` in yuan, always with two places: `1234.50`.
pub fn yuan(fen: u64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// An amount of `fen` in yuan, with a minus below nothing.
pub fn signed_yuan(fen: i64) -> String {
    Cell::signed_fen(fen).shown()
}

/// Columns and rows that fit them.
#[derive(Clone, Debug)]
pub struct Table {
    columns: &'static [Column],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    pub fn new(columns: &'static [Column]) -> Self {
        Table { columns, rows: Vec::new() }
    }

    /// Adds a row; a cell for every column.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "a row has a cell for every column");
        self.rows.push(row);
    }

    /// Its columns.
    pub fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Its rows, without the sums.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// The sum of column `column`; `None` where it is not one that is added up.
    pub fn sum(&self, column: usize) -> Option<Cell> {
        let Column { form, summed: true, .. } = self.columns[column] else { return None };
        let sum: i64 = self.rows.iter().map(|row| row[column].amount()).sum();
        Some(match form {
            Form::Yuan => Cell::signed_fen(sum),
            _ => Cell::Count(sum.unsigned_abs()),
        })
    }

    /// Whether there is anything to add up.
    pub fn has_sums(&self) -> bool {
        self.columns.iter().any(|c| c.summed)
    }

    /// The sum of the column with this name in JSON, in fen or as a count.
    pub fn total(&self, field: &str) -> Option<i64> {
        let column = self.columns.iter().position(|c| c.field == field)?;
        self.sum(column).map(|cell| cell.amount())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { heading: "名", field: "name", form: Form::Text, summed: false },
        Column { heading: "次", field: "meals", form: Form::Count, summed: true },
        Column { heading: "元", field: "city_fen", form: Form::Yuan, summed: true },
    ];

    #[test]
    fn amounts_are_added_in_fen_and_shown_in_yuan_with_two_places() {
        let mut table = Table::new(&COLUMNS);
        for fen in [1, 99, 123_450] {
            table.push(vec![Cell::text("王"), Cell::Count(2), Cell::Fen(fen)]);
        }
        assert_eq!(table.sum(0), None);
        assert_eq!(table.sum(1), Some(Cell::Count(6)));
        assert_eq!(table.sum(2).unwrap().shown(), "1235.50");
        assert_eq!((table.total("city_fen"), table.total("name")), (Some(123_550), None));
        table.push(vec![Cell::Empty, Cell::Count(0), Cell::signed_fen(-150_000)]);
        assert_eq!(
            (table.sum(2).unwrap().shown(), signed_yuan(-5)),
            ("-264.50".into(), "-0.05".into())
        );
        let shown = [0, 5, 100, 1_000_000].map(yuan);
        assert_eq!(shown, ["0.00", "0.05", "1.00", "10000.00"]);
    }

    #[test]
    #[should_panic(expected = "a cell for every column")]
    fn a_row_that_does_not_fit_is_a_mistake_of_ours() {
        Table::new(&COLUMNS).push(vec![Cell::Empty]);
    }
}
