//! CSV that opens in Excel and WPS by a double click: UTF-8 with a byte-order mark, CRLF.
//!
//! It is the bare table, without title, sums and notes, because other programs read it too.
//!
//! Spreadsheets run a cell that begins like a formula, and names come from outside: words that
//! begin with `=`, `+`, `-` or `@`, also in their full-width forms, or with a tab or line break,
//! get an apostrophe before them. Digits that would lose a leading zero (证件后四位) get a tab,
//! which makes a spreadsheet keep them as words.

use super::table::{Cell, Form, Table};
use std::io::{self, Write};

/// Tells Excel that UTF-8 follows.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";
/// What a formula can begin with.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];

pub(super) fn write(table: &Table, out: &mut impl Write) -> io::Result<()> {
    out.write_all(BYTE_ORDER_MARK.as_bytes())?;
    let mut csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    csv.write_record(table.columns().iter().map(|c| c.heading))?;
    for row in table.rows() {
        csv.write_record(row.iter().zip(table.columns()).map(|(cell, c)| text(cell, c.form)))?;
    }
    csv.flush()
}

fn text(cell: &Cell, form: Form) -> String {
    let shown = cell.shown();
    if form != Form::Text {
        return shown;
    }
    let digits = !shown.is_empty() && shown.bytes().all(|b| b.is_ascii_digit());
    match shown.starts_with(FORMULA_STARTS) {
        true => format!("'{shown}"),
        false if digits => format!("\t{shown}"),
        false => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Column;

    const NAME: &[Column] =
        &[Column { heading: "姓名", field: "name", form: Form::Text, summed: false }];

    fn written(text: &str) -> String {
        let mut table = Table::new(NAME);
        table.push(vec![Cell::text(text)]);
        let mut out = Vec::new();
        write(&table, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_that_begin_like_a_formula_are_disarmed() {
        let cases = [
            ("=1+2", "'=1+2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+86", "'+86"),
            ("-1", "'-1"),
            ("＝cmd", "'＝cmd"),
            ("\t=1", "'\t=1"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("0021", "\t0021"),
            ("002X", "002X"),
            ("王秀英", "王秀英"),
            ("a,b", "\"a,b\""),
        ];
        for (text, cell) in cases {
            assert_eq!(written(text), format!("\u{FEFF}姓名\r\n{cell}\r\n"), "{text:?}");
        }
    }
}
