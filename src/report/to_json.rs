//! JSON for other programs. Field names stand in [`super::columns`] and `docs/reports.md`; amounts
//! are whole fen.

use super::closing::signed;
use super::table::{Cell, Column, Table};
use super::{Report, area};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::io::{self, Write};

#[derive(Serialize)]
struct Whole<'a> {
    report: &'static str,
    title: &'static str,
    period: Days,
    canteen: Canteen<'a>,
    made: String,
    ledger: Basis,
    rows: Rows<'a>,
    totals: Totals<'a>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Days {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Canteen<'a> {
    device: &'a str,
    name: &'a str,
    county: &'a str,
    street: &'a str,
    area: &'static str,
}

#[derive(Serialize)]
struct Basis {
    entries: u64,
    head: String,
}

pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let site = &report.site;
    let whole = Whole {
        report: report.kind.code(),
        title: report.kind.title(),
        period: Days { from: report.period.from().to_string(), to: report.period.to().to_string() },
        canteen: Canteen {
            device: &site.device,
            name: &site.name,
            county: &site.county,
            street: &site.street,
            area: area(site.area),
        },
        made: report.made.to_string(),
        ledger: Basis { entries: report.basis.0, head: report.basis.1.to_string() },
        rows: Rows(&report.table),
        totals: Totals(&report.table),
        notes: &report.notes,
    };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    out.write_all(b"\n")
}

struct Rows<'a>(&'a Table);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.0.rows().len()))?;
        for cells in self.0.rows() {
            rows.serialize_element(&Row { columns: self.0.columns(), cells })?;
        }
        rows.end()
    }
}

struct Row<'a> {
    columns: &'static [Column],
    cells: &'a [Cell],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.cells.len()))?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            map.serialize_entry(column.field, cell)?;
        }
        map.end()
    }
}

struct Totals<'a>(&'a Table);

impl Serialize for Totals<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (i, column) in self.0.columns().iter().enumerate() {
            if let Some(sum) = self.0.sum(i) {
                map.serialize_entry(column.field, &sum)?;
            }
        }
        map.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Empty => serializer.serialize_none(),
            Cell::Count(n) | Cell::Fen(n) => serializer.serialize_u64(*n),
            Cell::Less(n) => serializer.serialize_i64(-signed(*n)),
            Cell::Entries(entries) => entries.serialize(serializer),
            Cell::Text(_) | Cell::Date(_) | Cell::Time(_) => {
                serializer.serialize_str(&self.shown())
            }
        }
    }
}
