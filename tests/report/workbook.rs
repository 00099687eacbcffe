//! The workbook, opened again.

use crate::canteen::{bytes, month, text};
use crate::small_month::{HOSTILE, small_month};
use canteend::report::{Format, Kind};
use std::io::Read as _;

/// The one sheet of a workbook, as its XML.
pub struct Sheet {
    pub xml: String,
    pub workbook: String,
    strings: Vec<String>,
}

/// What stands between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    Some(rest.split_once(to)?.0)
}

fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&amp;", "&")
}

impl Sheet {
    pub fn open(bytes: &[u8]) -> Sheet {
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let shared = part("xl/sharedStrings.xml");
        let strings = shared.split("<si>").skip(1).map(|si| {
            let text = between(si, "<t", "</t>").unwrap();
            unescape(text.split_once('>').unwrap().1)
        });
        Sheet {
            strings: strings.collect(),
            xml: part("xl/worksheets/sheet1.xml"),
            workbook: part("xl/workbook.xml"),
        }
    }

    /// The letter of a column below the 27th.
    pub fn letter(at: usize) -> char {
        char::from(b'A' + at as u8)
    }

    fn cell(&self, name: &str) -> &str {
        let cell = between(&self.xml, &format!("<c r=\"{name}\""), "</c>");
        cell.unwrap_or_else(|| panic!("{name} is empty"))
    }

    /// What a cell shows: a shared string, or the number as it is stored.
    pub fn value(&self, name: &str) -> String {
        let cell = self.cell(name);
        let value = between(cell, "<v>", "</v>").unwrap_or_default();
        match cell.starts_with(" t=\"s\"") || cell.contains(" t=\"s\">") {
            true => self.strings[value.parse::<usize>().unwrap()].clone(),
            false => value.to_owned(),
        }
    }

    /// The formula of a cell and its stored result.
    pub fn formula(&self, name: &str) -> (String, String) {
        let formula = between(self.cell(name), "<f>", "</f>").unwrap();
        (formula.to_owned(), self.value(name))
    }
}

fn sheet(kind: Kind) -> Sheet {
    Sheet::open(&bytes(&small_month().report(kind, month("2026-03")), Format::Xlsx))
}

#[test]
fn the_cells_of_the_workbook_are_those_of_the_csv() {
    for kind in [Kind::Settlement, Kind::Roster, Kind::Meals, Kind::Exceptions] {
        let report = small_month().report(kind, month("2026-03"));
        let sheet = Sheet::open(&bytes(&report, Format::Xlsx));
        let csv = text(&report, Format::Csv);
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(csv.trim_start_matches('\u{FEFF}').as_bytes());
        for (row, record) in (3..).zip(csv.records()) {
            for (at, shown) in record.unwrap().iter().enumerate() {
                let shown = shown.trim_start_matches(['\'', '\t']);
                let dated = shown.len() >= 8 && shown.starts_with(|c: char| c.is_ascii_digit());
                // Days and times are numbers in a workbook, and empty cells are not there.
                if shown.is_empty() || dated {
                    continue;
                }
                let value = sheet.value(&format!("{}{row}", Sheet::letter(at)));
                let same = match (value.parse::<f64>(), shown.parse::<f64>()) {
                    (Ok(a), Ok(b)) => a == b,
                    _ => value == shown,
                };
                assert!(same, "{kind:?} row {row} column {at}: {value:?} is not {shown:?}");
            }
        }
    }
}

#[test]
fn sums_are_formulas_with_their_results() {
    let sheet = sheet(Kind::Meals);
    // Title, subtitle, headings, 13 servings, sums.
    let row = 3 + sheet.xml.matches("<c r=\"A").count() as u32;
    let found = (10..row).find(|row| {
        sheet.xml.contains(&format!("<c r=\"I{row}\""))
            && sheet.cell(&format!("I{row}")).contains("<f>")
    });
    let (formula, result) = sheet.formula(&format!("I{}", found.unwrap()));
    assert_eq!(formula, format!("SUM(I4:I{})", found.unwrap() - 1));
    assert_eq!(result, "12.00");
}

#[test]
fn a_name_is_a_string_whatever_it_begins_with() {
    let sheet = sheet(Kind::Roster);
    assert!(sheet.strings.iter().any(|s| s == HOSTILE));
    assert!(!sheet.xml.contains("HYPERLINK"));
}

#[test]
fn the_page_is_set_up_for_a4_with_its_headings_on_every_page() {
    let Sheet { xml, workbook, .. } = sheet(Kind::Settlement);
    for part in [
        "paperSize=\"9\"",
        "orientation=\"landscape\"",
        "fitToHeight=\"0\"",
        "<pageSetUpPr fitToPage=\"1\"/>",
        "ySplit=\"3\"",
        "state=\"frozen\"",
        "第 &amp;P 页　共 &amp;N 页",
    ] {
        assert!(xml.contains(part), "{part}");
    }
    assert!(workbook.contains("_xlnm.Print_Titles"), "{workbook}");
    assert!(workbook.contains("$3:$3"), "{workbook}");
    assert!(workbook.contains("月度助餐补贴结算表"));
}

#[test]
fn days_and_amounts_have_number_formats() {
    let report = small_month().report(Kind::Meals, month("2026-03"));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes(&report, Format::Xlsx))).unwrap();
    let mut styles = String::new();
    zip.by_name("xl/styles.xml").unwrap().read_to_string(&mut styles).unwrap();
    for format in ["yyyy\\-mm\\-dd", "yyyy-mm-dd", "hh:mm:ss"] {
        if styles.contains(format) {
            return;
        }
    }
    panic!("{styles}");
}
