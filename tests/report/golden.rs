//! A small month, word for word, in the formats that are text; the workbook's cells are those of
//! the CSV (`workbook`). `UPDATE_FIXTURES=1 cargo test --test report` writes the files anew.

use crate::canteen::{month, root, text};
use crate::small_month::{HOSTILE, small_month};
use canteend::report::{Format, Kind, Period, columns, table::Column};
use std::fs;

const KINDS: [Kind; 5] =
    [Kind::Settlement, Kind::Roster, Kind::Meals, Kind::Exceptions, Kind::Year];

fn period(kind: Kind) -> Period {
    if kind == Kind::Year { Period::year("2026").unwrap() } else { month("2026-03") }
}

/// Hashes differ from run to run, because entries are salted.
fn without_head(text: &str, head: &str) -> String {
    text.replace(head, "HEAD").replace(&head[..16], "HEAD")
}

#[test]
fn a_small_month_is_written_word_for_word() {
    let canteen = small_month();
    let head = canteen.reader().list(Default::default(), 100).unwrap().last().unwrap().hash;
    let mut differing = Vec::new();
    for kind in KINDS {
        let report = canteen.report(kind, period(kind));
        for format in [Format::Csv, Format::Json, Format::Html] {
            let written = without_head(&text(&report, format), &head.to_string());
            let path = root().join(format!("fixtures/report/{}.{}", kind.code(), format.code()));
            if std::env::var_os("UPDATE_FIXTURES").is_some() {
                fs::write(&path, &written).unwrap();
            }
            if fs::read_to_string(&path).ok().as_ref() != Some(&written) {
                differing.push(path);
            }
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn names_from_outside_become_neither_markup_nor_formulas() {
    let canteen = small_month();
    for kind in [Kind::Roster, Kind::Meals] {
        let report = canteen.report(kind, period(kind));
        let page = text(&report, Format::Html);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
        let csv = text(&report, Format::Csv);
        let quoted = HOSTILE.replace('"', "\"\"");
        assert!(csv.contains(&format!(",\"'{quoted}\",")), "{csv}");
        let json: serde_json::Value = serde_json::from_str(&text(&report, Format::Json)).unwrap();
        let rows = json["rows"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["name"] == HOSTILE), "JSON says it as it is");
    }
}

#[test]
fn a_page_loads_nothing() {
    let canteen = small_month();
    for kind in KINDS {
        let page = text(&canteen.report(kind, period(kind)), Format::Html);
        for outside in ["http", "src=", "url(", "@import", "<link"] {
            assert!(!page.contains(outside), "{kind:?} has {outside}");
        }
    }
}

#[test]
fn csv_is_marked_as_utf_8_and_has_windows_line_ends() {
    let csv = text(&small_month().report(Kind::Settlement, month("2026-03")), Format::Csv);
    assert!(csv.starts_with("\u{FEFF}序号,统计月份,"));
    assert_eq!(csv.matches('\n').count(), csv.matches("\r\n").count());
    assert_eq!(csv.lines().count(), 2, "one heading, one month, no sums");
}

/// The forms of the plan, as the offices have them.
const FORMS: [(&[Column], &str); 4] = [
    (
        columns::SETTLEMENT,
        "序号, 统计月份, 县(市区), 街道, 食堂编码, 食堂名称, 城区/农村, 就餐总人次, 补贴人次, \
         70—79岁人次, 80岁及以上人次, 市级补贴(元), 区级补贴(元), 合计(元), 核减人次, \
         核减金额(元), 核定金额(元), 人脸核验人次, 证件核验人次, 人工核验人次, 补录人次, \
         撤销人次, 备注",
    ),
    (
        columns::ROSTER,
        "序号, 姓名, 性别, 证件号(脱敏), 出生日期, 期末年龄, 补贴档次(元/餐), 档次变更日, \
         本月次数, 市级(元), 区级(元), 合计(元), 是否享受政府购买居家养老服务, 人员状态, 备注",
    ),
    (
        columns::MEALS,
        "流水号, 就餐日期, 时间, 姓名, 证件后四位, 年龄, 核验方式, 操作员, 市级(元), \
         区级(元), 状态, 原因, 批次号",
    ),
    (columns::YEAR, "累计人次, 城区/农村档, 距下一档, 预计奖补, 运营满一年否"),
];

#[test]
fn the_columns_are_those_of_the_forms_in_their_order() {
    for (columns, form) in FORMS {
        let headings: Vec<_> = columns.iter().map(|c| c.heading).collect();
        assert_eq!(headings, form.split(", ").collect::<Vec<_>>());
        for column in columns {
            let money = column.heading.contains('元') || column.heading == "预计奖补";
            assert_eq!(column.field.ends_with("_fen"), money, "{}", column.heading);
        }
    }
}

#[test]
fn every_column_is_explained_in_the_document() {
    let document = fs::read_to_string(root().join("docs/reports.md")).unwrap();
    let tables = FORMS.iter().map(|(columns, _)| *columns).chain([columns::EXCEPTIONS]);
    for column in tables.flatten() {
        let row = format!("| {} | `{}` |", column.heading, column.field);
        assert!(document.contains(&row), "{row} is not in docs/reports.md");
    }
}
